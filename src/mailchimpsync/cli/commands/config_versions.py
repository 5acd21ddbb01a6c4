"""`mailchimpsync config history`, `diff` and `restore`: earlier versions of the configuration."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from mailchimpsync.actions import (
    Saved,
    Site,
    change_configuration,
    data_to_be_deleted,
    describe_losses,
    open_site,
    read_configuration,
    version_of,
    versions,
)
from mailchimpsync.actions.texts.names import with_names_of_change
from mailchimpsync.cli.input.confirmation import print_saved, with_confirmation
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.names import names_for
from mailchimpsync.config import Configuration, changes
from mailchimpsync.errors import Code, UsageError

HISTORY_SHOWN = 20


@click.command("history")
@click.option("--limit", type=click.IntRange(1), default=HISTORY_SHOWN, show_default=True, help="How many to show.")
@click.pass_context
def history(ctx: click.Context, limit: int) -> None:
    """List the versions of the configuration, newest first: when, by whom, and what changed.

    The newest 200 versions are kept.
    """
    home: Path | None = ctx.find_root().obj
    console = stdout()
    with open_site(home) as site:
        names = names_for(site, *(link.audience_id for link in site.configuration.connections))
        for one in versions(site, limit):
            when = f"{one.saved_at:%Y-%m-%d %H:%M} UTC"
            print_sentence(console, Text.assemble((f"Version {one.number}", "bold"), f"  {when}  by {one.saved_by}"))
            for line in one.changes:
                print_sentence(console, Text(f"    {with_names_of_change(line, names)}"))


@click.command("diff")
@click.argument("a", metavar="[A | FILE]", required=False)
@click.argument("b", metavar="[B]", required=False, type=int)
@click.pass_context
def diff(ctx: click.Context, a: str | None, b: int | None) -> None:
    """Show the changes from version A to version B, or what importing FILE would change and delete.

    B defaults to the newest version, and A to the one before it. Keys are masked.
    """
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        if a is not None and not a.isdigit():
            if b is not None:
                raise UsageError("Compare two versions, or a file with the newest version.")
            _diff_file(site, a)
            return
        newest = b or site.version
        before = version_of(site, int(a)) if a is not None else _previous(site, newest)
        _print(changes(before, version_of(site, newest)))


def _previous(site: Site, number: int) -> Configuration:
    return version_of(site, number - 1) if number > 1 else Configuration()


def _diff_file(site: Site, name: str) -> None:
    try:
        with click.open_file(name, encoding="utf-8") as file:
            wanted = read_configuration(site, file.read())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} isn't a version, and can't be read as a file ({type(error).__name__}).") from None
    _print(changes(site.configuration, wanted))
    for line in describe_losses(site.configuration, data_to_be_deleted(site, wanted)):
        print_sentence(stdout(), Text(f"Importing it would delete the records of {line}."))


def _print(lines: list[str]) -> None:
    for line in lines or ["No differences."]:
        print_sentence(stdout(), Text(line))


@click.command("restore")
@click.argument("version", type=int)
@click.option("--yes", is_flag=True, help="Delete the records of audiences that aren't in the version.")
@click.option("--no-check", is_flag=True, help="Don't check with Mailchimp and CiviCRM that everything exists.")
@click.pass_context
def restore(ctx: click.Context, version: int, yes: bool, no_check: bool) -> None:
    """Restore an earlier VERSION: it is checked like a new one, and saved as the newest version."""
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        before, wanted = site.configuration, version_of(site, version)
        if wanted == before:
            raise UsageError(f"Version {version} is already the saved configuration.", code=Code.USAGE)

        def change(confirm: bool) -> Saved:
            return change_configuration(site, wanted, by=current_user(), confirm=confirm, check=not no_check)

        saved = with_confirmation(change, yes=yes)
        print_saved(saved, changes(before, saved.configuration))
