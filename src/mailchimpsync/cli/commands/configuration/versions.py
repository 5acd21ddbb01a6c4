"""`mailchimpsync config history`, `diff` and `restore`: earlier versions of the configuration."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.text import Text

from mailchimpsync.actions import (
    SavedConfiguration,
    Site,
    change_configuration,
    data_to_be_deleted,
    describe_losses,
    read_configuration,
    version_of,
    versions,
)
from mailchimpsync.actions.texts.names import Names, with_names
from mailchimpsync.cli.input.confirmation import print_saved, with_confirmation
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.names import names_for
from mailchimpsync.config import Configuration, changes
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.messages import moment

HISTORY_SHOWN = 20


def history(ctx: click.Context, limit: int, as_json: bool) -> None:
    console = stdout()
    with site_of(ctx) as site:
        found = versions(site, limit)
        if as_json:
            print_json(found)
            return
        names = _names(site)
        for one in found:
            when = moment(one.saved_at)
            print_sentence(console, Text.assemble((f"Version {one.number}", "bold"), f"  {when}  by {one.saved_by}"))
            for line in one.changes:
                print_sentence(console, Text(f"    {with_names(line, names)}"))


def diff(ctx: click.Context, a: str | None, b: int | None) -> None:
    with site_of(ctx) as site:
        if a is not None and not a.isdigit():
            if b is not None:
                raise UsageError("Compare two versions, or a file with the newest version.")
            _diff_file(site, a)
            return
        newest = b or site.version
        before = version_of(site, int(a)) if a is not None else _previous(site, newest)
        _print(changes(before, version_of(site, newest)), _names(site))


def _previous(site: Site, number: int) -> Configuration:
    return version_of(site, number - 1) if number > 1 else Configuration()


def _diff_file(site: Site, name: str) -> None:
    try:
        with click.open_file(name, encoding="utf-8") as file:
            wanted = read_configuration(site, file.read())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} isn't a version, and can't be read as a file ({type(error).__name__}).") from None
    _print(changes(site.configuration, wanted), _names(site))
    for line in describe_losses(site.configuration, data_to_be_deleted(site, wanted)):
        print_sentence(stdout(), Text(f"Importing it would delete the records of {line}."))


def _names(site: Site) -> Names:
    return names_for(site, *(link.audience_id for link in site.configuration.connections))


def _print(lines: Sequence[str], names: Names) -> None:
    for line in lines or ["No differences."]:
        print_sentence(stdout(), Text(with_names(line, names)))


def restore(ctx: click.Context, version: int, yes: bool, no_check: bool) -> None:
    with site_of(ctx) as site:
        before, wanted = site.configuration, version_of(site, version)
        if wanted == before:
            raise UsageError(f"Version {version} is already the saved configuration.", code=Code.USAGE)

        def change(confirm: bool) -> SavedConfiguration:
            return change_configuration(site, wanted, by=current_user(), confirm=confirm, check=not no_check)

        saved = with_confirmation(change, yes=yes)
        print_saved(saved, changes(before, saved.configuration))
