"""Why a contact may not be newly subscribed, and with which address it would be."""

from __future__ import annotations

from mailchimpsync.addresses import normalise_address, sendable
from mailchimpsync.civicrm import Person
from mailchimpsync.decide import Address, best_address, obstacle_to_subscribing
from mailchimpsync.errors import Code
from mailchimpsync.model import Departure

_OBSTACLES = {
    Departure.DECEASED: Code.CV_DECEASED,
    Departure.OPT_OUT: Code.CV_OPTED_OUT,
    Departure.DO_NOT_EMAIL: Code.CV_DO_NOT_EMAIL,
}


def address_to_subscribe(person: Person) -> str | None:
    """Return the address a new member gets, as it is sent; None: there is none to mail."""
    best = best_address(_addresses(person))
    return sendable(best.email) if best else None


def obstacle_of(
    person: Person | None, status: str | None, address: str | None, *, address_taken: bool = False
) -> Code | None:
    """Return why a person may not be newly subscribed; `status` and `address` are the member's, None: there is none.

    A member is resubscribed with its own address, so that one must not be on hold.
    """
    if person is None:
        return None
    addresses = _addresses(person)
    if status is not None and address is not None:
        same = [a for a in addresses if normalise_address(a.email) == normalise_address(address)]
        # A contact with no address at all has given this one up or lost it: their consent doesn't cover mailing it.
        addresses = same or ([Address(address)] if addresses else [])
    obstacle = obstacle_to_subscribing(
        addresses, do_not_email=person.do_not_email, is_opt_out=person.is_opt_out, is_deceased=person.is_deceased
    )
    if obstacle is None and address_taken:
        return Code.CV_SHARED_ADDRESS
    return obstacle


def inherited_obstacle(inherited: frozenset[Departure]) -> Code | None:
    """Return why a contact may not be newly subscribed because of a contact that was merged into it."""
    return next((code for mark, code in _OBSTACLES.items() if mark in inherited), None)


def _addresses(person: Person) -> list[Address]:
    return [Address(email.email, email.on_hold, email.is_bulkmail, email.is_primary) for email in person.emails]
