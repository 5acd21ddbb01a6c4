"""By which lanes updates go to Mailchimp, and how long that takes, in words (docs/explanation/lanes.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mailchimpsync.decide.lanes import LaneReason, Share
from mailchimpsync.messages import Message, join, say
from mailchimpsync.model import Lane

SECONDS_SHOWN_MAX = 45

_WORDS: Mapping[tuple[Lane, LaneReason], Message] = {
    (Lane.DIRECT, LaneReason.OPT_OUTS): say("%(number)s unsubscribed first, one by one"),
    (Lane.DIRECT, LaneReason.FEW): say("%(number)s sent one by one"),
    (Lane.BULK, LaneReason.NEW_MEMBERS): say("%(number)s new members sent up to 500 at a time"),
}
_IN_BATCHES = say("%(number)s sent in batches, which Mailchimp works through later")


def sending_in_words(ways: Sequence[Share], shown: Callable[[int], str] = "{:,}".format) -> Message:
    """Return by which lanes updates go and about how long that takes; `shown` writes a number."""
    each = (_one(way, shown(way.number)) for way in ways)
    seconds = sum(way.seconds for way in ways)
    return say(
        "%(ways)s; %(time)s if Mailchimp is as quick as usual", ways=join("; ", each), time=_about(seconds, shown)
    )


def _one(way: Share, number: str) -> Message:
    return say(_WORDS.get((way.lane, way.reason), _IN_BATCHES), number=number)


def _about(seconds: float, shown: Callable[[int], str]) -> Message:
    if seconds < SECONDS_SHOWN_MAX:
        number = round(seconds)
        return say("about %(number)s seconds", number=number) if number > 1 else say("about a second")
    minutes = round(seconds / 60)
    return say("about %(number)s minutes", number=shown(minutes)) if minutes > 1 else say("about a minute")
