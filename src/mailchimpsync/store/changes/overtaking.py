"""Opt-outs that overtake updates in flight, and those that hang in a batch (docs/decisions/opt-outs-overtake.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, true
from sqlalchemy import update as sql_update

from mailchimpsync.model import IN_FLIGHT
from mailchimpsync.store.changes.batches import HANDLED
from mailchimpsync.store.changes.updates import (
    OVERTAKEN,
    SUPERSEDED,
    SentUpdate,
    add_updates,
    complete_updates,
    sent_updates,
)
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import batch, cache, update

OPT_OUT_WAIT_MAX = timedelta(minutes=10)
"""An opt-out in a batch without results for this long is sent directly as well."""


class HangingOptOut(NamedTuple):
    """An opt-out whose batch hangs."""

    id: int
    row_id: int


class _UpdateToCopy(NamedTuple):
    mailchimpsync_cache_id: int
    data: Mapping[str, Any]
    attempt: Mapping[str, Any]
    agreed: Mapping[str, Any]
    created_date: datetime
    run_id: int | None


def rows_changed_in_flight(
    tx: Connection, list_id: str, after: int, limit: int, row_ids: Sequence[int] | None = None
) -> Sequence[int]:
    """Return the next rows, by id, that changed while an update is in flight; of given rows, or of all.

    If that update removes its member already, later changes are decided after it.
    """
    query = (
        select(cache.c.id)
        .join(update, update.c.open_row == cache.c.id)
        .where(
            cache.c.mailchimp_list_id == list_id,
            cache.c.sync_status.in_([status.value for status in IN_FLIGHT]),
            cache.c.recheck,
            cache.c.id > after,
            cache.c.id.in_(row_ids) if row_ids is not None else true(),
            ~update.c.leaves,
        )
    )
    return tx.execute(query.order_by(cache.c.id).limit(limit)).scalars().all()


def hanging_opt_outs(
    tx: Connection, list_id: str, now: datetime, after: int, limit: int, *, changed: bool
) -> Sequence[HangingOptOut]:
    """Return the next opt-outs whose batch hangs, by id, of rows that have `changed` since, or haven't."""
    query = (
        select_as(HangingOptOut, update, row_id=cache.c.id)
        .join(batch, batch.c.id == update.c.mailchimpsync_batch_id)
        .join(cache, cache.c.id == update.c.mailchimpsync_cache_id)
        .where(
            batch.c.mailchimp_list_id == list_id,
            batch.c.response_processed < HANDLED,
            batch.c.created_date < now - OPT_OUT_WAIT_MAX,
            update.c.completed == 0,
            update.c.leaves,
            cache.c.recheck if changed else ~cache.c.recheck,
            update.c.id > after,
        )
    )
    return fetch(tx, HangingOptOut, query.order_by(update.c.id).limit(limit))


def send_directly(tx: Connection, update_ids: Sequence[int]) -> None:
    """Let opt-outs overtake themselves: each is queued once more, for its own request."""
    query = select_as(_UpdateToCopy, update).where(update.c.id.in_(update_ids)).order_by(update.c.id)
    hanging = fetch(tx, _UpdateToCopy, query)
    tx.execute(sql_update(update).where(update.c.id.in_(update_ids)).values(run_id=None))  # the run counts its copy
    overtake(tx, [one.mailchimpsync_cache_id for one in hanging])
    add_updates(tx, [_direct_copy(one) for one in hanging])


def _direct_copy(hanging: _UpdateToCopy) -> dict[str, Any]:
    """Return an opt-out for its own request: with the status only."""
    agreed = {name: value for name, value in hanging.agreed.items() if name != "data"}
    body = {name: hanging.data[name] for name in ("email_address", "status") if name in hanging.data}
    return {**hanging._replace(data=body, agreed=agreed)._asdict(), "open_row": hanging.mailchimpsync_cache_id}


def overtake(tx: Connection, row_ids: Sequence[int]) -> None:
    """Close the open updates of rows, so that an opt-out can replace them; their late results are ignored."""
    query = select(update.c.id, update.c.mailchimpsync_batch_id).where(update.c.open_row.in_(row_ids))
    found = tx.execute(query).all()
    complete_updates(tx, [(one.id, OVERTAKEN if one.mailchimpsync_batch_id else SUPERSEDED) for one in found])


def overtaken(tx: Connection, list_id: str, batch_ids: Sequence[int] | None = None) -> Sequence[SentUpdate]:
    """Return the overtaken updates that aren't settled, of some batches or of all."""
    query = sent_updates().where(
        update.c.error_response == OVERTAKEN,
        cache.c.mailchimp_list_id == list_id,
        batch.c.id.in_(batch_ids) if batch_ids is not None else true(),
    )
    return fetch(tx, SentUpdate, query.order_by(update.c.id))


def may_still_be_done(tx: Connection, row_ids: Sequence[int]) -> bool:
    """Return whether Mailchimp may still carry out an overtaken update of some rows."""
    query = (
        select(update.c.id)
        .join(batch, batch.c.id == update.c.mailchimpsync_batch_id)
        .where(
            update.c.mailchimpsync_cache_id.in_(row_ids),
            update.c.error_response == OVERTAKEN,
            batch.c.response_processed < HANDLED,
        )
    )
    return tx.execute(query.limit(1)).first() is not None


def close_overtaken(tx: Connection, update_ids: Sequence[int]) -> None:
    """Settle overtaken updates: their batch is over, and their members were read."""
    tx.execute(sql_update(update).where(update.c.id.in_(update_ids)).values(error_response=SUPERSEDED))
