"""What the rules say about a subscription, before that becomes changes for either side."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from mailchimpsync.decide.situation import Contact
from mailchimpsync.errors import Code


class Move(Enum):
    """What has to happen to the subscription."""

    NOTHING = auto()
    ADD_TO_GROUP = auto()
    REMOVE_FROM_GROUP = auto()
    SUBSCRIBE = auto()  # a new member
    ASK_FIRST = auto()  # a new member; Mailchimp asks them to confirm
    RESUBSCRIBE = auto()
    ASK = auto()  # Mailchimp asks the person to confirm
    UNSUBSCRIBE = auto()
    ARCHIVE = auto()
    LEAVE_ALONE = auto()  # the two sides may stay different
    FAIL = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The move, the reason, and whether the row ends up subscribed, so that interests are compared too.

    `adds_member`: the contact's new address becomes a separate member.
    """

    move: Move
    reason: Code
    ends_subscribed: bool = False
    adds_member: bool = False


IN_SYNC = Verdict(Move.NOTHING, Code.IN_SYNC, ends_subscribed=True)
ASKED_ELSEWHERE = Verdict(Move.NOTHING, Code.IN_SYNC, ends_subscribed=True, adds_member=True)
NOT_SUBSCRIBED = Verdict(Move.NOTHING, Code.NOT_SUBSCRIBED)


def fails(reason: Code) -> Verdict:
    """Return the verdict that a row can't be synced."""
    return Verdict(Move.FAIL, reason)


def unless_obstructed(contact: Contact, move: Move, reason: Code = Code.CIVICRM_ADDED) -> Verdict:
    """Return a move that subscribes the contact, unless it may not be mailed."""
    if contact.obstacle is not None:
        return fails(contact.obstacle)
    return Verdict(move, reason, ends_subscribed=True)
