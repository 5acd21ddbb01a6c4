"""`mailchimpsync takeover`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

import click
from pydantic import SecretStr
from rich.text import Text

from mailchimpsync.actions import Site, applyplan, createplan, last_syncs
from mailchimpsync.actions.plans.csv import all_changes
from mailchimpsync.actions.plans.first_sync import awaits_first_sync, turn_on
from mailchimpsync.actions.plans.plans import count_planned_changes
from mailchimpsync.actions.takeover.back import go_back, note_to_go_back
from mailchimpsync.actions.takeover.configuration import HiddenKeyError
from mailchimpsync.actions.takeover.switch import take_over
from mailchimpsync.actions.takeover.understanding import Source, Understanding, understand
from mailchimpsync.cli.input.questions import ask, current_user
from mailchimpsync.cli.interrupt import interruptible_site
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.errors import show_error
from mailchimpsync.cli.output.names import names_for
from mailchimpsync.cli.output.plans import SHOWN_AT_FIRST, show_plan
from mailchimpsync.cli.output.takeover import print_taken_over, print_understanding, print_went_back
from mailchimpsync.config import Link
from mailchimpsync.errors import EXIT_MORE_TO_DO, ConfirmationError
from mailchimpsync.messages import moment
from mailchimpsync.runtime import Progress
from mailchimpsync.store.changes.kept_plans import ALL_CHANGES

URL_VARIABLE = "MAILCHIMPSYNC_EXTENSION_DATABASE"
KEY_VARIABLE = "MAILCHIMPSYNC_MAILCHIMP_KEY"


def takeover(
    ctx: click.Context,
    check: bool,
    back: bool,
    from_database: bool,
    leave_out: tuple[str, ...],
    new_key: tuple[str, ...],
    base_url: str | None,
    ignore_unfinished: bool,
    yes: bool,
) -> None:
    with interruptible_site(ctx) as (site, progress, _):
        if back:
            _go_back(site, yes=yes)
            return
        url = SecretStr(_database_url()) if from_database else None
        source = Source(url, _keys(new_key), base_url, frozenset(leave_out))
        source, found = _understand(site, source)
        print_understanding(site, found)
        if check:
            ctx.exit(EXIT_MORE_TO_DO if found.waits_for else 0)
        _confirm("Take this over now?", yes=yes)
        done = take_over(site, source, by=current_user(), ignore_unfinished=ignore_unfinished)
        print_taken_over(done)
        for link in _waiting(site, done.links):
            _first_sync(ctx, site, link, progress)


def _understand(site: Site, source: Source) -> tuple[Source, Understanding]:
    """Ask for the keys that the extension doesn't show."""
    try:
        return source, understand(site, source)
    except HiddenKeyError as error:
        source = replace(source, keys={**source.keys, **_keys(error.accounts)})
    return source, understand(site, source)


def _keys(accounts: Iterable[str]) -> dict[str, str]:
    return {name: _secret(f"Mailchimp's API key for “{name}”", KEY_VARIABLE) for name in accounts}


def _database_url() -> str:
    return _secret("The URL of CiviCRM's database", URL_VARIABLE)


def _secret(what: str, variable: str) -> str:
    return os.environ.get(variable) or ask(what, f"the variable {variable}", secret=True)


def _confirm(question: str, *, yes: bool) -> None:
    if not yes and not _agreed(question):
        raise ConfirmationError("Not confirmed, so nothing was changed. Use --yes to confirm in advance.")


def _agreed(question: str) -> bool:
    try:
        return click.confirm(question, default=False, err=True)
    except click.Abort:
        click.echo(err=True)  # ends the line of the question
        return False


def _waiting(site: Site, links: Iterable[Link]) -> list[Link]:
    """Return the connections whose first sync somebody has to review, as they are configured."""
    last, audiences = last_syncs(site), {link.audience_id for link in links}
    return [
        link
        for link in site.configuration.connections
        if link.audience_id in audiences and awaits_first_sync(link, last[link.audience_id])
    ]


def _first_sync(ctx: click.Context, site: Site, link: Link, progress: Progress) -> None:
    """Preview it, and make it if somebody agrees to exactly this; `--yes` doesn't."""
    [plan] = createplan(site, group_id=link.group_id, by=current_user(), progress=progress)
    changes = list(islice(all_changes(site, plan.id, ALL_CHANGES), SHOWN_AT_FIRST))
    total = count_planned_changes(site, plan.id, ALL_CHANGES)
    show_plan(stdout(), plan, changes, total=total, names=names_for(site, link.audience_id))
    if not _agreed("Make exactly these changes now, and turn on automatic syncing?"):
        see = f"`mailchimpsync plan show {plan.id} --all` shows each change."
        _print(f"Nothing is synced yet. {see} Run `mailchimpsync takeover` again to go on.")
        return
    turn_on(site, link, plan.id, by=current_user())
    applied = applyplan(site, id=plan.id, max_time=0, by=current_user(), progress=progress)
    if applied.report.error is not None:
        show_error(applied.report.error, applied.plan.title)
        ctx.exit(applied.report.error.exit_code)
    _print(f"{link.title} is synced, and syncs automatically from now on.")


def _go_back(site: Site, *, yes: bool) -> None:
    note = note_to_go_back(site)
    titles = [link.title for link in site.configuration.connections if link.audience_id in note.audiences]
    _print(f"The takeover began at {moment(note.began_at)}; it can be undone until {moment(note.ends_at)}.")
    _print(f"Connections that end here, with their records: {', '.join(titles) or 'none'}.")
    _confirm("Go back to the PHP extension?", yes=yes)
    print_went_back(go_back(site, by=current_user()))


def _print(sentence: str) -> None:
    print_sentence(stdout(), Text(sentence))
