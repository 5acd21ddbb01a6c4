"""`mailchimpsync webhooks`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import Finding, Site, check_webhooks, list_webhooks, repair_webhooks
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import stdout
from mailchimpsync.cli.output.findings import exit_code_of, show_findings
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.messages import moment
from mailchimpsync.store.site import webhook_events

EVENTS_MAX = 1_000


def check(ctx: click.Context, as_json: bool) -> None:
    _report(ctx, check_webhooks, as_json=as_json)


def repair(ctx: click.Context, as_json: bool) -> None:
    _report(ctx, repair_webhooks, as_json=as_json)


def _report(ctx: click.Context, examine: Callable[[Site], list[Finding]], *, as_json: bool) -> None:
    with site_of(ctx) as site:
        findings = examine(site)
    if as_json:
        print_json(findings)
    elif findings:
        show_findings(stdout(), findings)
    else:
        stdout().print("No audience is connected yet. Run `mailchimpsync connect`.")
    ctx.exit(exit_code_of(findings))


def list_all(ctx: click.Context, as_json: bool) -> None:
    with site_of(ctx) as site:
        found = list_webhooks(site)
    if as_json:
        print_json(found)
        return
    if not found:
        stdout().print("Mailchimp has no webhooks.")
        return
    table = _table("of", "id", "ours", "url", "events")
    for column in table.columns:
        column.overflow = "fold"
    for one in found:
        words = (one["of"], one["id"], "yes" if one["ours"] else "no", one["url"], ", ".join(one["events"]))
        table.add_row(*(Text(word) for word in words))
    print_tables(stdout(), table)


def list_events(ctx: click.Context, limit: int, as_json: bool) -> None:
    with site_of(ctx) as site:
        with site.store.begin() as tx:
            found = [_event(row._asdict()) for row in webhook_events.recent_events(tx, limit)]
        names = {one.audience_id: one.audience_name for one in site.configuration.connections}
    if as_json:
        print_json(found)
        return
    if not found:
        stdout().print("No events have been received yet.")
        return
    table = _table("id", "received", "audience", "event", "state", "outcome", "tries")
    for one in found:
        audience = names.get(one["list_id"]) or one["list_id"]
        words = (str(one["id"]), moment(one["received_at"]), audience, one["kind"], one["state"], one["outcome"] or "")
        table.add_row(*(Text(word) for word in (*words, str(one["attempts"]))))
    print_tables(stdout(), table)


def _event(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out the keys from which an address could be guessed."""
    return {name: value for name, value in row.items() if name not in ("member_key", "other_key")}


def _table(*names: str) -> Table:
    return Table(*names, box=None, padding=(0, 2, 0, 0))
