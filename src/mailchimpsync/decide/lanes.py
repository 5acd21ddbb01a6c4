"""Which lane updates take, by what they are and how many, and how long they take (docs/explanation/lanes.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil

from mailchimpsync.model import Lane, LaneChoice

DIRECT_MAX = 1_000
"""So many updates are done sooner by requests of their own: at most a minute, while a batch waits for its turn."""

REQUESTS_AT_ONCE = 8
_REQUEST_SECONDS, _CALL_SECONDS, _CALL_MEMBERS = 0.36, 10.0, 500
_BATCH_WAITS_SECONDS, _BATCH_PER_SECOND = 40.0, 10.0
"""How quick Mailchimp usually is (docs/reference/mailchimp-behaviour.md#how-long-it-takes)."""


class LaneReason(StrEnum):
    """Why updates take a lane."""

    OPT_OUTS = "opt-outs"
    FEW = "few"
    NEW_MEMBERS = "new members"
    MANY = "many"
    CONFIGURED = "configured"


@dataclass(frozen=True, slots=True)
class Share:
    """Updates that take the same lane for the same reason; Mailchimp is done with some of them."""

    lane: Lane
    reason: LaneReason
    number: int
    done: int = 0

    @property
    def seconds(self) -> float:
        """How long the rest takes, if Mailchimp is as quick as usual."""
        left = self.number - self.done
        if self.lane is Lane.DIRECT:
            return ceil(left / REQUESTS_AT_ONCE) * _REQUEST_SECONDS
        if self.lane is Lane.BULK:
            return ceil(left / (_CALL_MEMBERS * REQUESTS_AT_ONCE)) * _CALL_SECONDS
        return (0 if self.done else _BATCH_WAITS_SECONDS) + left / _BATCH_PER_SECOND


def shares(opt_outs: int, new: int, others: int, choice: LaneChoice) -> Sequence[Share]:
    """Return how so many updates would be sent, in their order."""
    return [one for one in _shares(opt_outs, new, others, choice) if one.number]


def _shares(opt_outs: int, new: int, others: int, choice: LaneChoice) -> Iterator[Share]:
    if choice is LaneChoice.BATCHES:
        yield Share(Lane.BATCH, LaneReason.CONFIGURED, opt_outs + new + others)
        return
    yield Share(Lane.DIRECT, LaneReason.OPT_OUTS, opt_outs)
    if new + others <= DIRECT_MAX:
        yield Share(Lane.DIRECT, LaneReason.FEW, new + others)
        return
    yield Share(Lane.BULK, LaneReason.NEW_MEMBERS, new)
    are_many = others > DIRECT_MAX
    yield Share(*((Lane.BATCH, LaneReason.MANY) if are_many else (Lane.DIRECT, LaneReason.FEW)), others)


def together(ways: Iterable[Share]) -> Sequence[Share]:
    """Return each lane and reason once, in the order of their first share."""
    sums: dict[tuple[Lane, LaneReason], Share] = {}
    for way in ways:
        before = sums.get((way.lane, way.reason), Share(way.lane, way.reason, 0))
        sums[way.lane, way.reason] = replace(before, number=before.number + way.number, done=before.done + way.done)
    return tuple(sums.values())
