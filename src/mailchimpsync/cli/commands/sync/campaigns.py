"""`mailchimpsync campaigns`."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import (
    ImportedCampaign,
    PulledCampaigns,
    getcampaigns,
    pullcampaigns,
)
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.cli.interrupt import interruptible_site
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.errors import EXIT_INTERRUPTED
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.messages import moment
from mailchimpsync.store.site.campaigns import CampaignState
from mailchimpsync.sync import Outcome

TABLE_WIDTH_MAX = 130


def pull(ctx: click.Context, group_id: int | None, since: str | None, max_time: float, as_json: bool) -> None:
    with interruptible_site(ctx) as (site, progress, is_interrupted):
        pulled = pullcampaigns(
            site, group_id=group_id, since_date=since, max_time=max_time, progress=progress, stop=is_interrupted
        )
    if as_json:
        print_json([_plain(one) for one in pulled])
    else:
        for one in pulled:
            _print(stdout(), one)
    ctx.exit(EXIT_INTERRUPTED if is_interrupted() else max(one.exit_code for one in pulled))


def list_imported(ctx: click.Context, group_id: int | None, limit: int, as_json: bool) -> None:
    with site_of(ctx) as site:
        found = getcampaigns(site, group_id=group_id, limit=limit)
        titles = {link.audience_id: link.title for link in find_links(site, group_id)}
    if as_json:
        print_json(found)
        return
    for list_id, title in titles.items():
        some = [one for one in found if one.list_id == list_id]
        print_sentence(stdout(), Text(title, style="bold"))
        if some:
            print_tables(stdout(), _table(stdout(), some))
        else:
            print_sentence(stdout(), Text("  No campaigns have been imported yet. Run `mailchimpsync campaigns pull`."))


def _plain(one: PulledCampaigns) -> dict[str, object]:
    imported = one.imported
    return {
        "list_id": one.link.audience_id,
        "outcome": one.outcome,
        "activity_ids": list(imported.activity_ids) if imported else [],
        "campaigns": imported.campaigns if imported else 0,
        "failed": dict(imported.failed) if imported else {},
    }


def _print(console: Console, one: PulledCampaigns) -> None:
    print_sentence(console, Text(one.link.title, style="bold"))
    if one.error is not None:
        print_sentence(console, Text(f"  ✗ {one.error.what} ({one.error.code.value})", style="bad"))
        print_sentence(console, Text(f"    → {one.error.remedy}", style="dim"))
        return
    imported = one.imported
    if imported is not None and not (imported.campaigns or imported.failed) and one.outcome == Outcome.DONE.value:
        print_sentence(console, Text("  There are no campaigns to check."))
        return
    made = len(imported.activity_ids) if imported else 0
    checked = imported.campaigns if imported else 0
    print_sentence(
        console, Text(f"  {_number(checked, 'campaign')} checked, {_number(made, 'activity', 'activities')} created.")
    )
    for code, number in (imported.failed if imported else {}).items():
        print_sentence(
            console,
            Text(f"  ✗ {_number(number, 'campaign')} failed: {explain_code(code).sentence} ({code})", style="bad"),
        )
        print_sentence(console, Text(f"    → {explain_code(code).remedy}", style="dim"))
    if one.outcome == Outcome.OUT_OF_TIME.value:
        print_sentence(console, Text("  Out of time. Run the command again to continue.", style="warn"))


def _number(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _table(console: Console, found: Sequence[ImportedCampaign]) -> Table:
    table = Table(width=min(console.width, TABLE_WIDTH_MAX))
    for name in ("Sent", "Campaign", "Sent to", "Unknown", "Opened", "Clicked", "Activity"):
        is_text = name in {"Sent", "Campaign"}
        table.add_column(
            name, justify="left" if is_text else "right", no_wrap=name != "Campaign", ratio=_RATIOS.get(name)
        )
    for one in found:
        numbers = (one.recipients, one.unknown if one.recipients is not None else None, one.opened, one.clicked)
        cells = [moment(one.sent_at), one.subject + _state(one), *map(_shown, numbers), str(one.activity_id or "")]
        table.add_row(*map(Text, cells))
    return table


_RATIOS = {"Campaign": 1}


def _state(one: ImportedCampaign) -> str:
    if one.state is CampaignState.COMPLETE:
        return ""
    return f" ({one.state.value}{f': {one.code}' if one.code else ''})"


def _shown(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
