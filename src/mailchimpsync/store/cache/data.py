"""What goes to Mailchimp besides subscriptions: confirmed, wanted and refused, by cache row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, exists, func, or_, select, update

from mailchimpsync.model import SUBSCRIBED_STATUSES, Departure, GroupStatus, SyncStatus
from mailchimpsync.store.engine.dialect import Row, any_of, upsert
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import cache, data, group_contact


class DataOfRow(NamedTuple):
    """What is known of a row's data for Mailchimp."""

    cache_id: int
    confirmed: Mapping[str, Any] | None
    wanted: Mapping[str, Any] | None
    refused: Mapping[str, Any] | None


class RowWithData(NamedTuple):
    """A row with a contact, and its data for Mailchimp."""

    id: int
    civicrm_contact_id: int
    mailchimp_email: str | None
    mailchimp_status: str | None
    mailchimp_data: Mapping[str, str] | None
    confirmed: Mapping[str, Any] | None
    wanted: Mapping[str, Any] | None
    refused: Mapping[str, Any] | None


def rows_to_check(tx: Connection, list_id: str, group_id: int, after: int, limit: int) -> Sequence[RowWithData]:
    """Return the next rows, by id, whose contact's data may go to Mailchimp.

    Those of subscribed and pending members, and due ones of contacts in the group, who may become members: not of
    people whom CiviCRM says not to mail, who are due for hours after each change of the group.
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
    return fetch(tx, RowWithData, query.order_by(cache.c.id).limit(limit))


def rows_to_show(tx: Connection, list_id: str, contact_ids: Sequence[int] | None, limit: int) -> Sequence[RowWithData]:
    """Return the rows of given contacts, or the first subscribed ones with a contact."""
    query = _rows().where(cache.c.mailchimp_list_id == list_id, cache.c.civicrm_contact_id.is_not(None))
    if contact_ids is not None:
        query = query.where(any_of(tx, cache.c.civicrm_contact_id, contact_ids))
    else:
        query = query.where(cache.c.mailchimp_status.in_([status.value for status in SUBSCRIBED_STATUSES]))
    return fetch(tx, RowWithData, query.order_by(cache.c.id).limit(limit))


def count_recipients(tx: Connection, list_id: str) -> int:
    """Return for how many members data may go to Mailchimp: those subscribed or pending who have a contact."""
    query = select(func.count()).where(
        cache.c.mailchimp_list_id == list_id,
        cache.c.civicrm_contact_id.is_not(None),
        cache.c.mailchimp_status.in_([status.value for status in SUBSCRIBED_STATUSES]),
    )
    return tx.execute(query).scalar_one()


def rows_with_data(tx: Connection, row_ids: Sequence[int]) -> Sequence[RowWithData]:
    """Return the given rows that have a contact."""
    query = _rows().where(any_of(tx, cache.c.id, row_ids), cache.c.civicrm_contact_id.is_not(None))
    return fetch(tx, RowWithData, query.order_by(cache.c.id))


def _rows() -> Select[RowWithData]:
    return select_as(RowWithData, cache, data).outerjoin(data, data.c.cache_id == cache.c.id)


def data_of_rows(tx: Connection, row_ids: Sequence[int]) -> dict[int, DataOfRow]:
    """Return the data of rows that have any, by row id."""
    query = select_as(DataOfRow, data).where(any_of(tx, data.c.cache_id, row_ids))
    return {row.cache_id: row for row in fetch(tx, DataOfRow, query)}


def waiting_rows(tx: Connection, row_ids: Sequence[int]) -> set[int]:
    """Return which of the rows have something waiting to be sent."""
    query = select(data.c.cache_id).where(any_of(tx, data.c.cache_id, row_ids), data.c.wanted.is_not(None))
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
    tx.execute(update(data).where(any_of(tx, data.c.cache_id, row_ids), data.c.wanted.is_not(None)).values(wanted=None))
