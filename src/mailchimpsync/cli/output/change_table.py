"""What a sync changed, as tables for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import ChangeCount, Names
from mailchimpsync.actions.texts.effects import effect_words
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.effects import CREATED, Effect, What
from mailchimpsync.model import GroupStatus, MemberStatus, Side

_WORDS_WIDTH = 22
_NUMBER_WIDTH = 7
_ASKED = "Asked to confirm"
_TITLES = {What.STATUS: "Subscribed", What.CONTACT: "New contacts"}

Counts = dict[str, list[int]]


def show_changes(
    console: Console, changes: Sequence[ChangeCount], groups: Mapping[int, str], interests: Mapping[str, str]
) -> None:
    """Print what was changed on each side, side by side; people count once in each line."""
    names = Names(interests, groups)
    in_civicrm = [What.CONTACT.field(), *(What.GROUP.field(group) for group in groups)]
    at_mailchimp = [What.STATUS.field(), _ASKED, *(What.INTEREST.field(interest) for interest in interests)]
    tables = (
        _table("Changed in CiviCRM", Side.CIVICRM, in_civicrm, changes, names),
        _table("Changed at Mailchimp", Side.MAILCHIMP, at_mailchimp, changes, names),
    )
    print_tables(console, *tables)


def _counts(changes: Iterable[ChangeCount]) -> Counts:
    """Return, by what changed, how often it was added and removed."""
    counts: Counts = defaultdict(lambda: [0, 0])
    for change in changes:
        asked = change.new == MemberStatus.PENDING
        was_added = change.new in {GroupStatus.ADDED, MemberStatus.SUBSCRIBED, MemberStatus.PENDING, CREATED, "yes"}
        counts[_ASKED if asked else change.field][0 if was_added else 1] += change.count
    return counts


def _table(title: str, side: Side, order: Sequence[str], changes: Sequence[ChangeCount], names: Names) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("", width=_WORDS_WIDTH)
    table.add_column("Added", justify="right", width=_NUMBER_WIDTH, style="good")
    table.add_column("Removed", justify="right", width=_NUMBER_WIDTH, style="warn")
    counts = _counts(change for change in changes if change.side == side.value)
    for field in (*order, *sorted(counts.keys() - set(order))):
        added, removed = counts.get(field, [0, 0])
        if added or removed or field in _TITLES:
            table.add_row(Text(_title(side, field, names)), _number(added), _number(removed))
    return table


def _title(side: Side, field: str, names: Names) -> str:
    effect = Effect.stored(side, field, None, None)
    label = _TITLES.get(effect.what) or effect_words(effect, names).what
    return label[:1].upper() + label[1:]


def _number(count: int) -> str:
    return f"{count:,}" if count else "·"
