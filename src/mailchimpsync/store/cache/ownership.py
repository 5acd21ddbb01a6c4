"""Members that change hands: another contact has the address now, or wants it when its owner no longer does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, exists, select

from mailchimpsync.errors import Code
from mailchimpsync.model import SUBSCRIBED_STATUSES, GroupStatus, MemberStatus, SyncStatus
from mailchimpsync.store.cache.contact_facts import columns_for_owner
from mailchimpsync.store.cache.groups import add_rows_for_contacts
from mailchimpsync.store.cache.members import is_in_flight, make_due
from mailchimpsync.store.engine.dialect import any_of, update_by_id
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import cache, group_contact

_REMOVED_STATUSES = (MemberStatus.UNSUBSCRIBED.value, MemberStatus.ARCHIVED.value)


@dataclass(frozen=True, slots=True)
class NewOwner:
    """The contact that takes over a member; `flags` and `best_address` are its own."""

    contact_id: int
    flags: str | None = None
    best_address: str | None = None


class MailedRow(NamedTuple):
    """A member who gets mail; `new_address` is the one that Mailchimp should have."""

    id: int
    civicrm_contact_id: int
    mailchimp_email: str
    new_address: str | None


class RowSharingAddress(NamedTuple):
    """The row of a contact whose address another row has."""

    id: int
    civicrm_contact_id: int
    civicrm_address: str | None


class AddressHolder(NamedTuple):
    """A row that has an address which another contact wants, with what decides whether it keeps it."""

    id: int
    civicrm_contact_id: int | None
    mailchimp_member_id: str | None
    mailchimp_email: str | None
    mailchimp_status: str | None
    mailchimp_status_date: datetime | None
    mailchimp_status_by: str | None
    marks: str | None
    departure: str | None
    sync_status: str
    reason: str | None


class _HandedOver(NamedTuple):
    id: int
    civicrm_contact_id: int | None
    mailchimp_status: str | None
    mailchimp_status_by: str | None


def mailed_rows(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> Sequence[MailedRow]:
    """Return the rows of contacts that get mail, without those that have an update in flight."""
    query = select_as(MailedRow, cache).where(
        cache.c.mailchimp_list_id == list_id,
        any_of(tx, cache.c.civicrm_contact_id, contact_ids),
        cache.c.mailchimp_status.in_(SUBSCRIBED_STATUSES),
        cache.c.mailchimp_email.is_not(None),
        ~is_in_flight(),
    )
    return fetch(tx, MailedRow, query)


def address_holders(tx: Connection, row_ids: Sequence[int]) -> dict[int, AddressHolder]:
    """Return rows that have addresses which others want, by id."""
    query = select_as(AddressHolder, cache).where(cache.c.id.in_(row_ids))
    return {row.id: row for row in fetch(tx, AddressHolder, query)}


def owners_of_members(tx: Connection, list_id: str, identities: Collection[str]) -> list[int]:
    """Return the contacts that own the members with these identities."""
    conditions = cache.c.mailchimp_list_id == list_id, any_of(tx, cache.c.identity, identities)
    query = select(cache.c.civicrm_contact_id).where(*conditions, cache.c.civicrm_contact_id.is_not(None))
    return sorted(set(tx.execute(query).scalars()))


def rows_sharing_address(tx: Connection, list_id: str) -> Sequence[RowSharingAddress]:
    """Return rows of contacts whose address another row has.

    Without contacts in the trash, and rows with an update in flight.
    """
    query = select_as(RowSharingAddress, cache).where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.sync_status.in_((SyncStatus.FAIL.value, SyncStatus.TODO.value)),
        cache.c.reason == Code.CV_SHARED_ADDRESS.value,
        cache.c.civicrm_contact_id.is_not(None),
        cache.c.mailchimp_member_id.is_(None),
    )
    return fetch(tx, RowSharingAddress, query.order_by(cache.c.civicrm_contact_id))


def hand_over(tx: Connection, list_id: str, owners: Mapping[int, NewOwner]) -> None:
    """Give rows to other contacts, by row id; they are due, and so are the earlier contacts, if in the group.

    What was agreed for one contact says nothing of the other: `handed_from` keeps whose consent it was. A status that
    we set ourselves only repeats what CiviCRM said of the first, so nothing is known of the other.
    """
    query = select_as(_HandedOver, cache).where(cache.c.id.in_(owners), ~is_in_flight())
    found = fetch(tx, _HandedOver, query)
    update_by_id(tx, cache, [_handed_over(row, owners[row.id]) for row in found])
    make_due(tx, cache.c.id.in_([row.id for row in found]))
    _add_rows_for_former_owners(tx, list_id, [row.civicrm_contact_id for row in found if row.civicrm_contact_id])


def _handed_over(row: _HandedOver, owner: NewOwner) -> dict[str, Any]:
    by_us = row.mailchimp_status in _REMOVED_STATUSES and row.mailchimp_status_by is not None
    facts = {"marks": owner.flags, "civicrm_address": owner.best_address, "handed_from": row.civicrm_contact_id}
    return {
        **columns_for_owner(owner.contact_id, **facts),
        **dict.fromkeys(("civicrm_data", "base_interests", "refusal", "reason_detail")),
        "id": row.id,
        "base_subscribed": False if by_us else None,
    }


def _add_rows_for_former_owners(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> None:
    has_row = exists().where(
        cache.c.mailchimp_list_id == list_id, cache.c.civicrm_contact_id == group_contact.c.contact_id
    )
    query = select(group_contact.c.contact_id).where(
        group_contact.c.list_id == list_id,
        any_of(tx, group_contact.c.contact_id, contact_ids),
        group_contact.c.status == GroupStatus.ADDED.value,
        ~has_row,
    )
    add_rows_for_contacts(tx, list_id, sorted(set(tx.execute(query).scalars())))


def release_claims(tx: Connection, list_id: str, claims: Mapping[int, int], due_ids: Sequence[int]) -> None:
    """Let rows without a member release the addresses they had claimed: contact id by row id.

    The rows in `due_ids` are due, because they want those addresses.
    """
    update_by_id(tx, cache, [{"id": row_id, "identity": f"c:{contact}"} for row_id, contact in claims.items()])
    make_due(tx, and_(cache.c.mailchimp_list_id == list_id, cache.c.id.in_(due_ids)))
