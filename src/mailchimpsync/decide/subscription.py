"""Whether a row should end up subscribed, and what that requires.

See docs/reference/php-extension.md#the-subscription, docs/reference/php-extension.md#several-addresses-of-a-contact,
docs/decisions/three-way.md and docs/decisions/sticky-opt-outs.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from mailchimpsync.decide.situation import Situation
from mailchimpsync.decide.winner import later, winner
from mailchimpsync.errors import Code
from mailchimpsync.model import (
    SUBSCRIBED_STATUSES,
    Connection,
    Departure,
    GroupState,
    Leaving,
    MadeBy,
    MemberStatus,
    Resubscribe,
    Side,
    Trust,
)

RETURNABLE = frozenset({MemberStatus.UNSUBSCRIBED, MemberStatus.ARCHIVED, MemberStatus.TRANSACTIONAL})
"""The statuses from which Mailchimp may allow subscribing a person again; never `cleaned`.

See docs/reference/mailchimp-behaviour.md#changes-of-status.
"""


DEPARTED: Mapping[Departure, Code] = {
    Departure.DECEASED: Code.DEPARTED_DECEASED,
    Departure.OPT_OUT: Code.DEPARTED_OPT_OUT,
    Departure.DO_NOT_EMAIL: Code.DEPARTED_DO_NOT_EMAIL,
    Departure.ON_HOLD: Code.DEPARTED_ON_HOLD,
    Departure.TRASHED: Code.DEPARTED_TRASHED,
    Departure.DELETED: Code.DEPARTED_DELETED,
    Departure.MERGED: Code.DEPARTED_MERGED,
}
"""The reasons for removing a member who hasn't left the group."""


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


def subscription_verdict(situation: Situation, connection: Connection) -> Verdict:
    """Return what a row's subscription requires: one branch per cell of (at Mailchimp?) and (in the group?).

    A trusted side wins wherever the two differ, whatever the base and the dates say. But trust never subscribes a
    person who has unsubscribed or must not be mailed: consent comes first.
    """
    untouchable = Code.ERASED if situation.erased else situation.unknown
    if untouchable is not None:
        return _fail(untouchable)
    in_mailchimp = situation.mailchimp_status in SUBSCRIBED_STATUSES
    in_group = situation.has_contact and situation.group.is_added
    departure = departure_of(situation, connection)
    if in_mailchimp:
        if departure is not None:
            return _leave(situation, connection, departure, DEPARTED[departure])
        return _on_both_sides(situation) if in_group else _only_at_mailchimp(situation, connection)
    if not in_group:
        return NOT_SUBSCRIBED
    if situation.departed and situation.mailchimp_status in RETURNABLE:
        return _removed_for_departure(situation, connection, departure)
    return _only_in_group(situation, connection)


def _on_both_sides(situation: Situation) -> Verdict:
    """A person asked to confirm at an address they no longer use is asked at the new one instead."""
    if situation.mailchimp_status != MemberStatus.PENDING or situation.new_address is None:
        return IN_SYNC
    if situation.replaced:
        return Verdict(Move.UNSUBSCRIBE, Code.CIVICRM_READDRESSED)
    return _fail(Code.ADDRESS_TAKEN) if situation.address_taken else ASKED_ELSEWHERE


def _only_in_group(situation: Situation, connection: Connection) -> Verdict:
    trust, resubscribe = connection.trust, connection.resubscribe
    if trust is Trust.MAILCHIMP:
        return _leave_group(situation, Code.TRUSTED_MAILCHIMP)
    if trust is Trust.CIVICRM and _may_ask_by_trust(situation, resubscribe):
        return _unless_obstructed(situation, Move.ASK, Code.TRUSTED_CIVICRM)
    if situation.mailchimp_status is None:
        return _not_at_mailchimp(situation, connection)
    return _left_at_mailchimp(situation, connection)


def departure_of(situation: Situation, connection: Connection) -> Departure | None:
    """Return the strictest departure that has an effect at Mailchimp; leaving the group isn't one."""
    found = situation.marks | ({Departure.MERGED} if situation.merged else frozenset())
    if situation.new_address is not None and not situation.replaced:
        found -= {Departure.ON_HOLD}  # the member moves away from the address on hold
    return next((one for one in Departure if one in found and connection.leaving(one) is not Leaving.NOTHING), None)


def can_change_address(situation: Situation) -> bool:
    """Return whether a member is to get another address: only subscribed members can.

    See docs/reference/mailchimp-behaviour.md#refusals-of-a-member.
    """
    is_subscribed = situation.mailchimp_status == MemberStatus.SUBSCRIBED
    return situation.new_address is not None and is_subscribed and not situation.replaced


def _leave(situation: Situation, connection: Connection, departure: Departure, reason: Code) -> Verdict:
    leaving = connection.leaving(departure)
    if leaving is Leaving.NOTHING:
        return Verdict(Move.LEAVE_ALONE, Code.CIVICRM_LEFT_ALONE)
    return Verdict(_remove_member(situation, leaving), reason)


def _remove_member(situation: Situation, leaving: Leaving) -> Move:
    """Return how to remove a member; one that hasn't confirmed yet can't be archived.

    See docs/reference/mailchimp-behaviour.md#writing-members.
    """
    archives = leaving is Leaving.ARCHIVE and situation.mailchimp_status != MemberStatus.PENDING
    return Move.ARCHIVE if archives else Move.UNSUBSCRIBE


def _removed_for_departure(situation: Situation, connection: Connection, departure: Departure | None) -> Verdict:
    """In the group, and removed at Mailchimp by us: correct as long as the departure holds.

    After that the person comes back, because they never unsubscribed.
    """
    if departure is not None:
        return Verdict(Move.NOTHING, DEPARTED[departure])
    if situation.other_subscribed or situation.other_preferred:
        return _fail(Code.CV_OTHER_ADDRESS)
    if connection.resubscribe is Resubscribe.NEVER or situation.other_left:
        return _fail(Code.MC_OPTED_OUT)
    if situation.new_address is not None:
        return _add_new_address(situation)
    return _unless_obstructed(situation, _return_move(situation), Code.CIVICRM_BACK)


def _only_at_mailchimp(situation: Situation, connection: Connection) -> Verdict:
    trust = connection.trust
    if trust is Trust.CIVICRM:
        return Verdict(_remove_member(situation, connection.leaving(Departure.REMOVED)), Code.TRUSTED_CIVICRM)
    if situation.contact_gone:
        return _fail(Code.CV_CONTACT_GONE)
    if not situation.has_contact:
        return Verdict(Move.ADD_TO_GROUP, Code.MAILCHIMP_NEW_PERSON, ends_subscribed=True)
    if trust is Trust.MAILCHIMP:
        return Verdict(Move.ADD_TO_GROUP, Code.TRUSTED_MAILCHIMP, ends_subscribed=True)
    if situation.handed_over or _winning_side(situation) is Side.CIVICRM:
        reason = Code.CIVICRM_HANDED_OVER if situation.handed_over else Code.CIVICRM_REMOVED
        return _leave(situation, connection, Departure.REMOVED, reason)
    return Verdict(Move.ADD_TO_GROUP, Code.MAILCHIMP_SUBSCRIBED, ends_subscribed=True)


def _winning_side(situation: Situation) -> Side:
    """Return the side that counts for a person who is subscribed at Mailchimp and not in the group.

    If the base says that Mailchimp changed, a removal in CiviCRM with a later date is a second change, and the later
    one counts: someone who joined at Mailchimp and then unsubscribed through CiviMail has left.
    """
    group, date = situation.group, situation.their_date
    side = winner(in_mailchimp=True, base=situation.base.subscribed, group=group, mailchimp_date=date)
    left_after = group.status is not None and date is not None and later(group, date) is Side.CIVICRM
    return Side.CIVICRM if left_after and situation.base.subscribed is False else side


def _not_at_mailchimp(situation: Situation, connection: Connection) -> Verdict:
    """In the group, and not at Mailchimp: a new member, or one permanently deleted there since the last agreement.

    If the contact had another address, a new one isn't new consent: people who unsubscribed or hadn't confirmed with
    the old one are asked to confirm, if people are let back at all. Only a bounced old address doesn't matter.
    """
    if situation.base.subscribed:
        return _leave_group(situation)
    comes_back = bool(situation.replaces - {MemberStatus.PENDING})
    if situation.other_left or (comes_back and connection.resubscribe is Resubscribe.NEVER):
        return _fail(Code.MC_OPTED_OUT)
    asks = connection.asks_first or bool(situation.replaces - {MemberStatus.CLEANED})
    reason = Code.CIVICRM_READDRESSED if situation.replaces else Code.CIVICRM_ADDED
    return _unless_obstructed(situation, Move.ASK_FIRST if asks else Move.SUBSCRIBE, reason)


def _left_at_mailchimp(situation: Situation, connection: Connection) -> Verdict:
    """In the group, and not subscribed at Mailchimp: an opt-out is sticky.

    Only an Added in CiviCRM that is known to be newer than the opt-out brings the person back; never against a base
    that says Mailchimp changed, and never if the contact has unsubscribed with another address.
    """
    status, date, base = situation.mailchimp_status, situation.mailchimp_status_date, situation.base.subscribed
    if has_left(status, date, base=base, group=situation.group, made_by=situation.made_by):
        return _leave_group(situation)
    if situation.made_by is not None and situation.mailchimp_status in RETURNABLE:
        return _removed_by_us(situation)
    if situation.mailchimp_status == MemberStatus.CLEANED:
        return _bounced(situation, connection.resubscribe)
    return _readded_in_civicrm(situation, connection)


def _readded_in_civicrm(situation: Situation, connection: Connection) -> Verdict:
    """The person unsubscribed and was added in CiviCRM since; asked to confirm where new members are asked."""
    if situation.other_subscribed or situation.other_preferred:
        return _fail(Code.CV_OTHER_ADDRESS)
    if connection.resubscribe is Resubscribe.NEVER or situation.other_left or _forbids_mailing(situation):
        return _fail(Code.MC_OPTED_OUT)
    if situation.new_address is not None:
        return _add_new_address(situation)
    return _unless_obstructed(situation, Move.ASK if connection.asks_first else Move.RESUBSCRIBE)


def _removed_by_us(situation: Situation) -> Verdict:
    """In the group, and unsubscribed because CiviCRM had said so: such a person needs no new permission.

    CiviCRM must have said since that they are in the group. An Added without a date isn't known to be its word.
    """
    if situation.other_subscribed or situation.other_preferred:
        return _fail(Code.CV_OTHER_ADDRESS)
    if situation.other_left or situation.group.date is None:
        return _fail(Code.MC_OPTED_OUT)
    if situation.new_address is not None:
        return _add_new_address(situation)
    return _unless_obstructed(situation, _return_move(situation))


def _return_move(situation: Situation) -> Move:
    """Return how a person we removed comes back; someone who had never confirmed is asked again."""
    return Move.ASK if situation.made_by is MadeBy.US_UNCONFIRMED else Move.RESUBSCRIBE


def _bounced(situation: Situation, resubscribe: Resubscribe) -> Verdict:
    """An address that bounced is never subscribed again; a corrected one can be."""
    if situation.other_subscribed:
        return _fail(Code.CV_OTHER_ADDRESS)
    if situation.new_address is None or situation.other_left or resubscribe is Resubscribe.NEVER:
        return _fail(Code.MC_BOUNCED)
    return _add_new_address(situation)


def _add_new_address(situation: Situation) -> Verdict:
    """Add the new address as a member: Mailchimp changes the address of subscribed members only.

    See docs/reference/mailchimp-behaviour.md#refusals-of-a-member.
    """
    if situation.address_taken:
        return _fail(Code.ADDRESS_TAKEN)
    return Verdict(Move.FAIL, Code.CV_OTHER_ADDRESS, adds_member=True)


def _may_ask_by_trust(situation: Situation, resubscribe: Resubscribe) -> bool:
    """Return whether trust in CiviCRM allows asking a person who unsubscribed at Mailchimp to come back.

    This only covers people the usual rules would remove from the group; they are asked to confirm and never subscribed
    directly. People aren't asked if they unsubscribed since the last agreement, bounced, have a status that gives no
    ground to mail them, or have another address that is subscribed or unsubscribed.
    """
    return (
        resubscribe is Resubscribe.ASK
        and not situation.base.subscribed
        and situation.mailchimp_status in RETURNABLE
        and not (situation.other_subscribed or situation.other_preferred or situation.other_left)
        and later(situation.group, situation.their_date) is Side.MAILCHIMP
    )


def _leave_group(situation: Situation, reason: Code = Code.MAILCHIMP_LEFT) -> Verdict:
    """Remove the contact from the group, unless it is in there for another address as well."""
    if situation.other_subscribed:
        return _fail(Code.CV_OTHER_ADDRESS)
    return Verdict(Move.REMOVE_FROM_GROUP, reason)


def has_left(
    status: str | None,
    left_at: datetime | None,
    *,
    base: bool | None,
    group: GroupState,
    made_by: MadeBy | None = None,
) -> bool:
    """Return whether a member unsubscribed and that outranks the contact's membership in the group.

    It does if it is the change since the base, or if it is later than the Added. A status that we set repeats what
    CiviCRM said, so it isn't a change since the base: then its date decides, unless the base already says so. Also used
    for the contact's other rows.
    """
    if status in SUBSCRIBED_STATUSES:
        return False
    if made_by is not None:
        return base is not False and later(group, left_at) is Side.MAILCHIMP
    return bool(base) or (status is not None and later(group, left_at) is Side.MAILCHIMP)


def _forbids_mailing(situation: Situation) -> bool:
    """An unknown status, or one without a date to compare an Added with, gives no ground to mail a person."""
    return situation.mailchimp_status not in RETURNABLE or situation.mailchimp_status_date is None


def _unless_obstructed(situation: Situation, move: Move, reason: Code = Code.CIVICRM_ADDED) -> Verdict:
    if situation.obstacle is not None:
        return _fail(situation.obstacle)
    return Verdict(move, reason, ends_subscribed=True)


def _fail(reason: Code) -> Verdict:
    return Verdict(Move.FAIL, reason)
