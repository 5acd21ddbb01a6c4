"""What a sync changed, as tables for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import ChangeCount
from mailchimpsync.model import GroupStatus, MemberStatus, Side

_WORDS_WIDTH = 22
_NUMBER_WIDTH = 7
_ASKED = "Asked to confirm"

Counts = dict[str, list[int]]


def show_changes(
    console: Console, changes: Sequence[ChangeCount], groups: Mapping[int, str], interests: Mapping[str, str]
) -> None:
    """Print what was changed on each side, side by side; people count once in each line."""
    at_mailchimp = _counts(change for change in changes if change.side == Side.MAILCHIMP.value)
    in_civicrm = _counts(change for change in changes if change.side == Side.CIVICRM.value)
    names = {f"interest {key}": f"Interest {name}" for key, name in interests.items()}
    names |= {f"group {number}": f"Group {title}" for number, title in groups.items()}
    names |= {"status": "Subscribed", "contact": "New contacts"}
    tables = (
        _table("Changed in CiviCRM", ("contact", *(f"group {number}" for number in groups)), in_civicrm, names),
        _table(
            "Changed at Mailchimp", ("status", _ASKED, *(f"interest {key}" for key in interests)), at_mailchimp, names
        ),
    )
    console.print(Columns(tables, padding=(0, 3)))


def _counts(changes: Iterable[ChangeCount]) -> Counts:
    """Return, by what changed, how often it was added and removed."""
    counts: Counts = defaultdict(lambda: [0, 0])
    for change in changes:
        asked = change.new == MemberStatus.PENDING
        was_added = change.new in {GroupStatus.ADDED, MemberStatus.SUBSCRIBED, MemberStatus.PENDING, "created", "yes"}
        counts[_ASKED if asked else change.field][0 if was_added else 1] += change.count
    return counts


def _table(title: str, order: Sequence[str], counts: Counts, names: Mapping[str, str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("", width=_WORDS_WIDTH)
    table.add_column("Added", justify="right", width=_NUMBER_WIDTH, style="good")
    table.add_column("Removed", justify="right", width=_NUMBER_WIDTH, style="warn")
    for key in (*order, *sorted(counts.keys() - set(order))):
        added, removed = counts.get(key, [0, 0])
        if added or removed or key in {"status", "contact"}:
            table.add_row(Text(names.get(key, key)), _number(added), _number(removed))
    return table


def _number(count: int) -> str:
    return f"{count:,}" if count else "·"
