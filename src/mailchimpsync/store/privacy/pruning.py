"""Deletes old data that is no longer needed, a bounded step at a time. The journal has its own rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, select, true

from mailchimpsync.store.changes.batches import HANDLED
from mailchimpsync.store.schema import batch, log, update

ROWS_PER_STEP = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """Result of a step: how many rows it deleted, and the id after which the next one continues; None: all is done."""

    deleted: int
    after: int | None


def prune_log(tx: Connection, before: datetime, after: int) -> Step:
    """Delete log lines older than `before`."""
    return _step(tx, log, log.c.time, before, after, true())


def prune_updates(tx: Connection, before: datetime, after: int) -> Step:
    """Delete completed updates created before `before`."""
    return _step(tx, update, update.c.created_date, before, after, update.c.completed != 0)


def prune_batches(tx: Connection, before: datetime, after: int) -> Step:
    """Delete batches created before `before`, whose results have been read and whose updates are deleted."""
    has_updates = exists().where(update.c.mailchimpsync_batch_id == batch.c.id)
    handled = and_(batch.c.response_processed >= HANDLED, ~has_updates)
    return _step(tx, batch, batch.c.created_date, before, after, handled)


def _step(
    tx: Connection, table: Table, time: ColumnElement[datetime], before: datetime, after: int, done: ColumnElement[bool]
) -> Step:
    """Process the next rows in order of their ids, which is that of their times, up to the first younger one."""
    query = select(table.c.id, time.label("time"), done.label("done")).where(table.c.id > after)
    rows = tx.execute(query.order_by(table.c.id).limit(ROWS_PER_STEP)).all()
    old = [row for row in rows if row.time < before]
    ids = [row.id for row in old if row.done]
    tx.execute(delete(table).where(table.c.id.in_(ids)))
    is_last = len(old) < ROWS_PER_STEP
    return Step(len(ids), None if is_last else old[-1].id)
