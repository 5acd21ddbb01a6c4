"""Batches: what was sent to Mailchimp together, until its results have been read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy import update as sql_update

from mailchimpsync.errors import Code
from mailchimpsync.store.engine.dialect import any_of
from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.schema import batch, update

BEING_READ = 1
"""`response_processed` of a batch whose results are being read, or were when that was interrupted."""

HANDLED = 2
"""`response_processed` of a batch whose results have been read (docs/reference/php-extension.md#tables)."""

SLOW_AFTER = timedelta(hours=1)
"""A batch without results for this long is reported."""


class BatchRow(NamedTuple):
    """A batch, with the table's columns."""

    id: int
    mailchimp_list_id: str
    mailchimp_batch_id: str | None
    status: str | None
    created_date: datetime
    submitted_at: datetime | None
    completed_at: datetime | None
    finished_operations: int
    errored_operations: int
    total_operations: int
    response_processed: int
    mark: str | None
    foreign_ids: Sequence[str] | None
    attempts: int
    try_again_at: datetime | None
    problem: str | None
    problem_detail: str | None
    refused_code: str | None
    lane: str
    lane_reason: str | None


def open_batch(
    tx: Connection, list_id: str, update_ids: Sequence[int], now: datetime, mark: str | None = None, **values: Any
) -> int:
    """Store a batch that is about to be sent, with its updates and other columns; return its id."""
    values |= {
        "mailchimp_list_id": list_id,
        "created_date": now,
        "total_operations": len(update_ids),
        "foreign_ids": [],
        "mark": mark,
    }
    key = tx.execute(insert(batch).values(values)).inserted_primary_key
    batch_id = int(key[0]) if key else 0
    tx.execute(sql_update(update).where(any_of(tx, update.c.id, update_ids)).values(mailchimpsync_batch_id=batch_id))
    return batch_id


def set_batch(tx: Connection, batch_id: int, **values: Any) -> None:
    """Set columns of a batch."""
    tx.execute(sql_update(batch).where(batch.c.id == batch_id).values(**values))


def unhandled_batches(tx: Connection, list_id: str) -> Sequence[BatchRow]:
    """Return the batches whose results have not been read, oldest first."""
    query = (
        select_as(BatchRow, batch)
        .where(batch.c.mailchimp_list_id == list_id, batch.c.response_processed < HANDLED)
        .order_by(batch.c.id)
    )
    return fetch(tx, BatchRow, query)


@dataclass(frozen=True, slots=True)
class BatchDelay:
    """Why people wait for batches: the code, the other side's message, since when, and how many batches."""

    code: str
    detail: str
    since: datetime
    number: int


def batch_delay(tx: Connection, list_id: str, now: datetime) -> BatchDelay | None:
    """Return why batches of an audience are late; None: they are on time."""
    waiting = [row for row in unhandled_batches(tx, list_id) if row.problem or now - row.created_date > SLOW_AFTER]
    if not waiting:
        return None
    first = next((row for row in waiting if row.problem), waiting[0])
    code = first.problem or (Code.BATCH_SLOW if first.mailchimp_batch_id else Code.BATCH_UNPROVED).value
    return BatchDelay(code, first.problem_detail or "", waiting[0].created_date, len(waiting))


def batch_row(tx: Connection, batch_id: int) -> BatchRow | None:
    """Return a batch, or None."""
    return fetch_one(tx, BatchRow, select_as(BatchRow, batch).where(batch.c.id == batch_id))


def stored_batch(tx: Connection, batch_id: int) -> BatchRow:
    """Return a batch that is stored."""
    [found] = fetch(tx, BatchRow, select_as(BatchRow, batch).where(batch.c.id == batch_id))
    return found


def lists_with_open_batches(tx: Connection) -> set[str]:
    """Return the audiences that have batches whose results have not been read."""
    query = select(batch.c.mailchimp_list_id).where(batch.c.response_processed < HANDLED).distinct()
    return set(tx.execute(query).scalars())


def own_batch_ids(tx: Connection) -> set[str]:
    """Return Mailchimp's ids of all batches of ours."""
    query = select(batch.c.mailchimp_batch_id).where(batch.c.mailchimp_batch_id.is_not(None))
    return set(tx.execute(query).scalars())


def foreign_batch_ids(tx: Connection, batch_id: int) -> set[str]:
    """Return Mailchimp's ids of batches checked for a lost one that proved to be another site's."""
    found = tx.execute(select(batch.c.foreign_ids).where(batch.c.id == batch_id)).scalar_one_or_none()
    return set(found or ())


def record_foreign_batch(tx: Connection, batch_id: int, mailchimp_batch_id: str) -> None:
    """Record that a batch at Mailchimp is another site's, so that it isn't checked again."""
    set_batch(tx, batch_id, foreign_ids=sorted({*foreign_batch_ids(tx, batch_id), mailchimp_batch_id}))


def batch_of(tx: Connection, mailchimp_batch_id: str) -> BatchRow | None:
    """Return the batch with an id of Mailchimp's, or None."""
    query = select_as(BatchRow, batch).where(batch.c.mailchimp_batch_id == mailchimp_batch_id).limit(1)
    return fetch_one(tx, BatchRow, query)


def delete_batch(tx: Connection, batch_id: int) -> None:
    """Delete a batch that was never sent; its updates must have been taken back."""
    tx.execute(delete(batch).where(batch.c.id == batch_id))


def requeue_batch(tx: Connection, batch_id: int) -> int:
    """Take the open updates of a batch out of it, so that they are sent again; return how many."""
    return tx.execute(
        sql_update(update)
        .where(update.c.mailchimpsync_batch_id == batch_id, update.c.completed == 0)
        .values(mailchimpsync_batch_id=None)
    ).rowcount
