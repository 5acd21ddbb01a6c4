"""Members that change hands: another contact has the address now, or wants it when its owner no longer does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, exists, select

from mailchimpsync.errors import Code
from mailchimpsync.model import SUBSCRIBED_STATUSES, GroupStatus, MemberStatus, SyncStatus
from mailchimpsync.store.cache.contact_facts import columns_for_owner
from mailchimpsync.store.cache.groups import add_rows_for_contacts
from mailchimpsync.store.cache.members import is_in_flight, make_due
from mailchimpsync.store.engine.dialect import update_by_id
from mailchimpsync.store.schema import cache, group_contact

_OFF = (MemberStatus.UNSUBSCRIBED.value, MemberStatus.ARCHIVED.value)


@dataclass(frozen=True, slots=True)
class NewOwner:
    """The contact that takes over a member; `marks` and `best_address` are its own."""

    contact_id: int
    marks: str | None = None
    best_address: str | None = None


def mailed_rows(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> Sequence[Any]:
    """Return the rows of contacts that get mail: id, civicrm_contact_id, mailchimp_email, new_address.

    Without those that have an update in flight.
    """
    columns = (cache.c.id, cache.c.civicrm_contact_id, cache.c.mailchimp_email, cache.c.new_address)
    query = select(*columns).where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.civicrm_contact_id.in_(contact_ids),
        cache.c.mailchimp_status.in_(SUBSCRIBED_STATUSES),
        cache.c.mailchimp_email.is_not(None),
        ~is_in_flight(),
    )
    return tx.execute(query).all()


def owners_of_members(tx: Connection, list_id: str, identities: Collection[str]) -> list[int]:
    """Return the contacts that own the members with these identities."""
    mine = cache.c.mailchimp_list_id == list_id, cache.c.identity.in_(identities)
    query = select(cache.c.civicrm_contact_id).where(*mine, cache.c.civicrm_contact_id.is_not(None))
    return sorted(set(tx.execute(query).scalars()))


def rows_sharing_address(tx: Connection, list_id: str) -> Sequence[Any]:
    """Return rows of contacts whose address another row has: id, civicrm_contact_id, civicrm_address.

    Without contacts in the trash, and rows with an update in flight.
    """
    query = select(cache.c.id, cache.c.civicrm_contact_id, cache.c.civicrm_address).where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.sync_status.in_((SyncStatus.FAIL.value, SyncStatus.TODO.value)),
        cache.c.reason == Code.CV_SHARED_ADDRESS.value,
        cache.c.civicrm_contact_id.is_not(None),
        cache.c.mailchimp_member_id.is_(None),
    )
    return tx.execute(query.order_by(cache.c.civicrm_contact_id)).all()


def hand_over(tx: Connection, list_id: str, owners: Mapping[int, NewOwner]) -> None:
    """Give rows to other contacts, by row id; they are due, and so are the earlier contacts, if in the group.

    What was agreed for one contact says nothing of the other: `handed_from` keeps whose consent it was. A status that
    we set ourselves only repeats what CiviCRM said of the first, so nothing is known of the other.
    """
    columns = (cache.c.id, cache.c.civicrm_contact_id, cache.c.mailchimp_status, cache.c.mailchimp_status_by)
    found = tx.execute(select(*columns).where(cache.c.id.in_(owners), ~is_in_flight())).all()
    update_by_id(tx, cache, [_handed_over(row, owners[row.id]) for row in found])
    make_due(tx, cache.c.id.in_([row.id for row in found]))
    _add_rows_for_those_before(tx, list_id, [row.civicrm_contact_id for row in found if row.civicrm_contact_id])


def _handed_over(row: Any, owner: NewOwner) -> dict[str, Any]:
    by_us = row.mailchimp_status in _OFF and row.mailchimp_status_by is not None
    facts = {"marks": owner.marks, "civicrm_address": owner.best_address, "handed_from": row.civicrm_contact_id}
    return {
        **columns_for_owner(owner.contact_id, **facts),
        **dict.fromkeys(("civicrm_data", "base_interests", "refusal", "reason_detail")),
        "id": row.id,
        "base_subscribed": False if by_us else None,
    }


def _add_rows_for_those_before(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> None:
    has_row = exists().where(
        cache.c.mailchimp_list_id == list_id, cache.c.civicrm_contact_id == group_contact.c.contact_id
    )
    query = select(group_contact.c.contact_id).where(
        group_contact.c.list_id == list_id,
        group_contact.c.contact_id.in_(contact_ids),
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
