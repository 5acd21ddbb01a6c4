"""By which lanes updates go to Mailchimp, and how long that takes, in words (docs/explanation/lanes.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mailchimpsync.decide.lanes import LaneReason, Share
from mailchimpsync.messages import Message, join, say
from mailchimpsync.model import Lane

SECONDS_SHOWN_MAX = 45

_LANES: Mapping[Lane, Message] = {
    Lane.DIRECT: say("directly"),
    Lane.BULK: say("in bulk"),
    Lane.BATCH: say("in batches"),
}
_REASONS: Mapping[LaneReason, Message] = {
    LaneReason.OPT_OUTS: say("opt-outs"),
    LaneReason.FEW: say("few"),
    LaneReason.NEW_MEMBERS: say("new members"),
    LaneReason.MANY: say("many"),
    LaneReason.CONFIGURED: say("configured"),
}


def sending_in_words(ways: Sequence[Share], shown: Callable[[int], str] = "{:,}".format) -> Message:
    """Return by which lanes updates go and about how long that takes; `shown` writes a number."""
    each = (_one(way, shown(way.number)) for way in ways)
    seconds = sum(way.seconds for way in ways)
    return say(
        "%(ways)s; %(time)s if Mailchimp is as quick as usual", ways=join("; ", each), time=_about(seconds, shown)
    )


def _one(way: Share, number: str) -> Message:
    return say("%(number)s %(lane)s (%(reason)s)", number=number, lane=_LANES[way.lane], reason=_REASONS[way.reason])


def _about(seconds: float, shown: Callable[[int], str]) -> Message:
    if seconds < SECONDS_SHOWN_MAX:
        number = round(seconds)
        return say("about %(number)s seconds", number=number) if number > 1 else say("about a second")
    minutes = round(seconds / 60)
    return say("about %(number)s minutes", number=shown(minutes)) if minutes > 1 else say("about a minute")
