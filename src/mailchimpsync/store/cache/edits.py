"""Single rows as changed through the API by a person or another program: read, added, changed, deleted.

They are mappings, not types: the caller names the table, and the API shows every column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, delete, func, insert, select
from sqlalchemy import update as sql_update

from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import batch, cache, update
from mailchimpsync.store.schema import change as change_table


class RecentUpdate(NamedTuple):
    """An update of a row, and how far its batch is."""

    cache_id: int
    id: int
    data: Mapping[str, Any]
    completed: int
    error_response: str | None
    created_date: datetime
    submitted_at: datetime | None
    completed_at: datetime | None
    batch_status: str | None


def row(tx: Connection, table: Table, row_id: int) -> dict[str, Any] | None:
    """Return a row by its id."""
    found = tx.execute(select(table).where(table.c.id == row_id)).mappings().one_or_none()
    return dict(found) if found else None


def add(tx: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """Add a row and return its id."""
    key = tx.execute(insert(table).values(values)).inserted_primary_key
    return int(key[0]) if key else 0


def change(tx: Connection, table: Table, row_id: int, values: Mapping[str, Any]) -> None:
    """Set columns of a row, if any are given."""
    if values:
        tx.execute(sql_update(table).where(table.c.id == row_id).values(values))


def remove(tx: Connection, table: Table, row_id: int) -> None:
    """Delete a row, and everything that depends on it: the updates of a cache row or of a batch."""
    tx.execute(delete(table).where(table.c.id == row_id))


def drop_plan_of(tx: Connection, cache_id: int) -> None:
    """Drop what an interrupted run has planned for a row; the next run decides again."""
    tx.execute(delete(change_table).where(change_table.c.cache_id == cache_id))


def holder_of(tx: Connection, list_id: str, identity: str) -> int | None:
    """Return the id of the row that has this identity."""
    query = select(cache.c.id).where(cache.c.mailchimp_list_id == list_id, cache.c.identity == identity)
    return tx.execute(query).scalar_one_or_none()


def open_update_of(tx: Connection, cache_id: int) -> int | None:
    """Return the id of a row's open update."""
    return tx.execute(select(update.c.id).where(update.c.open_row == cache_id)).scalar_one_or_none()


def count_open_updates_of(tx: Connection, batch_id: int) -> int:
    """Return how many updates of a batch have no result."""
    query = select(func.count()).where(update.c.mailchimpsync_batch_id == batch_id, update.c.completed == 0)
    return int(tx.execute(query).scalar_one())


def newest_updates(tx: Connection, cache_ids: Sequence[int], number: int) -> dict[int, list[RecentUpdate]]:
    """Return the newest updates of rows, newest first."""
    place = func.row_number().over(partition_by=update.c.mailchimpsync_cache_id, order_by=update.c.id.desc())
    ranked = select(update.c.id, place.label("place")).where(update.c.mailchimpsync_cache_id.in_(cache_ids)).subquery()
    query = (
        select_as(RecentUpdate, update, batch, cache_id=update.c.mailchimpsync_cache_id, batch_status=batch.c.status)
        .select_from(update)
        .join(ranked, ranked.c.id == update.c.id)
        .outerjoin(batch, batch.c.id == update.c.mailchimpsync_batch_id)
        .where(ranked.c.place <= number)
        .order_by(update.c.id.desc())
    )
    found: dict[int, list[RecentUpdate]] = {}
    for one in fetch(tx, RecentUpdate, query):
        found.setdefault(one.cache_id, []).append(one)
    return found
