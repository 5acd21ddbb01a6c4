"""Forgetting what nobody will look at any more, a bounded step at a time. The journal has its own rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, select, true

from mailchimpsync.store.changes.updates import HANDLED
from mailchimpsync.store.schema import batch, log, update

ROWS_PER_STEP = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: how many rows it deleted, and behind which id the next one goes on; None: all is done."""

    deleted: int
    after: int | None


def prune_log(tx: Connection, before: datetime, after: int) -> Step:
    """Delete lines of logs that are older than `before`."""
    return _step(tx, log, log.c.time, before, after, true())


def prune_updates(tx: Connection, before: datetime, after: int) -> Step:
    """Delete updates that were made before `before` and are complete."""
    return _step(tx, update, update.c.created_date, before, after, update.c.completed != 0)


def prune_batches(tx: Connection, before: datetime, after: int) -> Step:
    """Delete batches that were made before `before`, whose results have been read and whose updates are gone."""
    has_updates = exists().where(update.c.mailchimpsync_batch_id == batch.c.id)
    handled = and_(batch.c.response_processed >= HANDLED, ~has_updates)
    return _step(tx, batch, batch.c.created_date, before, after, handled)


def _step(
    tx: Connection, table: Table, time: ColumnElement[datetime], before: datetime, after: int, done: ColumnElement[bool]
) -> Step:
    """Look at the next rows in the order of their ids, which is that of their times, up to the first younger one."""
    query = select(table.c.id, time.label("time"), done.label("done")).where(table.c.id > after)
    rows = tx.execute(query.order_by(table.c.id).limit(ROWS_PER_STEP)).all()
    old = [row for row in rows if row.time < before]
    ids = [row.id for row in old if row.done]
    tx.execute(delete(table).where(table.c.id.in_(ids)))
    is_last = len(old) < ROWS_PER_STEP
    return Step(len(ids), None if is_last else old[-1].id)
