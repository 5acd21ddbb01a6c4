"""In the group in CiviCRM, and not subscribed at Mailchimp: a new member, one that left, or one that comes back.

See docs/decisions/sticky-opt-outs.md and docs/reference/php-extension.md#several-addresses-of-a-contact.
"""

from __future__ import annotations

from datetime import datetime

from mailchimpsync.decide.departures import DEPARTED
from mailchimpsync.decide.situation import Contact, Holder, Member
from mailchimpsync.decide.verdict import Move, Verdict, fails, unless_obstructed
from mailchimpsync.decide.winner import later
from mailchimpsync.errors import Code
from mailchimpsync.model import (
    SUBSCRIBED_STATUSES,
    Base,
    Connection,
    Departure,
    GroupState,
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


def only_in_group(member: Member | None, contact: Contact, base: Base, connection: Connection) -> Verdict:
    """Return what the subscription of a contact in the group requires, whom we haven't removed for a departure."""
    if connection.trust is Trust.MAILCHIMP:
        return _leave_group(contact, Code.TRUSTED_MAILCHIMP)
    if member is None:
        return _not_at_mailchimp(contact, base, connection)
    if connection.trust is Trust.CIVICRM and _may_ask_by_trust(member, contact, base, connection.resubscribe):
        return unless_obstructed(contact, Move.ASK, Code.TRUSTED_CIVICRM)
    return _left_at_mailchimp(member, contact, base, connection)


def removed_for_departure(
    member: Member, contact: Contact, connection: Connection, departure: Departure | None
) -> Verdict:
    """In the group, and removed at Mailchimp by us: correct as long as the departure holds.

    After that the person comes back, because they never unsubscribed.
    """
    if departure is not None:
        return Verdict(Move.NOTHING, DEPARTED[departure])
    if contact.others.subscribed or contact.others.preferred:
        return fails(Code.CV_OTHER_ADDRESS)
    if connection.resubscribe is Resubscribe.NEVER or contact.others.left:
        return fails(Code.MC_OPTED_OUT)
    if contact.new_address is not None:
        return _add_new_address(contact)
    return unless_obstructed(contact, _return_move(member), Code.CIVICRM_BACK)


def _not_at_mailchimp(contact: Contact, base: Base, connection: Connection) -> Verdict:
    """In the group, and not at Mailchimp: a new member, or one permanently deleted there since the last agreement.

    If the contact had another address, a new one isn't new consent: people who unsubscribed or hadn't confirmed with
    the old one are asked to confirm, if people are let back at all. Only a bounced old address doesn't matter.
    """
    if base.subscribed:
        return _leave_group(contact)
    replaces = contact.others.not_subscribed
    comes_back = bool(replaces - {MemberStatus.PENDING})
    if contact.others.left or (comes_back and connection.resubscribe is Resubscribe.NEVER):
        return fails(Code.MC_OPTED_OUT)
    asks = connection.asks_first or bool(replaces - {MemberStatus.CLEANED})
    reason = Code.CIVICRM_READDRESSED if replaces else Code.CIVICRM_ADDED
    return unless_obstructed(contact, Move.ASK_FIRST if asks else Move.SUBSCRIBE, reason)


def _left_at_mailchimp(member: Member, contact: Contact, base: Base, connection: Connection) -> Verdict:
    """In the group, and not subscribed at Mailchimp: an opt-out is sticky.

    Only an Added in CiviCRM that is known to be newer than the opt-out brings the person back; never against a base
    that says Mailchimp changed, and never if the contact has unsubscribed with another address.
    """
    if has_left(member.status, member.since, base=base.subscribed, group=contact.group, made_by=member.made_by):
        return _leave_group(contact)
    if member.made_by is not None and member.status in RETURNABLE:
        return _removed_by_us(member, contact)
    if member.status == MemberStatus.CLEANED:
        return _bounced(contact, connection.resubscribe)
    return _readded_in_civicrm(member, contact, connection)


def _readded_in_civicrm(member: Member, contact: Contact, connection: Connection) -> Verdict:
    """The person unsubscribed and was added in CiviCRM since; asked to confirm where new members are asked."""
    if contact.others.subscribed or contact.others.preferred:
        return fails(Code.CV_OTHER_ADDRESS)
    if connection.resubscribe is Resubscribe.NEVER or contact.others.left or _forbids_mailing(member):
        return fails(Code.MC_OPTED_OUT)
    if contact.new_address is not None:
        return _add_new_address(contact)
    return unless_obstructed(contact, Move.ASK if connection.asks_first else Move.RESUBSCRIBE)


def _removed_by_us(member: Member, contact: Contact) -> Verdict:
    """In the group, and unsubscribed because we removed them for CiviCRM.

    They come back only if CiviCRM has a dated Added since; they need no new permission.
    """
    if contact.others.subscribed or contact.others.preferred:
        return fails(Code.CV_OTHER_ADDRESS)
    if contact.others.left or contact.group.date is None:
        return fails(Code.MC_OPTED_OUT)
    if contact.new_address is not None:
        return _add_new_address(contact)
    return unless_obstructed(contact, _return_move(member))


def _return_move(member: Member) -> Move:
    """Return how a person we removed comes back; someone who had never confirmed is asked again."""
    return Move.ASK if member.made_by is MadeBy.US_UNCONFIRMED else Move.RESUBSCRIBE


def _bounced(contact: Contact, resubscribe: Resubscribe) -> Verdict:
    """An address that bounced is never subscribed again; a corrected one can be."""
    if contact.others.subscribed:
        return fails(Code.CV_OTHER_ADDRESS)
    if contact.new_address is None or contact.others.left or resubscribe is Resubscribe.NEVER:
        return fails(Code.MC_BOUNCED)
    return _add_new_address(contact)


def _add_new_address(contact: Contact) -> Verdict:
    """Add the new address as a member: Mailchimp changes the address of subscribed members only.

    See docs/reference/mailchimp-behaviour.md#refusals-of-a-member.
    """
    if contact.new_address is not None and contact.new_address.holder is Holder.ANOTHER:
        return fails(Code.ADDRESS_TAKEN)
    return Verdict(Move.FAIL, Code.CV_OTHER_ADDRESS, adds_member=True)


def _may_ask_by_trust(member: Member, contact: Contact, base: Base, resubscribe: Resubscribe) -> bool:
    """Return whether trust in CiviCRM allows asking a person who unsubscribed at Mailchimp to come back.

    This only covers people the usual rules would remove from the group; they are asked to confirm and never subscribed
    directly. People aren't asked if they unsubscribed since the last agreement, bounced, have a status that gives no
    ground to mail them, or have another address that is subscribed or unsubscribed.
    """
    others = contact.others
    return (
        resubscribe is Resubscribe.ASK
        and not base.subscribed
        and member.status in RETURNABLE
        and not (others.subscribed or others.preferred or others.left)
        and later(contact.group, member.their_date) is Side.MAILCHIMP
    )


def _leave_group(contact: Contact, reason: Code = Code.MAILCHIMP_LEFT) -> Verdict:
    """Remove the contact from the group, unless it is in there for another address as well."""
    if contact.others.subscribed:
        return fails(Code.CV_OTHER_ADDRESS)
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


def _forbids_mailing(member: Member) -> bool:
    """An unknown status, or one without a date to compare an Added with, gives no ground to mail a person."""
    return member.status not in RETURNABLE or member.since is None
