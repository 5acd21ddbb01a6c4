"""What Mailchimp reports about single people: an address that bounces, a new address, another name.

Each is read before it is written, so that repeating it changes nothing; a record CiviCRM refuses fails alone. It
is read afterwards too, and written again where nothing has changed (docs/decisions/read-back.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from pydantic import TypeAdapter

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm.http.client import CivicrmClient, Envelope
from mailchimpsync.civicrm.http.isolation import send_in_halves
from mailchimpsync.civicrm.http.paging import IDS_MAX, Row, chunks, pages
from mailchimpsync.civicrm.http.read_back import write_until_kept
from mailchimpsync.errors import RefusedError

RECORDS_MAX = 250
ON_HOLD_BOUNCE = 1
"""CiviCRM's value for an address to which mail bounced; it sets the date itself.

See docs/reference/civicrm-behaviour.md#writing-rows.
"""

T = TypeVar("T")


class ContactEmail(NamedTuple):
    """An address of a contact, in any spelling."""

    contact_id: int
    address: str


class Name(NamedTuple):
    """The new name of a contact; an empty part stays as it is."""

    contact_id: int
    first_name: str
    last_name: str


class _Email(Row):
    contact_id: int
    email: str | None
    on_hold: int | None


class _Named(Row):
    first_name: str | None
    last_name: str | None


_EMAILS = TypeAdapter(Envelope[_Email])
_NAMED = TypeAdapter(Envelope[_Named])


def hold_addresses(client: CivicrmClient, wanted: Sequence[ContactEmail]) -> dict[ContactEmail, bool | RefusedError]:
    """Put contacts' addresses on hold; return for each whether it changed, or why CiviCRM refused.

    Raises:
        TransientError, AccessError: some of it may be done; repeat all of it.
    """

    def hold(some: Sequence[tuple[ContactEmail, int]]) -> None:
        where = [["id", "IN", [email_id for _, email_id in some]]]
        client.call("Email", "update", {"where": where, "values": {"on_hold": ON_HOLD_BOUNCE}}, idempotent=True)

    def lost(some: Sequence[tuple[ContactEmail, int]]) -> dict[tuple[ContactEmail, int], bool]:
        still_sent_to = set(_not_held(client, [one for one, _ in some]))
        return {target: True for target in some if target in still_sent_to}

    targets = _not_held(client, wanted)
    refused = {one: error for (one, _), error in _each_kept(client, targets, hold, lost).items()}
    changed = {one for one, _ in targets}
    return {one: refused.get(one, one in changed) for one in wanted}


def add_bulk_addresses(
    client: CivicrmClient, wanted: Sequence[ContactEmail]
) -> dict[ContactEmail, bool | RefusedError]:
    """Add addresses for bulk mail to contacts that lack them; return for each whether it was added.

    Raises:
        TransientError, AccessError: some of it may be done; repeat all of it.
    """

    def add(some: Sequence[ContactEmail]) -> None:
        records = [{"contact_id": one.contact_id, "email": one.address, "is_bulkmail": True} for one in some]
        params = {"records": records, "match": ["contact_id", "email"]}
        client.call("Email", "save", params, idempotent=True)

    def lacking(some: Sequence[ContactEmail]) -> list[ContactEmail]:
        found = _emails_of(client, some)
        return [one for one in some if (one.contact_id, normalise_address(one.address)) not in found]

    missing = lacking(wanted)
    refused = _each_kept(client, missing, add, lambda some: dict.fromkeys(lacking(some), True))
    return {one: refused.get(one, one in missing) for one in wanted}


def set_names(client: CivicrmClient, names: Sequence[Name]) -> dict[Name, RefusedError]:
    """Give contacts other names, and return those CiviCRM refused or lost.

    CiviCRM may keep a name in another spelling, so a name counts as lost only if the old one is still there.

    Raises:
        TransientError, AccessError: some of it may be done; repeat all of it.
    """

    def save(some: Sequence[Name]) -> None:
        records = [{"id": name.contact_id, **_parts(name)} for name in some]
        client.call("Contact", "save", {"records": records}, idempotent=True)

    before = _names_of(client, names)

    def lost(some: Sequence[Name]) -> dict[Name, bool]:
        now = _names_of(client, some)
        same = [one for one in some if one.contact_id in now and now[one.contact_id] == before.get(one.contact_id)]
        return {one: True for one in same if any(now[one.contact_id].get(k) != v for k, v in _parts(one).items())}

    return _each_kept(client, names, save, lost)


def _not_held(client: CivicrmClient, wanted: Sequence[ContactEmail]) -> list[tuple[ContactEmail, int]]:
    """Return the addresses that are not on hold, with the ids of their records."""
    found = _emails_of(client, wanted)
    return [
        (one, row["id"])
        for one in wanted
        for row in found.get((one.contact_id, normalise_address(one.address)), ())
        if not row["on_hold"]
    ]


def _names_of(client: CivicrmClient, names: Sequence[Name]) -> dict[int, Mapping[str, str]]:
    found: dict[int, Mapping[str, str]] = {}
    for some in chunks(sorted({one.contact_id for one in names}), IDS_MAX):
        for rows in pages(client, "Contact", _Named, _NAMED, [["id", "IN", list(some)]]):
            found.update((row["id"], _shown_names(row)) for row in rows)
    return found


def _shown_names(row: _Named) -> Mapping[str, str]:
    return {"first_name": row["first_name"] or "", "last_name": row["last_name"] or ""}


def _parts(name: Name) -> Mapping[str, str]:
    parts = {"first_name": name.first_name, "last_name": name.last_name}
    return {field: value for field, value in parts.items() if value}


def _emails_of(client: CivicrmClient, wanted: Sequence[ContactEmail]) -> dict[tuple[int, str], list[_Email]]:
    found: dict[tuple[int, str], list[_Email]] = {}
    for some in chunks(sorted({one.contact_id for one in wanted}), IDS_MAX):
        for rows in pages(client, "Email", _Email, _EMAILS, [["contact_id", "IN", list(some)]]):
            for row in rows:
                found.setdefault((row["contact_id"], normalise_address(row["email"] or "")), []).append(row)
    return found


def _each_kept(
    client: CivicrmClient,
    items: Sequence[T],
    send: Callable[[Sequence[T]], None],
    lost: Callable[[Sequence[T]], Mapping[T, bool]],
) -> dict[T, RefusedError]:
    """Send records until they are there, and return those CiviCRM refused or lost."""
    return write_until_kept(client, items, lambda some: _each_alone(some, send), lost)


def _each_alone(items: Sequence[T], send: Callable[[Sequence[T]], None]) -> dict[T, RefusedError]:
    """Send records in hundreds, and return those CiviCRM refused."""
    refused: dict[T, RefusedError] = {}
    for some in chunks(items, RECORDS_MAX):
        refused |= send_in_halves(some, send)
    return refused
