"""How connections grew: people on both sides, joined and left by day, and the reasons for leaving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from mailchimpsync.actions.site import Site
from mailchimpsync.store import Transaction
from mailchimpsync.store.runs import daily, figures
from mailchimpsync.store.runs.runs import StoredRun

DAYS = 365
MARKS_MAX = 200


class MarkKind(StrEnum):
    """Why a run stands out."""

    FAILED = "failed"
    HELD = "held"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Day:
    """A day in UTC; people on a side are None if no run counted them on that day."""

    day: date
    civicrm: int | None
    mailchimp: int | None
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A run that failed, was held, or was started by someone."""

    run_id: int
    at: datetime
    kind: MarkKind


@dataclass(frozen=True, slots=True)
class Growth:
    """A connection's past year; days without any figure are left out.

    Attributes:
        reasons: how many people left, by the code of the reason.
        marks: the newest runs that stand out, newest first.
    """

    days: Sequence[Day]
    reasons: Mapping[str, int]
    marks: Sequence[Mark]

    @property
    def joined(self) -> int:
        """How many people joined."""
        return sum(one.joined for one in self.days)

    @property
    def left(self) -> int:
        """How many people left."""
        return sum(one.left for one in self.days)

    @property
    def net(self) -> int | None:
        """How many more people are subscribed at Mailchimp than on the first day; None: it isn't known."""
        counted = self._at_mailchimp()
        return counted[-1] - counted[0] if len(counted) > 1 else None

    @property
    def churn(self) -> float | None:
        """The share of people who left, of those who were subscribed on average; None: it isn't known."""
        counted = self._at_mailchimp()
        return self.left * len(counted) / sum(counted) if any(counted) else None

    def _at_mailchimp(self) -> list[int]:
        return [one.mailchimp for one in self.days if one.mailchimp is not None]


def growth_of(site: Site, list_id: str) -> Growth:
    """Return the past year of a connection."""
    now = site.runtime.now()
    since = _first_day(now, DAYS)
    with site.store.reading() as tx:
        found = daily.figures_since(tx, [list_id], since)
        marks = _marks(tx, list_id, since)
    by_day: dict[date, dict[str, int]] = defaultdict(dict)
    reasons: dict[str, int] = defaultdict(int)
    for one in found:
        by_day[one.day][one.name] = one.number
        if (reason := _reason(one.name)) is not None:
            reasons[reason] += one.number
    return Growth([_day(day, numbers) for day, numbers in by_day.items()], dict(reasons), marks)


def subscribed_by_day(site: Site, list_ids: Collection[str], days: int) -> dict[str, list[int]]:
    """Return how many people were subscribed at Mailchimp on the last days on which they were counted."""
    since = _first_day(site.runtime.now(), days)
    with site.store.reading() as tx:
        found = daily.figures_since(tx, list_ids, since, [daily.AT_MAILCHIMP])
    numbers: dict[str, list[int]] = defaultdict(list)
    for one in found:
        numbers[one.list_id].append(one.number)
    return numbers


def _first_day(now: datetime, days: int) -> date:
    return (now.astimezone(UTC) - timedelta(days=days)).date()


def _reason(name: str) -> str | None:
    what, _, reason = name.partition(" ")
    return reason if what == daily.LEFT else None


def _day(day: date, numbers: Mapping[str, int]) -> Day:
    left = sum(number for name, number in numbers.items() if _reason(name) is not None)
    sides = (numbers.get(daily.IN_CIVICRM), numbers.get(daily.AT_MAILCHIMP))
    return Day(day, *sides, numbers.get(daily.JOINED, 0), left)


def _marks(tx: Transaction, list_id: str, since: date) -> list[Mark]:
    found = figures.outstanding_runs(tx, list_id, datetime.combine(since, time(), UTC), MARKS_MAX)
    return [Mark(run.id, run.started_at, _kind(run)) for run in found]


def _kind(run: StoredRun) -> MarkKind:
    if run.error_code is not None:
        return MarkKind.FAILED
    return MarkKind.HELD if run.outcome == "held" else MarkKind.MANUAL
