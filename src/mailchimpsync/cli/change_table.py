"""What a sync changed, as a table for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import ChangeCount
from mailchimpsync.model import Side

_STATUSES = {
    "subscribed": "subscribed",
    "unsubscribed": "unsubscribed",
    "pending": "asked by Mailchimp to confirm, because they had left",
}


def show_changes(
    console: Console, changes: Sequence[ChangeCount], groups: Mapping[int, str], interests: Mapping[str, str]
) -> None:
    """Print what was changed on each side."""
    for side in (Side.MAILCHIMP, Side.CIVICRM):
        title = f"Changed at {side}" if side is Side.MAILCHIMP else f"Changed in {side}"
        table = Table(title=title, title_justify="left", title_style="bold")
        table.add_column("People", justify="right", width=7)
        table.add_column("What", width=60)
        found = [change for change in changes if change.side == side.value]
        for change in sorted(found, key=_order):
            table.add_row(f"{change.count:,}", Text(_words(change, groups, interests)))
        if not found:
            table.add_row("0", "nothing")
        console.print(table)


def _order(change: ChangeCount) -> tuple[bool, str, str]:
    """Contacts and subscriptions before interests."""
    kind, _, number = change.field.partition(" ")
    return kind == "interest", f"{kind} {number:>12}", change.new


def _words(change: ChangeCount, groups: Mapping[int, str], interests: Mapping[str, str]) -> str:
    kind, _, name = change.field.partition(" ")
    match kind:
        case "contact":
            return "new contacts created"
        case "group":
            title = groups.get(int(name), f"group {name}")
            return f"added to “{title}”" if change.new == "Added" else f"removed from “{title}”"
        case "interest":
            title = interests.get(name, name)
            return f"“{title}” ticked" if change.new == "yes" else f"“{title}” no longer ticked"
        case "status":
            return _STATUSES.get(change.new, change.new)
    return f"{change.field}: {change.new}"
