"""Prints all sites of a fleet in short."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import SiteOverview, open_fleet, overview
from mailchimpsync.actions.fleet_overview import SiteLevel, refresh_overview
from mailchimpsync.cli.output.console import stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.messages import moment

_LEVELS = {
    SiteLevel.UNUSABLE: ("can't be opened", "bad"),
    SiteLevel.BAD: ("needs attention", "bad"),
    SiteLevel.MIDDLE: ("waiting", "warn"),
    SiteLevel.GOOD: ("in order", "good"),
    SiteLevel.UNKNOWN: ("not looked at yet", "dim"),
    SiteLevel.NOT_SET_UP: ("not set up", "dim"),
    SiteLevel.DISABLED: ("disabled", "dim"),
}
"""What each level is called, as on the operators' screens, and its style."""


def print_overview(home: Path | None, *, as_json: bool) -> None:
    """Print the state of each site of a fleet, the worst first."""
    with open_fleet(home) as fleet:
        refresh_overview(fleet)
        found = overview(fleet)
    if as_json:
        print_json([_form(one) for one in found])
        return
    table = Table("site", "state", "last success", "held", "due", "problems", "", box=None, padding=(0, 2, 0, 0))
    for one in found:
        state = Text(*_LEVELS[one.level])
        numbers = (f"{number:,}" if number else "" for number in (one.held, one.due, one.open_alerts))
        checked = moment(one.checked_at) if one.checked_at else ""
        table.add_row(Text(one.site.name), state, Text(checked), *map(Text, numbers), Text(one.problem or ""))
    print_tables(stdout(), table)


def _form(one: SiteOverview) -> dict[str, object]:
    return {
        "name": one.site.name,
        "title": one.site.title,
        "state": one.level,
        "schema": one.site.schema_number,
        "disabled_at": one.site.disabled_at,
        "checked_at": one.checked_at,
        "connections": dict(one.states),
        "held": one.held,
        "due": one.due,
        "alerts": one.open_alerts,
        "problem": one.problem,
        "code": one.code,
        "noted_at": one.noted_at,
    }
