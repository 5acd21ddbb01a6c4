"""`mailchimpsync pause` and `mailchimpsync resume`."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.text import Text

from mailchimpsync.actions import Pause, pausesync, resumesync
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.sync.pause import in_wire_form
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.messages import moment


def pause(ctx: click.Context, group_id: int | None, reason: str | None, as_json: bool) -> None:
    with site_of(ctx) as site:
        links = find_links(site, group_id)
        by = current_user()
        found = [pausesync(site, group_id=link.group_id, reason=reason, by=by) for link in links]
    _show(found, as_json=as_json)


def resume(ctx: click.Context, group_id: int | None, as_json: bool) -> None:
    with site_of(ctx) as site:
        found = [resumesync(site, group_id=link.group_id) for link in find_links(site, group_id)]
    _show(found, as_json=as_json)


def _show(found: Sequence[Pause], *, as_json: bool) -> None:
    if as_json:
        print_json([in_wire_form(one) for one in found])
        return
    for one in found:
        print_sentence(stdout(), Text.assemble(("✓ ", "good"), (one.link.title, "bold"), f": {_words(one)}"))


def _words(one: Pause) -> str:
    if one.paused_at is None:
        return "resumed; the next sync makes up for the pause." if one.has_changed else "not paused."
    if not one.has_changed:
        return f"already paused by {one.paused_by}, at {moment(one.paused_at)}."
    return "paused. Nothing is synced until `mailchimpsync resume`, except that people who unsubscribe are taken out."
