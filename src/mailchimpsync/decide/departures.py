"""How a person leaves in CiviCRM, and what that means at Mailchimp."""

from __future__ import annotations

from collections.abc import Mapping

from mailchimpsync.decide.situation import Contact, Holder, Member, Owner
from mailchimpsync.decide.verdict import Move, Verdict
from mailchimpsync.errors import Code
from mailchimpsync.model import Connection, Departure, Leaving, MemberStatus

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


def departure_of(contact: Owner, connection: Connection) -> Departure | None:
    """Return the strictest departure that has an effect at Mailchimp; leaving the group isn't one."""
    found = contact.departures
    if isinstance(contact, Contact):
        if contact.merged:
            found |= {Departure.MERGED}
        if contact.new_address is not None and contact.new_address.holder is not Holder.SAME_CONTACT:
            found -= {Departure.ON_HOLD}  # the member moves away from the address on hold
    return next((one for one in Departure if one in found and connection.leaving(one) is not Leaving.NOTHING), None)


def leave(member: Member, connection: Connection, departure: Departure, reason: Code) -> Verdict:
    """Return what a departure means for a member."""
    leaving = connection.leaving(departure)
    if leaving is Leaving.NOTHING:
        return Verdict(Move.LEAVE_ALONE, Code.CIVICRM_LEFT_ALONE)
    return Verdict(removal_of(member, leaving), reason)


def removal_of(member: Member, leaving: Leaving) -> Move:
    """Return how to remove a member; one that hasn't confirmed yet can't be archived.

    See docs/reference/mailchimp-behaviour.md#writing-members.
    """
    archives = leaving is Leaving.ARCHIVE and member.status != MemberStatus.PENDING
    return Move.ARCHIVE if archives else Move.UNSUBSCRIBE
