"""Bulk reads, as generators of chunks: membership of groups, its history, and owners of addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm.http.client import CIVICRM, CivicrmClient, Envelope, Result, succeeded
from mailchimpsync.civicrm.http.paging import IDS_MAX, Row, Where, chunks, pages
from mailchimpsync.civicrm.http.unreadable_rows import UnreadableRow, readable_values, too_many
from mailchimpsync.civicrm.kept_spellings import kept_spellings
from mailchimpsync.civicrm.site_clock import SiteClock
from mailchimpsync.errors import RefusedError, RemoteError, TransientError
from mailchimpsync.http import unreadable_answer
from mailchimpsync.model import Departure, GroupStatus

ADDRESSES_MAX = 4_999
"""Addresses in one condition: 0.08 s. No round number, as `IDS_MAX`.

See docs/reference/civicrm-behaviour.md#how-fast-it-answers.
"""

MERGES_MAX = 100
"""Calls in one request."""

_ANY: Where = [["is_deleted", "IN", [True, False]]]
_ALIVE: Where = [["contact_id.is_deleted", "=", False]]


class GroupContact(NamedTuple):
    """A contact's status in a group, now."""

    id: int
    contact_id: int
    group_id: int
    status: str


class HistoryEntry(NamedTuple):
    """One change of a contact's status in a group; `date` is aware, in UTC; `method` says who made it."""

    id: int
    contact_id: int
    group_id: int
    date: datetime
    status: str
    method: str | None = None


class ContactState(NamedTuple):
    """Whether a contact is in the trash, and what forbids mailing it."""

    id: int
    is_deleted: bool
    flags: frozenset[Departure] = frozenset()


class ContactAddress(NamedTuple):
    """An address of a contact; `hold`: what a hold on it says about the person, if there is one."""

    contact_id: int
    email: str
    on_hold: bool = False
    is_bulkmail: bool = False
    is_primary: bool = False
    hold: Departure | None = None


class Modified(NamedTuple):
    """Contacts that were modified, and all addresses they have now."""

    contacts: list[ContactState]
    addresses: list[ContactAddress]


class Owner(NamedTuple):
    """A contact, not in the trash, that has an address; `address` is spelt as it was asked for.

    `flags`: what forbids mailing it, at this address.
    """

    address: str
    contact_id: int
    on_hold: bool
    flags: frozenset[Departure] = frozenset()


class TrashedOwner(NamedTuple):
    """A contact in the trash that has an address, spelt as it was asked for; `modified` at its last change, in UTC."""

    address: str
    contact_id: int
    modified: datetime


class _GroupContact(Row):
    contact_id: int
    group_id: int
    status: str


class _History(_GroupContact):
    date: str
    method: str | None


class _Contact(Row):
    is_deleted: bool
    is_deceased: bool | None
    is_opt_out: bool | None
    do_not_email: bool | None


class _Email(Row):
    contact_id: int
    email: str | None


class _Held(_Email):
    on_hold: int | None
    is_bulkmail: bool | None
    is_primary: bool | None


_Owner = TypedDict(
    "_Owner",
    {
        "id": int,
        "contact_id": int,
        "email": str | None,
        "on_hold": int | None,
        "contact_id.is_deceased": bool | None,
        "contact_id.is_opt_out": bool | None,
        "contact_id.do_not_email": bool | None,
    },
)

_Trashed = TypedDict("_Trashed", {"id": int, "contact_id": int, "email": str | None, "contact_id.modified_date": str})

READ_IN_PAGES: Mapping[str, Sequence[str]] = {
    entity: list(row.__annotations__)
    for entity, row in (
        ("Contact", _Contact),
        ("Email", _Owner),
        ("GroupContact", _GroupContact),
        ("SubscriptionHistory", _History),
    )
}
"""What is read in whole pages, with the columns that are asked for."""

ON_HOLD_OPT_OUT = 2
"""CiviCRM's “On Hold Opt Out”: the person wants no mail at this address. Any other hold is a bounce."""

_MARKED = {
    "is_deceased": Departure.DECEASED,
    "is_opt_out": Departure.OPT_OUT,
    "do_not_email": Departure.DO_NOT_EMAIL,
}

_CONTACT_MARKED = {f"contact_id.{name}": mark for name, mark in _MARKED.items()}

_GROUP_CONTACTS = TypeAdapter(Envelope[_GroupContact])
_HISTORY = TypeAdapter(Envelope[_History])
_CONTACTS = TypeAdapter(Envelope[_Contact])
_HELD = TypeAdapter(Envelope[_Held])
_OWNERS = TypeAdapter(Envelope[_Owner])
_TRASHED = TypeAdapter(Envelope[_Trashed])


def group_contacts(
    client: CivicrmClient,
    group_ids: Collection[int],
    contact_ids: Sequence[int] | None = None,
    unreadable: list[UnreadableRow] | None = None,
) -> Iterator[list[GroupContact]]:
    """Yield the present status, in these groups, of contacts that are not in the trash."""
    for where, most in _in_groups(group_ids, contact_ids):
        for rows in pages(
            client, "GroupContact", _GroupContact, _GROUP_CONTACTS, [*where, *_ALIVE], unreadable=unreadable, most=most
        ):
            yield [GroupContact(row["id"], row["contact_id"], row["group_id"], row["status"]) for row in rows]


def history(
    client: CivicrmClient,
    group_ids: Collection[int],
    since_site: str | None,
    clock: SiteClock,
    contact_ids: Sequence[int] | None = None,
    unreadable: list[UnreadableRow] | None = None,
    *,
    seconds: Sequence[str] | None = None,
) -> Iterator[list[HistoryEntry]]:
    """Yield the history of these groups, oldest id first; the highest id of a contact and group is the newest.

    `since_site` is as the site shows it (`SiteClock.shown_from`), inclusive; None reads all. With `seconds`, only the
    entries of these, as the site shows them. Where a date may mean several moments, an Added counts from the earliest,
    and a removal from the latest.
    """
    if seconds is not None and not seconds:
        return
    since: Where = [["date", ">=", since_site]] if since_site else []
    since = [["date", "IN", [*seconds]]] if seconds is not None else since
    for where, _ in _in_groups(group_ids, contact_ids):
        for rows in pages(
            client,
            "SubscriptionHistory",
            _History,
            _HISTORY,
            [*where, *since],
            unreadable=unreadable,
            few=seconds is not None or contact_ids is not None,
        ):
            entries, undated = readable_values(rows, lambda row: _entry(row, clock), "SubscriptionHistory")
            yield entries
            if unreadable is None and undated:
                raise unreadable_answer(CIVICRM, str(undated[0]))
            (unreadable if unreadable is not None else []).extend(undated)


def contacts_by_id(
    client: CivicrmClient, ids: Sequence[int], unreadable: list[UnreadableRow] | None = None
) -> Iterator[list[ContactState]]:
    """Yield the contacts that exist, trashed ones too; an id that is missing was deleted for good."""
    for some in chunks(ids, IDS_MAX):
        for rows in pages(
            client,
            "Contact",
            _Contact,
            _CONTACTS,
            [["id", "IN", list(some)], *_ANY],
            unreadable=unreadable,
            most=len(some),
        ):
            yield [_state(row) for row in rows]


def _state(row: _Contact) -> ContactState:
    return ContactState(row["id"], row["is_deleted"], _flags(row))


def _flags(row: Mapping[str, Any], marked: Mapping[str, Departure] = _MARKED) -> frozenset[Departure]:
    return frozenset([mark for name, mark in marked.items() if row[name]])


def contacts_modified_since(
    client: CivicrmClient,
    since_site: str,
    unreadable: list[UnreadableRow] | None = None,
    seconds: Sequence[str] | None = None,
) -> Iterator[Modified]:
    """Yield the contacts modified since `since_site` (site's local time), trashed ones too, and their addresses.

    With `seconds`, only those that were last modified in one of these, as the site shows them.
    """
    if seconds is not None and not seconds:
        return
    when: Where = [["modified_date", ">=", since_site] if seconds is None else ["modified_date", "IN", [*seconds]]]
    where = [*when, *_ANY]
    few = seconds is not None
    for rows in pages(client, "Contact", _Contact, _CONTACTS, where, rows=IDS_MAX, unreadable=unreadable, few=few):
        ids = [row["id"] for row in rows]
        addresses = [one for page in addresses_of(client, ids, unreadable) for one in page]
        yield Modified([_state(row) for row in rows], addresses)


def addresses_of(
    client: CivicrmClient, contact_ids: Sequence[int], unreadable: list[UnreadableRow] | None = None
) -> Iterator[list[ContactAddress]]:
    """Yield all addresses of some contacts."""
    for some in chunks(contact_ids, IDS_MAX):
        where: Where = [["contact_id", "IN", list(some)]]
        for rows in pages(client, "Email", _Held, _HELD, where, unreadable=unreadable, few=True):
            yield [_address(row) for row in rows if row["email"]]


def _address(row: _Held) -> ContactAddress:
    held, bulk, primary = (bool(row["on_hold"]), bool(row["is_bulkmail"]), bool(row["is_primary"]))
    return ContactAddress(row["contact_id"], row["email"] or "", held, bulk, primary, _hold(row["on_hold"]))


def _hold(on_hold: int | None) -> Departure | None:
    """Return the meaning of a hold: a bounce is about the address, an opt-out is the person's wish."""
    if not on_hold:
        return None
    return Departure.OPT_OUT if on_hold == ON_HOLD_OPT_OUT else Departure.ON_HOLD


def owners_of(
    client: CivicrmClient, addresses: Collection[str], unreadable: list[UnreadableRow] | None = None
) -> Iterator[list[Owner]]:
    """Yield the contacts, not in the trash, that have one of these addresses, in the order of the e-mails' ids.

    CiviCRM compares without regard to case and accents; here only `normalise_address` decides (addresses.py).
    """
    asked = _asked(addresses)
    for some in chunks(kept_spellings(client, asked, unreadable), ADDRESSES_MAX):
        where = [["email", "IN", list(some)], *_ALIVE]
        for rows in pages(client, "Email", _Owner, _OWNERS, where, unreadable=unreadable):
            yield [
                Owner(address, row["contact_id"], bool(row["on_hold"]), _flags_at(row))
                for row in rows
                for address in asked.get(normalise_address(row["email"] or ""), ())
            ]


def trashed_owners(
    client: CivicrmClient, addresses: Collection[str], clock: SiteClock, unreadable: list[UnreadableRow]
) -> Iterator[list[TrashedOwner]]:
    """Yield the contacts in the trash that have one of these addresses, where the key's user may see them."""
    asked = _asked(addresses)
    for some in chunks(kept_spellings(client, asked, unreadable), ADDRESSES_MAX):
        where: Where = [["email", "IN", list(some)], ["contact_id.is_deleted", "=", True]]
        for rows in pages(client, "Email", _Trashed, _TRASHED, where, unreadable=unreadable):
            found, undated = readable_values(rows, lambda row: (row, _modified(row, clock)), "Email")
            unreadable.extend(undated)
            yield [
                TrashedOwner(address, row["contact_id"], modified)
                for row, modified in found
                for address in asked.get(normalise_address(row["email"] or ""), ())
            ]


def _asked(addresses: Collection[str]) -> dict[str, list[str]]:
    asked: dict[str, list[str]] = defaultdict(list)
    for address in dict.fromkeys(addresses):
        asked[normalise_address(address)].append(address)
    return asked


def _modified(row: _Trashed, clock: SiteClock) -> datetime:
    return clock.earliest(row["contact_id.modified_date"])


def _flags_at(row: _Owner) -> frozenset[Departure]:
    hold = _hold(row["on_hold"])
    flags = _flags(row, _CONTACT_MARKED)
    return flags | {hold} if hold else flags


def held_addresses(
    client: CivicrmClient,
    contact_ids: Sequence[int] | None = None,
    unreadable: list[UnreadableRow] | None = None,
    *,
    opted_out_only: bool = False,
) -> Iterator[list[ContactAddress]]:
    """Yield the addresses on hold, of some contacts or of all, where the contact is not in the trash."""
    held: Where = [["on_hold", "=", ON_HOLD_OPT_OUT] if opted_out_only else ["on_hold", ">", 0], *_ALIVE]
    conditions = [[*held, ["contact_id", "IN", list(some)]] for some in chunks(contact_ids or [], IDS_MAX)]
    for where in [held] if contact_ids is None else conditions:
        for rows in pages(client, "Email", _Held, _HELD, where, unreadable=unreadable):
            yield [_address(row) for row in rows if row["email"]]


def on_hold_addresses(client: CivicrmClient, addresses: Collection[str]) -> set[str]:
    """Return those of the addresses, normalised, that are on hold at any contact."""
    wanted = {normalise_address(address) for address in addresses}
    held: set[str] = set()
    for some in chunks(kept_spellings(client, sorted(wanted)), ADDRESSES_MAX):
        for rows in pages(client, "Email", _Held, _HELD, [["email", "IN", list(some)], ["on_hold", ">", 0]]):
            held.update(normalise_address(row["email"] or "") for row in rows)
    return held & wanted


def merged_to(
    client: CivicrmClient, contact_ids: Sequence[int], unreadable: list[UnreadableRow] | None = None
) -> dict[int, int]:
    """Return, for contacts that were merged into another one, which one that is; the others are left out."""
    merged: dict[int, int] = {}
    for some in chunks(contact_ids, MERGES_MAX):
        calls = {str(old): ("Contact", "getMergedTo", {"contactId": old}) for old in some}
        unread: list[UnreadableRow] = []
        for old, result in client.multi(calls).items():
            try:
                new = _merge_target(result)
            except (TransientError, RefusedError) as error:
                if unreadable is None:
                    raise
                unread.append(UnreadableRow("Contact", int(old), int(old), f"where it was merged to: {error.what}"))
                continue
            if new is not None:
                merged[int(old)] = new
        if too_many(len(unread), len(some)):
            raise unreadable_answer(CIVICRM, f"{len(unread)} of {len(some)} answers to where contacts were merged to")
        (unreadable if unreadable is not None else []).extend(unread)
    return merged


def _entry(row: _History, clock: SiteClock) -> HistoryEntry:
    try:
        read = clock.earliest if row["status"] == GroupStatus.ADDED else clock.latest
        date = read(row["date"])
    except ValueError:
        raise ValueError("date: no date and time") from None
    return HistoryEntry(row["id"], row["contact_id"], row["group_id"], date, row["status"], row["method"])


def _merge_target(result: Result | RemoteError) -> int | None:
    """Return the contact it was merged to; CiviCRM answers with an empty row if there is none."""
    values = succeeded(result).values
    target = values[0].get("id") if values else None
    if target is not None and not str(target).isdecimal():
        raise unreadable_answer(CIVICRM, "where a contact was merged to")
    return int(target) if target else None


def _in_groups(group_ids: Collection[int], contact_ids: Sequence[int] | None) -> Iterator[tuple[Where, int | None]]:
    """Yield the conditions that together cover these groups and contacts, and how many statuses match at most."""
    if not group_ids:
        return
    groups: Where = [["group_id", "IN", sorted(group_ids)]]
    if contact_ids is None:
        yield groups, None
        return
    for some in chunks(contact_ids, IDS_MAX):
        yield [*groups, ["contact_id", "IN", list(some)]], len(group_ids) * len(some)
