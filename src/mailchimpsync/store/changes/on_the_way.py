"""How many updates are on their way to Mailchimp, and by which lanes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, and_, case, func, select

from mailchimpsync.store.changes import updates
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import batch, cache, update


class ClaimedUpdates(NamedTuple):
    """The open updates of a batch or chunk, and how many of its operations Mailchimp had done when last asked."""

    lane: str
    lane_reason: str | None
    number: int
    finished_operations: int


class UnsentNumbers(NamedTuple):
    """How many updates are in no batch: opt-outs, those that may go in bulk, and all others."""

    opt_outs: int
    new: int
    others: int


def claimed_updates(tx: Connection, list_id: str) -> list[ClaimedUpdates]:
    """Return the open updates that were claimed, by batch or chunk, in the order in which they were claimed."""
    query = (
        select_as(ClaimedUpdates, batch, number=func.count())
        .join(update, update.c.mailchimpsync_batch_id == batch.c.id)
        .where(batch.c.mailchimp_list_id == list_id, update.c.completed == 0)
        .group_by(batch.c.id, batch.c.lane, batch.c.lane_reason, batch.c.finished_operations)
        .order_by(batch.c.id)
    )
    return fetch(tx, ClaimedUpdates, query)


def unsent_numbers(tx: Connection, list_id: str) -> UnsentNumbers:
    """Return how many updates wait to be sent."""
    is_new = and_(~update.c.leaves, updates.may_go_in_bulk())
    query = (
        select(func.count(), func.count(case((update.c.leaves, 1))), func.count(case((is_new, 1))))
        .select_from(update.join(cache, cache.c.id == update.c.mailchimpsync_cache_id))
        .where(*updates.is_unsent(list_id))
    )
    number, opt_outs, new = tx.execute(query).one()
    return UnsentNumbers(opt_outs, new, number - opt_outs - new)
