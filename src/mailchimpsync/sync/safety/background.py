"""What led to a plan: its reasons, what rests on dates alone, and people who were changed together.

Only what was read is claimed: CiviCRM's history has a date and a method for each change of a group, Mailchimp a date of
each member's last change. Neither says which user it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mailchimpsync.errors import Code
from mailchimpsync.model import Connection, GroupStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes.moments import Moment, moments_at_mailchimp, moments_in_civicrm

PAUSE_MAX = timedelta(minutes=1)
"""Changes that follow each other within this time belong together: one import, one bulk action, one mailing."""

PEOPLE_MIN, BURSTS_MAX = 5, 6

_IN_CIVICRM = {Code.CIVICRM_REMOVED: GroupStatus.REMOVED, Code.CIVICRM_ADDED: GroupStatus.ADDED}
_AT_MAILCHIMP = (Code.MAILCHIMP_LEFT, Code.MAILCHIMP_SUBSCRIBED, Code.MAILCHIMP_NEW_PERSON)


@dataclass
class _Burst:
    """Changes that follow each other closely."""

    begin: datetime
    end: datetime
    people: int = 0
    methods: set[str | None] = field(default_factory=set)

    def add(self, moment: Moment) -> None:
        """Add people who were changed after the others."""
        self.end = moment.date
        self.people += moment.number
        self.methods.add(moment.method)


def background_of(
    tx: Transaction, connection: Connection, run_id: int, reasons: Counter[str], by_date: int
) -> dict[str, Any]:
    """Return what led to the plan of a run; `tx` is of the store that has the run and what it read."""
    found = sorted(_bursts_of(tx, connection, run_id, reasons), key=lambda one: -one[1].people)
    shown = [_stored(code, burst, connection.group_id) for code, burst in found[:BURSTS_MAX]]
    return {"reasons": dict(reasons.most_common()), "by_date": by_date, "bursts": shown}


def _stored(code: Code, burst: _Burst, group_id: int) -> dict[str, Any]:
    """Return a burst as JSON; with a method only if all of it has the same one."""
    return {
        "reason": code.value,
        "people": burst.people,
        "begin": burst.begin.isoformat(),
        "end": burst.end.isoformat(),
        "method": next(iter(burst.methods)) if len(burst.methods) == 1 else None,
        "group": group_id,
    }


def _bursts_of(
    tx: Transaction, connection: Connection, run_id: int, reasons: Iterable[str]
) -> Iterator[tuple[Code, _Burst]]:
    for code, status in _IN_CIVICRM.items():
        if code in reasons:
            moments = moments_in_civicrm(tx, run_id, connection.list_id, connection.group_id, code.value, status.value)
            yield from ((code, one) for one in bursts(moments))
    for code in _AT_MAILCHIMP:
        if code in reasons:
            yield from ((code, one) for one in bursts(moments_at_mailchimp(tx, run_id, code.value)))


def bursts(moments: Iterable[Moment]) -> Sequence[_Burst]:
    """Return which of the changes, in the order of their dates, follow each other closely, if they are many."""
    found: list[_Burst] = []
    for moment in moments:
        if not found or moment.date - found[-1].end > PAUSE_MAX:
            if found and found[-1].people < PEOPLE_MIN:
                found.pop()
            found.append(_Burst(moment.date, moment.date))
        found[-1].add(moment)
    return [one for one in found if one.people >= PEOPLE_MIN]
