"""Part of `readyToFixContactIds`: contacts whose best address has changed in CiviCRM since it was last read.

A member follows only if it had the previous best address: an address changed at Mailchimp, or the second one of the
same contact, is never changed back (docs/reference/php-extension.md#changed-addresses). An address that bounced is
always given up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from mailchimpsync.addresses import normalise_address, sendable
from mailchimpsync.civicrm import ContactAddress, UnreadableRow, addresses_of
from mailchimpsync.decide import Address, best_address
from mailchimpsync.model import MemberStatus
from mailchimpsync.store.cache import contacts, rows
from mailchimpsync.store.cache.contacts import OwnedMember
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.reading.contact_problems import contacts_with_rows

ROWS_PER_STEP = 5_000


def request_best_addresses(run: Run, contact_ids: Sequence[int]) -> dict[int, str]:
    """Read the best addresses of contacts from CiviCRM; contacts without a usable one are left out.

    So are contacts with an address that can't be read: it may be the best one.
    """
    return _kept(run, read_addresses(run, contact_ids)[0])


def read_addresses(run: Run, contact_ids: Sequence[int]) -> tuple[list[ContactAddress], frozenset[int]]:
    """Return all addresses of contacts, and the contacts that may have an address which can't be read.

    The addresses of contacts known to have an unreadable one are left out.
    """
    unreadable: list[UnreadableRow] = []
    found = [one for page in addresses_of(run.civicrm, contact_ids, unreadable) for one in page]
    run.unreadable.extend(unreadable)
    unread = contacts_with_rows(unreadable)
    readable = [one for one in found if one.contact_id not in unread]
    is_unassigned = any(one.contact_id is None for one in unreadable)
    return readable, frozenset(contact_ids) if is_unassigned else unread


def record_addresses(run: Run, addresses: Iterable[ContactAddress]) -> None:
    """Record the best address of each contact, and which members have to follow it; those rows are due.

    `addresses` are all that a contact has. A contact without a usable address changes nothing; neither does one whose
    best address was erased: that one is stored nowhere.
    """
    _record(run, _kept(run, addresses))


def record_changed_addresses(run: Run, best: Mapping[int, str], given: Mapping[int, str]) -> None:
    """Do the same for contacts that just got rows, with their best addresses, where that isn't everything.

    `given` maps them to the rows' addresses. Most contacts have one row, with the best address.
    """
    if not given:
        return
    with run.transaction() as tx:
        several = rows.contacts_with_several_rows(tx, run.list_id, sorted(given))
    others = {contact for contact, here in given.items() if normalise_address(best.get(contact, here)) != here}
    _record(run, {contact: best[contact] for contact in sorted(several | others) if contact in best})


def _kept(run: Run, addresses: Iterable[ContactAddress]) -> dict[int, str]:
    return {
        contact: address for contact, address in _best_addresses(addresses).items() if not run.erased.knows(address)
    }


def _record(run: Run, best: Mapping[int, str]) -> None:
    ids = sorted(best)
    for start in range(0, len(ids), ROWS_PER_STEP):
        with run.transaction() as tx:
            owned = contacts.members_of_contacts(tx, run.list_id, ids[start : start + ROWS_PER_STEP])
            members = {(row.civicrm_contact_id, normalise_address(row.mailchimp_email or "")) for row in owned}
            wanted = {row.id: _address_columns(row, best, members) for row in owned}
            changed = {row.id: wanted[row.id] for row in owned if _differs(row, wanted[row.id])}
            moving = [row.id for row in owned if wanted[row.id]["new_address"] != row.new_address]
            contacts.set_addresses(tx, changed, moving)


def _best_addresses(addresses: Iterable[ContactAddress]) -> dict[int, str]:
    by_contact: dict[int, list[Address]] = defaultdict(list)
    for one in addresses:
        by_contact[one.contact_id].append(Address(one.email, one.on_hold, one.is_bulkmail, one.is_primary))
    found = {contact: best_address(some) for contact, some in by_contact.items()}
    return {contact: sendable(one.email) for contact, one in found.items() if one is not None}


def _address_columns(
    row: OwnedMember, best: Mapping[int, str], members: Collection[tuple[int, str]]
) -> dict[str, str | None]:
    """Return the columns of a row: the best address, and the member's new one if it had the previous best address.

    If the contact has another member with the best address already, this one stays as it is.
    """
    now = best[row.civicrm_contact_id]
    here = normalise_address(row.mailchimp_email or "")
    bounced = row.mailchimp_status == MemberStatus.CLEANED
    followed = bounced or normalise_address(row.civicrm_address or "") == here or row.new_address is not None
    has_it = (row.civicrm_contact_id, normalise_address(now)) in members
    follows = followed and (not has_it or _is_being_replaced(row, now))
    return {"civicrm_address": now, "new_address": now if follows else None}


def _is_being_replaced(row: OwnedMember, now: str) -> bool:
    """Return whether a member asked at the old address is still being replaced, now that the new one exists."""
    wanted = normalise_address(row.new_address or "")
    return row.mailchimp_status == MemberStatus.PENDING and wanted == normalise_address(now)


def _differs(row: OwnedMember, noted: Mapping[str, str | None]) -> bool:
    return any(getattr(row, name) != value for name, value in noted.items())
