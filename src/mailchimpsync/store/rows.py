"""Cache rows as the decisions need them, and what the decisions write back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, select

from mailchimpsync.model import SyncStatus
from mailchimpsync.store.dialect import Row, update_by_id
from mailchimpsync.store.schema import cache


def due_rows(tx: Connection, list_id: str, after: int, limit: int) -> Sequence[RowMapping]:
    """Return the next due rows, by id."""
    columns = [column for column in cache.c if column.name not in ("civicrm_data", "civicrm_groups", "seen_run")]
    query = (
        select(*columns)
        .where(cache.c.mailchimp_list_id == list_id, cache.c.sync_status == SyncStatus.TODO.value, cache.c.id > after)
        .order_by(cache.c.id)
        .limit(limit)
    )
    return tx.execute(query).mappings().all()


def count_due(tx: Connection, list_id: str) -> int:
    """Return how many rows are due."""
    query = select(func.count()).where(
        cache.c.mailchimp_list_id == list_id, cache.c.sync_status == SyncStatus.TODO.value
    )
    return int(tx.execute(query).scalar_one())


def siblings(tx: Connection, list_id: str, first_id: int, last_id: int) -> Sequence[Any]:
    """Return, for due rows from one id to another, the other rows of the same contact.

    Each with the columns row_id, id, mailchimp_email, mailchimp_status, mailchimp_data.
    """
    mine, other = cache.alias("mine"), cache.alias("other")
    same_contact = and_(
        other.c.mailchimp_list_id == mine.c.mailchimp_list_id,
        other.c.civicrm_contact_id == mine.c.civicrm_contact_id,
        other.c.id != mine.c.id,
    )
    query = (
        select(
            mine.c.id.label("row_id"),
            other.c.id,
            other.c.mailchimp_email,
            other.c.mailchimp_status,
            other.c.mailchimp_data,
        )
        .select_from(mine.join(other, same_contact))
        .where(
            mine.c.mailchimp_list_id == list_id,
            mine.c.sync_status == SyncStatus.TODO.value,
            mine.c.id.between(first_id, last_id),
        )
    )
    return tx.execute(query).all()


def owners_of_identities(tx: Connection, list_id: str, identities: Sequence[str]) -> dict[str, int]:
    """Return the ids of the rows that have these identities."""
    query = select(cache.c.identity, cache.c.id).where(
        cache.c.mailchimp_list_id == list_id, cache.c.identity.in_(identities)
    )
    return {row.identity: row.id for row in tx.execute(query)}


def write_rows(tx: Connection, rows: Sequence[Row]) -> None:
    """Set columns of rows by id; rows may differ in the columns they set."""
    by_columns: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        by_columns.setdefault(tuple(row), []).append(row)
    for same in by_columns.values():
        update_by_id(tx, cache, same)


def rows_by_id(tx: Connection, ids: Sequence[int]) -> dict[int, RowMapping]:
    """Return rows by id."""
    return {row["id"]: row for row in tx.execute(select(cache).where(cache.c.id.in_(ids))).mappings()}


def count_by_status(tx: Connection, list_id: str) -> dict[str, int]:
    """Return the number of rows by sync status."""
    query = (
        select(cache.c.sync_status, func.count())
        .where(cache.c.mailchimp_list_id == list_id)
        .group_by(cache.c.sync_status)
    )
    return {row.sync_status: int(row[1]) for row in tx.execute(query)}


def failures_by_reason(tx: Connection, list_id: str) -> dict[str, int]:
    """Return the number of failed rows by reason."""
    query = (
        select(cache.c.reason, func.count())
        .where(cache.c.mailchimp_list_id == list_id, cache.c.sync_status == SyncStatus.FAIL.value)
        .group_by(cache.c.reason)
    )
    return {reason or "": number for reason, number in tx.execute(query)}
