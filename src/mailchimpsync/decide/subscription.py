"""Whether a row should end up subscribed, and what that requires.

See docs/reference/php-extension.md#the-subscription, docs/decisions/three-way.md and
docs/decisions/sticky-opt-outs.md.
"""

from __future__ import annotations

from mailchimpsync.decide.departures import DEPARTED, departure_of, leave, removal_of
from mailchimpsync.decide.only_in_group import RETURNABLE, only_in_group, removed_for_departure
from mailchimpsync.decide.situation import Contact, Gone, Holder, Member, NewAddress, Nobody, Owner, Situation
from mailchimpsync.decide.verdict import ASKED_ELSEWHERE, IN_SYNC, NOT_SUBSCRIBED, Move, Verdict, fails
from mailchimpsync.decide.winner import later, winner
from mailchimpsync.errors import Code
from mailchimpsync.model import Base, Connection, Departure, MemberStatus, Side, Trust


def subscription_verdict(situation: Situation, connection: Connection) -> Verdict:
    """Return what a row's subscription requires: one branch per cell of (at Mailchimp?) and (in the group?).

    A trusted side wins wherever the two differ, whatever the base and the dates say. But trust never subscribes a
    person who has unsubscribed or must not be mailed: consent comes first.
    """
    if situation.blocked is not None:
        return fails(situation.blocked)
    member, contact, base = situation.member, situation.contact, situation.base
    departure = departure_of(contact, connection)
    if member is not None and member.is_subscribed:
        if departure is not None:
            return leave(member, connection, departure, DEPARTED[departure])
        return _subscribed(member, contact, base, connection)
    if not isinstance(contact, Contact) or not contact.group.is_added:
        return NOT_SUBSCRIBED
    if member is not None and member.departed and member.status in RETURNABLE:
        return removed_for_departure(member, contact, connection, departure)
    return only_in_group(member, contact, base, connection)


def _subscribed(member: Member, contact: Owner, base: Base, connection: Connection) -> Verdict:
    if isinstance(contact, Contact) and contact.group.is_added:
        return _on_both_sides(member, contact)
    return _only_at_mailchimp(member, contact, base, connection)


def change_of_address(member: Member, contact: Contact) -> NewAddress | None:
    """Return the address that a member is to get: only subscribed members can.

    See docs/reference/mailchimp-behaviour.md#refusals-of-a-member.
    """
    wanted = contact.new_address
    if wanted is None or wanted.holder is Holder.SAME_CONTACT or member.status != MemberStatus.SUBSCRIBED:
        return None
    return wanted


def _on_both_sides(member: Member, contact: Contact) -> Verdict:
    """A person asked to confirm at an address they no longer use is asked at the new one instead."""
    if member.status != MemberStatus.PENDING or contact.new_address is None:
        return IN_SYNC
    match contact.new_address.holder:
        case Holder.SAME_CONTACT:
            return Verdict(Move.UNSUBSCRIBE, Code.CIVICRM_READDRESSED)
        case Holder.ANOTHER:
            return fails(Code.ADDRESS_TAKEN)
        case Holder.NOBODY:
            return ASKED_ELSEWHERE


def _only_at_mailchimp(member: Member, contact: Owner, base: Base, connection: Connection) -> Verdict:
    trust = connection.trust
    if trust is Trust.CIVICRM:
        return Verdict(removal_of(member, connection.leaving(Departure.REMOVED)), Code.TRUSTED_CIVICRM)
    match contact:
        case Gone():
            return fails(Code.CV_CONTACT_GONE)
        case Nobody():
            return Verdict(Move.ADD_TO_GROUP, Code.MAILCHIMP_NEW_PERSON, ends_subscribed=True)
        case Contact() if trust is Trust.MAILCHIMP:
            return Verdict(Move.ADD_TO_GROUP, Code.TRUSTED_MAILCHIMP, ends_subscribed=True)
        case Contact():
            return _subscribed_or_removed(member, contact, base, connection)


def _subscribed_or_removed(member: Member, contact: Contact, base: Base, connection: Connection) -> Verdict:
    if member.handed_over:
        return leave(member, connection, Departure.REMOVED, Code.CIVICRM_HANDED_OVER)
    if _winning_side(member, contact, base) is Side.CIVICRM:
        return leave(member, connection, Departure.REMOVED, Code.CIVICRM_REMOVED)
    return Verdict(Move.ADD_TO_GROUP, Code.MAILCHIMP_SUBSCRIBED, ends_subscribed=True)


def _winning_side(member: Member, contact: Contact, base: Base) -> Side:
    """Return the side that counts for a person who is subscribed at Mailchimp and not in the group.

    If the base says that Mailchimp changed, a removal in CiviCRM with a later date is a second change, and the later
    one counts: someone who joined at Mailchimp and then unsubscribed through CiviMail has left.
    """
    group, date = contact.group, member.their_date
    side = winner(in_mailchimp=True, base=base.subscribed, group=group, mailchimp_date=date)
    left_after = group.status is not None and date is not None and later(group, date) is Side.CIVICRM
    return Side.CIVICRM if left_after and base.subscribed is False else side
