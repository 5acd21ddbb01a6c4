"""One row for each address: which new member gets it, and which member's new address another row has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from mailchimpsync.addresses import member_id_of, normalise_address
from mailchimpsync.civicrm import Person
from mailchimpsync.errors import Code
from mailchimpsync.model import MemberStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import ownership, rows
from mailchimpsync.store.cache.ownership import AddressHolder
from mailchimpsync.store.cache.rows import RowToDecide as Row
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.deciding.obstacles import address_to_subscribe, obstacle_of


class Claims(NamedTuple):
    """By row of a new member, the identity it has claimed, and its address; the rows whose address another row has."""

    identities: Mapping[int, str]
    addresses: Mapping[int, str]
    shared: Collection[int]


def claim_addresses(tx: Transaction, list_id: str, candidates: Sequence[Row], people: Mapping[int, Person]) -> Claims:
    """Let rows of new members claim their address's identity: one row per address, the lowest row id first.

    Rows that may not be subscribed claim nothing.
    """
    free = [
        row for row in candidates if row.mailchimp_status is None and obstacle_of(people[row.id], None, None) is None
    ]
    addresses = {row.id: address for row in free if (address := address_to_subscribe(people[row.id])) is not None}
    wanted = {row_id: f"m:{member_id_of(address)}" for row_id, address in addresses.items()}
    owners = rows.owners_of_identities(tx, list_id, sorted(set(wanted.values()))) if wanted else {}
    in_order = sorted(wanted.items())
    claims = {row_id: identity for row_id, identity in in_order if owners.setdefault(identity, row_id) == row_id}
    for row_id in _rows_held_by_another(tx, list_id, candidates, addresses):
        claims.pop(row_id, None)
    return Claims(claims, addresses, wanted.keys() - claims.keys())


def _rows_held_by_another(
    tx: Transaction, list_id: str, candidates: Sequence[Row], addresses: Mapping[int, str]
) -> list[int]:
    """Return the rows refused as duplicates whose address a member with another id has, as very old members do."""
    refused = {
        row.id: normalise_address(address)
        for row in candidates
        if (row.refusal or {}).get("code") == Code.MC_DUPLICATE and (address := addresses.get(row.id))
    }
    holders = rows.holders_of_addresses(tx, list_id, sorted(set(refused.values()))) if refused else {}
    return [row_id for row_id, address in refused.items() if holders.get(address, row_id) != row_id]


def taken_addresses(run: Run, due: Sequence[Row]) -> dict[int, str]:
    """Return the rows whose new address another row has, each with a sentence that names both."""
    wanted = {row.id: f"m:{member_id_of(row.new_address)}" for row in due if row.new_address is not None}
    if not wanted:
        return {}
    claimed: dict[str, int] = {}
    for row_id, identity in sorted(wanted.items()):
        claimed.setdefault(identity, row_id)
    with run.transaction() as tx:
        owners = {**claimed, **rows.owners_of_identities(tx, run.list_id, sorted(set(wanted.values())))}
        holders = ownership.address_holders(tx, sorted(set(owners.values())))
    of = {row.id: row for row in due}
    return {
        row_id: _holder_sentence(of[row_id], holder)
        for row_id, identity in wanted.items()
        if owners[identity] != row_id
        and (holder := holders.get(owners[identity])) is not None
        and not _is_same_contact(of[row_id], holder)
    }


def _holder_sentence(row: Row, holder: AddressHolder) -> str:
    wanting, having = row.civicrm_contact_id, holder.civicrm_contact_id
    return f"Contact {wanting} wants the address that contact {having or 'nobody'} has."


def _is_same_contact(row: Row, holder: AddressHolder) -> bool:
    """Return whether the new address belongs to the contact's other member, and this one can't be renamed anyway."""
    return row.civicrm_contact_id == holder.civicrm_contact_id and row.mailchimp_status != MemberStatus.SUBSCRIBED
