"""Who owns an address: the rule of docs/reference/php-extension.md#matching-contacts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm import (
    CivicrmClient,
    SiteClock,
    TrashedOwner,
    UnreadableRow,
    group_contacts,
    history,
    owners_of,
    trashed_owners,
)
from mailchimpsync.model import Departure, GroupStatus


class Ownership(NamedTuple):
    """The contact that owns an address, and the flags that forbid mailing it there."""

    contact_id: int
    flags: frozenset[Departure] = frozenset()


def find_owners(
    client: CivicrmClient,
    group_id: int,
    addresses: Sequence[str],
    clock: SiteClock,
    unreadable: list[UnreadableRow] | None = None,
) -> dict[str, int]:
    """Return the contact that owns each address, by normalised address; unowned addresses are left out."""
    found = find_address_owners(client, group_id, addresses, clock, unreadable)
    return {address: one.contact_id for address, one in found.items()}


def find_address_owners(
    client: CivicrmClient,
    group_id: int,
    addresses: Sequence[str],
    clock: SiteClock,
    unreadable: list[UnreadableRow] | None = None,
) -> dict[str, Ownership]:
    """Return the owner of each address, by normalised address; unowned addresses are left out.

    That is the only contact with the address; else, of those in the subscription group, the one with the lowest id;
    else of those ever in it; else of all.
    """
    having: dict[str, set[int]] = defaultdict(set)
    flags: dict[tuple[str, int], frozenset[Departure]] = {}
    for page in owners_of(client, addresses, unreadable):
        for owner in page:
            key = normalise_address(owner.address), owner.contact_id
            having[key[0]].add(key[1])
            flags[key] = flags[key] | owner.flags if key in flags else owner.flags
    shared = sorted({contact for contacts in having.values() if len(contacts) > 1 for contact in contacts})
    in_group, ever_in_group = (
        _already_in_group(client, group_id, shared, clock, unreadable) if shared else (set(), set())
    )
    chosen = {address: _choose_owner(contacts, in_group, ever_in_group) for address, contacts in having.items()}
    return {address: Ownership(contact, flags[address, contact]) for address, contact in chosen.items()}


def find_trashed_owners(
    client: CivicrmClient, addresses: Sequence[str], clock: SiteClock, unreadable: list[UnreadableRow]
) -> dict[str, TrashedOwner]:
    """Return the contact in the trash with each address, by normalised address: if several, the last one listed."""
    found: dict[str, TrashedOwner] = {}
    for page in trashed_owners(client, addresses, clock, unreadable):
        for owner in page:
            key = normalise_address(owner.address)
            found[key] = max(found.get(key, owner), owner, key=lambda one: (one.modified, one.contact_id))
    return found


def _already_in_group(
    client: CivicrmClient,
    group_id: int,
    contacts: Sequence[int],
    clock: SiteClock,
    unreadable: list[UnreadableRow] | None,
) -> tuple[set[int], set[int]]:
    members = (row for page in group_contacts(client, [group_id], contacts, unreadable) for row in page)
    in_group = {row.contact_id for row in members if row.status == GroupStatus.ADDED}
    pages = history(client, [group_id], None, clock, contacts, unreadable)
    entries = (entry for page in pages for entry in page)
    return in_group, {entry.contact_id for entry in entries}


def _choose_owner(contacts: Iterable[int], *preferred: set[int]) -> int:
    candidates = set(contacts)
    if len(candidates) == 1:
        return candidates.pop()
    for some in preferred:
        if candidates & some:
            return min(candidates & some)
    return min(candidates)
