"""What goes to Mailchimp besides subscriptions: confirmed, wanted and refused, by cache row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, exists, or_, select, update

from mailchimpsync.model import SUBSCRIBED_STATUSES, Departure, GroupStatus, SyncStatus
from mailchimpsync.store.engine.dialect import Row, upsert
from mailchimpsync.store.schema import cache, data, group_contact


def rows_to_check(tx: Connection, list_id: str, group_id: int, after: int, limit: int) -> Sequence[RowMapping]:
    """Return the next rows, by id, whose contact's data may go to Mailchimp.

    Those of subscribed and pending members, and due ones of contacts in the group, who may become members: not of
    people whom CiviCRM says not to mail, who are due for hours after each change of the group. Each with id,
    civicrm_contact_id, mailchimp_email, mailchimp_status, mailchimp_data, confirmed, wanted, refused.
    """
    statuses = [status.value for status in SUBSCRIBED_STATUSES]
    in_group = exists().where(
        group_contact.c.list_id == list_id,
        group_contact.c.contact_id == cache.c.civicrm_contact_id,
        group_contact.c.group_id == group_id,
        group_contact.c.status == GroupStatus.ADDED.value,
    )
    may_be_mailed = or_(cache.c.marks.is_(None), cache.c.marks == Departure.ON_HOLD.value)  # another address may do
    may_become = and_(cache.c.sync_status == SyncStatus.TODO.value, in_group, may_be_mailed)
    query = _rows().where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.civicrm_contact_id.is_not(None),
        or_(cache.c.mailchimp_status.in_(statuses), may_become),
        cache.c.id > after,
    )
    return tx.execute(query.order_by(cache.c.id).limit(limit)).mappings().all()


def rows_to_show(tx: Connection, list_id: str, contact_ids: Sequence[int] | None, limit: int) -> Sequence[RowMapping]:
    """Return the rows of given contacts, or the first subscribed ones with a contact, with the same columns."""
    query = _rows().where(cache.c.mailchimp_list_id == list_id, cache.c.civicrm_contact_id.is_not(None))
    if contact_ids is not None:
        query = query.where(cache.c.civicrm_contact_id.in_(contact_ids))
    else:
        query = query.where(cache.c.mailchimp_status.in_([status.value for status in SUBSCRIBED_STATUSES]))
    return tx.execute(query.order_by(cache.c.id).limit(limit)).mappings().all()


def rows_with_data(tx: Connection, row_ids: Sequence[int]) -> Sequence[RowMapping]:
    """Return the given rows that have a contact, with the same columns."""
    query = _rows().where(cache.c.id.in_(row_ids), cache.c.civicrm_contact_id.is_not(None))
    return tx.execute(query.order_by(cache.c.id)).mappings().all()


def _rows() -> Select[Any]:
    known = (
        cache.c.id,
        cache.c.civicrm_contact_id,
        cache.c.mailchimp_email,
        cache.c.mailchimp_status,
        cache.c.mailchimp_data,
    )
    return select(*known, data.c.confirmed, data.c.wanted, data.c.refused).outerjoin(
        data, data.c.cache_id == cache.c.id
    )


def data_of_rows(tx: Connection, row_ids: Sequence[int]) -> dict[int, RowMapping]:
    """Return confirmed, wanted and refused of rows, by row id."""
    query = select(data).where(data.c.cache_id.in_(row_ids))
    return {row["cache_id"]: row for row in tx.execute(query).mappings()}


def waiting_rows(tx: Connection, row_ids: Sequence[int]) -> set[int]:
    """Return which of the rows have something waiting to be sent."""
    query = select(data.c.cache_id).where(data.c.cache_id.in_(row_ids), data.c.wanted.is_not(None))
    return set(tx.execute(query).scalars())


def write_data(tx: Connection, rows: Sequence[Row]) -> None:
    """Set columns of rows by `cache_id`; rows may set different columns."""
    by_columns: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        by_columns.setdefault(tuple(row), []).append(row)
    for same in by_columns.values():
        upsert(tx, data, same, keys=("cache_id",))


def forget_wanted_data(tx: Connection, row_ids: Sequence[int]) -> None:
    """Nothing waits for these rows any more."""
    tx.execute(update(data).where(data.c.cache_id.in_(row_ids), data.c.wanted.is_not(None)).values(wanted=None))
