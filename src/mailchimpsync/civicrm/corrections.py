"""What Mailchimp tells us about single persons: an address that bounces, a new address, another name.

Each is read before it is written, so that repeating it changes nothing; a record CiviCRM refuses fails alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm.client import CivicrmClient, Envelope
from mailchimpsync.civicrm.isolation import send_halving
from mailchimpsync.civicrm.paging import PAGE_ROWS, Row, chunks
from mailchimpsync.errors import RefusedError

RECORDS_MAX = 250
ON_HOLD_BOUNCE = 1
"""CiviCRM's value for an address to which mail bounced; it sets the date itself (reference: CiviCRM README)."""

T = TypeVar("T")


class ContactEmail(NamedTuple):
    """An address of a contact, in any spelling."""

    contact_id: int
    address: str


class Name(NamedTuple):
    """What a contact is to be called; an empty part stays as it is."""

    contact_id: int
    first_name: str
    last_name: str


class _Email(Row):
    contact_id: int
    email: str | None
    on_hold: int | None


_EMAILS = TypeAdapter(Envelope[_Email])


def hold_addresses(client: CivicrmClient, wanted: Sequence[ContactEmail]) -> dict[ContactEmail, bool | RefusedError]:
    """Put addresses of contacts on hold, and say for each whether that changed something, or why CiviCRM refused.

    Raises:
        TransientError, AccessError: some of it may be done; repeat all of it.
    """

    def hold(some: Sequence[tuple[ContactEmail, int]]) -> None:
        where = [["id", "IN", [email_id for _, email_id in some]]]
        client.call("Email", "update", {"where": where, "values": {"on_hold": ON_HOLD_BOUNCE}}, idempotent=True)

    found = _emails_of(client, wanted)
    targets = [
        (one, row["id"])
        for one in wanted
        for row in found.get((one.contact_id, normalise_address(one.address)), ())
        if not row["on_hold"]
    ]
    refused = {one: error for (one, _), error in _each_alone(targets, hold).items()}
    changed = {one for one, _ in targets}
    return {one: refused.get(one, one in changed) for one in wanted}


def add_bulk_addresses(
    client: CivicrmClient, wanted: Sequence[ContactEmail]
) -> dict[ContactEmail, bool | RefusedError]:
    """Add addresses to contacts, for bulk mail, unless a contact has its address; say for each whether it was added.

    Raises:
        TransientError, AccessError: some of it may be done; repeat all of it.
    """

    def add(some: Sequence[ContactEmail]) -> None:
        records = [{"contact_id": one.contact_id, "email": one.address, "is_bulkmail": True} for one in some]
        params = {"records": records, "match": ["contact_id", "email"]}
        client.call("Email", "save", params, idempotent=True)

    found = _emails_of(client, wanted)
    missing = [one for one in wanted if (one.contact_id, normalise_address(one.address)) not in found]
    refused = _each_alone(missing, add)
    return {one: refused.get(one, one in missing) for one in wanted}


def set_names(client: CivicrmClient, names: Sequence[Name]) -> dict[Name, RefusedError]:
    """Give contacts other names, and return those CiviCRM refused.

    Raises:
        TransientError, AccessError: some of it may be done; repeat all of it.
    """

    def save(some: Sequence[Name]) -> None:
        records = [{"id": name.contact_id, **_parts(name)} for name in some]
        client.call("Contact", "save", {"records": records}, idempotent=True)

    return _each_alone(names, save)


def _parts(name: Name) -> Mapping[str, str]:
    parts = {"first_name": name.first_name, "last_name": name.last_name}
    return {field: value for field, value in parts.items() if value}


def _emails_of(client: CivicrmClient, wanted: Sequence[ContactEmail]) -> dict[tuple[int, str], list[_Email]]:
    found: dict[tuple[int, str], list[_Email]] = {}
    for some in chunks(sorted({one.contact_id for one in wanted}), RECORDS_MAX):
        params: dict[str, Any] = {
            "select": ["id", "contact_id", "email", "on_hold"],
            "where": [["contact_id", "IN", list(some)]],
            "limit": PAGE_ROWS,
        }
        for row in client.read(_EMAILS, "Email", "get", params):
            found.setdefault((row["contact_id"], normalise_address(row["email"] or "")), []).append(row)
    return found


def _each_alone(items: Sequence[T], send: Callable[[Sequence[T]], None]) -> dict[T, RefusedError]:
    """Send records some hundred at a time, and return those CiviCRM refused."""
    refused: dict[T, RefusedError] = {}
    for some in chunks(items, RECORDS_MAX):
        refused |= send_halving(some, send)
    return refused
