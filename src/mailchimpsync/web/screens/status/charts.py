"""A connection's past year as charts and tables: `charts.js` draws them; without scripts the tables say the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import ConnectionStatus, Growth, growth_of
from mailchimpsync.actions.runs.growth import Day, MarkKind
from mailchimpsync.config import Link
from mailchimpsync.errors import Code
from mailchimpsync.web.screens.screen import Visit

MARKS_LISTED = 25
SPARK_WIDTH, SPARK_HEIGHT, _SPARK_EDGE = 96, 24, 2

_REASONS: Mapping[Promise, Sequence[Code]] = {
    gettext_lazy("Unsubscribed at Mailchimp"): (Code.MAILCHIMP_LEFT,),
    gettext_lazy("Marked a mail as spam"): (Code.MAILCHIMP_COMPLAINED,),
    gettext_lazy("The address bounced"): (Code.MAILCHIMP_BOUNCED, Code.DEPARTED_ON_HOLD),
    gettext_lazy("Removed from the group in CiviCRM"): (Code.CIVICRM_REMOVED,),
    gettext_lazy("Opted out in CiviCRM"): (Code.DEPARTED_OPT_OUT, Code.DEPARTED_DO_NOT_EMAIL),
    gettext_lazy("Deceased"): (Code.DEPARTED_DECEASED,),
    gettext_lazy("Contact deleted or merged in CiviCRM"): (
        Code.DEPARTED_TRASHED,
        Code.DEPARTED_DELETED,
        Code.DEPARTED_MERGED,
    ),
    gettext_lazy("Erased on request"): (Code.ERASED,),
}
_OTHER = gettext_lazy("Other reasons")
_REASON_BY_CODE: Mapping[str, Promise] = {code: label for label, codes in _REASONS.items() for code in codes}

_MARK_WORDS: Mapping[MarkKind, Promise] = {
    MarkKind.FAILED: gettext_lazy("failed"),
    MarkKind.HELD: gettext_lazy("held for review"),
    MarkKind.MANUAL: gettext_lazy("started by someone"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for leaving: how many people, and which share of all who left, in percent."""

    label: str | Promise
    number: int
    percent: float


@dataclass(frozen=True, slots=True)
class Month:
    """A month: how many people there were at its end, joined and left."""

    first: date
    civicrm: int | None
    mailchimp: int | None
    joined: int
    left: int


@dataclass(frozen=True, slots=True)
class ShownMark:
    """A run that stands out, in words."""

    run_id: int
    at: datetime
    word: Promise


@dataclass(frozen=True, slots=True)
class History:
    """A connection's past year on a page; `data` is for `charts.js`, the rest for tables, newest first."""

    list_id: str
    growth: Growth
    data: Mapping[str, Any]
    months: Sequence[Month]
    reasons: Sequence[Reason]
    marks: Sequence[ShownMark]

    @property
    def last(self) -> Day | None:
        """The newest day on which people were counted."""
        return next((one for one in reversed(self.growth.days) if one.mailchimp is not None), None)

    @property
    def data_id(self) -> str:
        """The id of the element with the data."""
        return f"history-data-{self.list_id}"

    @property
    def first(self) -> date:
        """The first day with figures."""
        return self.growth.days[0].day

    @property
    def churn_percent(self) -> float | None:
        """How many percent of the people left."""
        return None if self.growth.churn is None else self.growth.churn * 100


def history_of(visit: Visit, link: Link, status: ConnectionStatus | None = None) -> History:
    """Return the past year of a connection; `status` adds what is counted now."""
    found = growth_of(visit.site, link.audience_id)
    today = visit.site.runtime.now().astimezone(UTC).date()
    growth = Growth(list(_until_today(found.days, today, status)), found.reasons, found.marks)
    marks = [ShownMark(one.run_id, one.at, _MARK_WORDS[one.kind]) for one in growth.marks[:MARKS_LISTED]]
    return History(link.audience_id, growth, _data(growth), months_of(growth.days), reasons_of(growth), marks)


def _until_today(days: Sequence[Day], today: date, status: ConnectionStatus | None) -> Iterable[Day]:
    """Continue to today: while nothing changes, nothing is counted."""
    last = next((one for one in reversed(days) if one.mailchimp is not None), None)
    now = (last.civicrm, last.mailchimp) if last is not None else (None, None)
    if status is not None and status.is_counted:
        now = (status.subscribed_at_civicrm, status.subscribed_at_mailchimp)
    is_new = not days or days[-1].day < today
    yield from days if is_new else days[:-1]
    if not is_new:
        yield Day(today, *now, days[-1].joined, days[-1].left)
    elif now != (None, None):
        yield Day(today, *now, 0, 0)


def months_of(days: Sequence[Day]) -> list[Month]:
    """Return days by month, the newest first."""
    by_month: dict[date, list[Day]] = defaultdict(list)
    for one in days:
        by_month[one.day.replace(day=1)].append(one)
    return [_month(first, by_month[first]) for first in sorted(by_month, reverse=True)]


def _month(first: date, days: Sequence[Day]) -> Month:
    counted = next((one for one in reversed(days) if one.mailchimp is not None), None)
    civicrm, mailchimp = (counted.civicrm, counted.mailchimp) if counted is not None else (None, None)
    return Month(first, civicrm, mailchimp, sum(one.joined for one in days), sum(one.left for one in days))


def reasons_of(growth: Growth) -> list[Reason]:
    """Return the reasons for leaving, the most frequent first."""
    people: dict[str | Promise, int] = defaultdict(int)
    for code, number in growth.reasons.items():
        people[_REASON_BY_CODE.get(code, _OTHER)] += number
    found = sorted(people.items(), key=lambda one: -one[1])
    return [Reason(label, number, 100 * number / sum(people.values())) for label, number in found]


def _data(growth: Growth) -> dict[str, Any]:
    days = growth.days
    return {
        "days": [_seconds(one.day) for one in days],
        "civicrm": [one.civicrm for one in days],
        "mailchimp": [one.mailchimp for one in days],
        "joined": [one.joined for one in days],
        "left": [one.left for one in days],
        "marks": [{"at": one.at.timestamp(), "kind": one.kind.value} for one in growth.marks],
        "words": {
            "day": _("Day"),
            "civicrm": _("In CiviCRM"),
            "mailchimp": _("At Mailchimp"),
            "joined": _("Joined"),
            "left": _("Left"),
        },
    }


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def sparkline(numbers: Sequence[int]) -> str:
    """Return numbers as the points of a small line in SVG, from left to right; empty without at least two."""
    if len(numbers) < 2:  # noqa: PLR2004 (a line has two ends)
        return ""
    low, high = min(numbers), max(numbers)
    width, height = SPARK_WIDTH - 2 * _SPARK_EDGE, SPARK_HEIGHT - 2 * _SPARK_EDGE
    step = width / (len(numbers) - 1)

    def y(number: int) -> float:
        return _SPARK_EDGE + height * (0.5 if low == high else 1 - (number - low) / (high - low))

    return " ".join(f"{_SPARK_EDGE + place * step:.1f},{y(number):.1f}" for place, number in enumerate(numbers))
