"""`mailchimpsync failures`: people who can't be synced, and accepting some of them as they are."""

from __future__ import annotations

from collections.abc import Iterator

import click
from rich.console import Console
from rich.text import Text

from mailchimpsync.actions import FailedOne, Site, acceptfailures, getfailedpeople, reopenfailures
from mailchimpsync.actions.status.accept import LIMIT_MAX
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.messages import moment
from mailchimpsync.store.queries.failures import Standing


def list_failures(ctx: click.Context, group_id: int | None, with_all: bool, as_json: bool) -> None:
    with site_of(ctx) as site:
        found = list(_all(site, group_id, None if with_all else Standing.NEEDS_ATTENTION))
    if as_json:
        print_json(found)
        return
    for number, one in enumerate(found):
        before = found[number - 1] if number else None
        if before is None or _heading(before) != _heading(one):
            _show_reason(stdout(), one)
        _show_person(stdout(), one)
    if not found:
        others = (
            "" if with_all else " Others may be fine as they are, or accepted: `mailchimpsync failures list --all`."
        )
        print_sentence(stdout(), Text.assemble(("✓ ", "good"), f"Nothing needs attention.{others}"))


def accept(ctx: click.Context, person: str | None, reason: str | None, group_id: int | None) -> None:
    code = _code(person, reason)
    with site_of(ctx) as site:
        acceptfailures(site, person=person, reason=code, group_id=group_id, by=current_user())
    who = person or f"Everyone who can't be synced because of {code}, now or later,"
    words = f"{who} is accepted as they are, and no longer counted. `mailchimpsync failures reopen` takes it back."
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), words))


def reopen(ctx: click.Context, person: str | None, reason: str | None, group_id: int | None) -> None:
    code = _code(person, reason)
    with site_of(ctx) as site:
        number = reopenfailures(site, person=person, reason=code, group_id=group_id)["affected"]
    if not number:
        raise UsageError("Nothing was accepted like this. `mailchimpsync failures list --all` shows what is.")
    who = person or f"Everyone who can't be synced because of {code}"
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), f"{who} counts as needing attention again."))


def _code(person: str | None, reason: str | None) -> str | None:
    """Return the code of a reason as it is stored."""
    if person is None and reason is None:
        raise UsageError("Give a person, or a reason with --reason.")
    code = reason.strip().upper() if reason else None
    if code is not None and code not in Code.__members__:
        raise UsageError(f"There is no code “{reason}”. `mailchimpsync failures list --all` shows the codes in use.")
    return code


def _all(site: Site, group_id: int | None, standing: Standing | None) -> Iterator[FailedOne]:
    offset = 0
    while some := getfailedpeople(site, group_id=group_id, standing=standing, limit=LIMIT_MAX, offset=offset):
        yield from some
        offset += len(some)


def _heading(one: FailedOne) -> tuple[str, str | None, str]:
    return one.list_id, one.reason, one.standing


def _show_reason(console: Console, one: FailedOne) -> None:
    mark = ("! ", "warn") if one.standing == Standing.NEEDS_ATTENTION else ("✓ ", "good")
    about = f"  {one.reason or ''}, {one.standing}, in {one.title}"
    print_sentence(console, Text.assemble(mark, (one.why, "bold"), (about, "dim")))
    if one.standing == Standing.NEEDS_ATTENTION:
        print_sentence(console, Text(f"  → {one.remedy} ({one.who})", style="dim"))


def _show_person(console: Console, one: FailedOne) -> None:
    known = ", ".join(filter(None, (one.name, one.address)))
    number = f" (contact {one.contact_id})" if one.contact_id and known else ""
    person = f"{known}{number}" if known else f"contact {one.contact_id}"
    by = f"; accepted by {one.accepted_by}, {moment(one.accepted_at)}" if one.accepted_by else ""
    detail = f": {one.detail}" if one.detail else ""
    print_sentence(console, Text(f"    {person}{detail}{by}"))
