"""Problems, and how those found now differ from those recorded before: pure rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from mailchimpsync.errors import Code
from mailchimpsync.store.site.alerts import StoredAlert


class Kind(StrEnum):
    """Kinds of problems."""

    FAILED = "failed"
    KEY = "key"
    HELD = "held"
    LATE = "late"
    LEAVING = "leaving"
    REFUSED = "refused"
    FAILURES = "failures"
    DIFFERENCES = "differences"
    EVENTS = "events"
    WEBHOOK = "webhook"
    CAMPAIGNS = "campaigns"
    DISK = "disk"
    DATA = "data"
    UNFIT = "unfit"
    BATCHES = "batches"
    INTERESTS = "interests"
    PAUSED = "paused"


STOPS = frozenset({Kind.FAILED, Kind.KEY, Kind.HELD, Kind.LATE, Kind.PAUSED})
"""The kinds that mean that a connection is not synced."""

AFFECTS_PEOPLE = STOPS | {Kind.LEAVING, Kind.REFUSED}
"""The kinds that mean that people are not where they have to be."""

NAME_LENGTH_MAX = 150


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to alert people to.

    Attributes:
        name: its identity, so that it is reported once: `held:a1b2c3d4e5`.
        list_id: the audience, if it is about one.
        data: numbers, and names of accounts; never of people.
        grace: how long it may last before people are alerted.
    """

    name: str
    kind: Kind
    list_id: str | None = None
    code: Code | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    grace: timedelta = timedelta(0)


def may_resolve_itself(noted: StoredAlert, now: datetime) -> bool:
    """Say whether a problem is so new that it may still resolve itself: people are not alerted yet."""
    return not noted.told and noted.tell_at is not None and noted.tell_at > now


@dataclass(frozen=True, slots=True)
class Difference:
    """What is new, what has changed (with what it is now), and what is over."""

    raised: Sequence[Problem]
    changed: Sequence[tuple[StoredAlert, Problem]]
    recovered: Sequence[StoredAlert]

    @property
    def is_nothing(self) -> bool:
        """Say whether all is as noted."""
        return not (self.raised or self.changed or self.recovered)


def compare(
    noted: Sequence[StoredAlert], seen: Sequence[Problem], was_checked: Callable[[StoredAlert], bool]
) -> Difference:
    """Compare problems seen now with those noted; one is resolved if it was checked and not found."""
    by_name = {one.problem: one for one in noted}
    names = {one.name for one in seen}
    return Difference(
        raised=[one for one in seen if one.name not in by_name],
        changed=[(by_name[one.name], one) for one in seen if one.name in by_name and _differs(by_name[one.name], one)],
        recovered=[one for one in noted if one.problem not in names and was_checked(one)],
    )


def _differs(noted: StoredAlert, seen: Problem) -> bool:
    return bool(noted.code != seen.code or noted.data != dict(seen.data))


def name_of(kind: Kind, *parts: str) -> str:
    """Return the name of a problem."""
    return ":".join((kind.value, *parts))[:NAME_LENGTH_MAX]
