"""The overview of many connections: a table that can be sorted and filtered, the worst first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailchimpsync.actions import subscribed_by_day
from mailchimpsync.actions.status.connection_state import Level, StateName
from mailchimpsync.web.screens.screen import Visit
from mailchimpsync.web.screens.status.cards import ConnectionCard
from mailchimpsync.web.screens.status.charts import sparkline

SPARK_DAYS = 30
_LEVELS = [Level.BAD.value, Level.MIDDLE.value, Level.GOOD.value]
_WORST_FIRST = [
    StateName.FAILING,
    StateName.HELD,
    StateName.NOT_SET_UP,
    StateName.WAITING,
    StateName.PAUSED,
    StateName.RUNNING,
    StateName.OK,
]

STATES: Mapping[str, Promise] = {
    StateName.FAILING: _("Failing"),
    StateName.HELD: _("Held"),
    StateName.WAITING: _("Waiting"),
    StateName.PAUSED: _("Paused"),
    StateName.RUNNING: _("Running"),
    StateName.OK: _("OK"),
    StateName.NOT_SET_UP: _("Not set up"),
}

_Key = Callable[[ConnectionCard], Any]


def _title(card: ConnectionCard) -> str:
    return card.link.title.casefold()


def _checked(card: ConnectionCard) -> float:
    at = card.status.state.checked_at
    return at.timestamp() if at else 0.0


def _badness(card: ConnectionCard) -> tuple[int, int, int, str]:
    """Return what is smallest for the worst."""
    badge = card.badge
    return _LEVELS.index(badge.level), _WORST_FIRST.index(badge.state.name), -card.failed, _title(card)


@dataclass(frozen=True)
class Column:
    """A column: its title, what it is sorted by, and whether a click sorts the largest first."""

    name: str
    title: str | Promise
    key: _Key
    largest_first: bool = False
    is_number: bool = False


BY_STATE = Column("state", _("Status"), _badness)
"""The worst first: the usual order."""

COLUMNS = (
    Column("name", _("Connection"), _title),
    BY_STATE,
    Column("mailchimp", _("At Mailchimp"), lambda card: card.status.subscribed_at_mailchimp, True, True),
    Column("civicrm", _("In CiviCRM"), lambda card: card.status.subscribed_at_civicrm, True, True),
    Column("waiting", _("Waiting"), lambda card: card.waiting, True, True),
    Column("failed", _("Can't be synced"), lambda card: card.failed, True, True),
    Column("synced", _("Last checked"), _checked, True),
)


@dataclass(frozen=True)
class Heading:
    """A column's heading: `sort` is the sorting that a click asks for; `aria` is the one it has now."""

    column: Column
    sort: str
    aria: str


@dataclass(frozen=True)
class ConnectionsTable:
    """A page of connections, with what they were filtered by."""

    rows: Sequence[tuple[ConnectionCard, str]]
    headings: Sequence[Heading]
    accounts: Sequence[str]
    total: int


def connections_table(visit: Visit, cards: Sequence[ConnectionCard]) -> ConnectionsTable:
    """Return the connections that the address asks for, in its order; by default all, the worst first."""
    asked = visit.request.GET
    found = [card for card in cards if _is_wanted(card, asked)]
    name, is_reversed = _sorting(asked.get("sort", ""))
    column = next((one for one in COLUMNS if one.name == name), BY_STATE)
    found.sort(key=_title)
    found.sort(key=column.key, reverse=is_reversed)
    past = subscribed_by_day(visit.site, [card.link.audience_id for card in found], SPARK_DAYS)
    rows = [(card, sparkline(past.get(card.link.audience_id, []))) for card in found]
    accounts = sorted({card.link.account for card in cards})
    return ConnectionsTable(rows, [_heading(one, column, is_reversed) for one in COLUMNS], accounts, len(cards))


def _is_wanted(card: ConnectionCard, asked: Mapping[str, Any]) -> bool:
    words = str(asked.get("q", "")).casefold().split()
    text = f"{card.link.title} {card.link.group_title} {card.link.account}".casefold()
    account, state = asked.get("account"), asked.get("state")
    return (
        all(word in text for word in words)
        and account in (None, "", card.link.account)
        and state in (None, "", card.badge.state.name.value)
    )


def _sorting(text: str) -> tuple[str, bool]:
    return text.removeprefix("-"), text.startswith("-")


def _heading(one: Column, current: Column, is_reversed: bool) -> Heading:
    is_current = one is current
    descends = not is_reversed if is_current else one.largest_first
    aria = ("descending" if is_reversed else "ascending") if is_current else ""
    return Heading(one, f"{'-' if descends else ''}{one.name}", aria)
