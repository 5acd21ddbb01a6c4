"""Figures for monitoring; each is one query answered by an index, however large the audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from mailchimpsync.store.cache import rows
from mailchimpsync.store.changes import batches, updates
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import batch, event
from mailchimpsync.store.site import campaigns, webhook_events


@dataclass(frozen=True, slots=True)
class ConnectionFigures:
    """The state of a connection; `rows` by sync status."""

    rows: Mapping[str, int]
    lease_held: bool
    last_sync_time: datetime | None
    open_updates: int
    open_batches: int


@dataclass(frozen=True, slots=True)
class EventFigures:
    """The state of the event queue; `by_state` counts all stored events, including processed ones."""

    waiting: int
    oldest: datetime | None
    by_state: Mapping[str, int]


def connection_figures(tx: Connection, list_id: str) -> ConnectionFigures:
    """Return the figures of one connection."""
    stored = runs.stored_status(tx, list_id)
    unhandled = select(func.count()).where(
        batch.c.mailchimp_list_id == list_id, batch.c.response_processed < batches.HANDLED
    )
    return ConnectionFigures(
        rows=rows.count_by_status(tx, list_id),
        lease_held=stored.is_held,
        last_sync_time=stored.last_sync_time,
        open_updates=updates.count_open_updates(tx, list_id)[0],
        open_batches=tx.execute(unhandled).scalar_one(),
    )


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """Campaigns by state; `complete_at`: when the last complete import started."""

    by_state: Mapping[str, int]
    complete_at: datetime | None


def campaign_figures(tx: Connection, list_id: str) -> CampaignFigures:
    """Return the figures of an audience's campaigns."""
    before = campaigns.last_import(tx, list_id)
    return CampaignFigures(campaigns.count_by_state(tx, list_id), before.complete_at if before else None)


def event_figures(tx: Connection) -> EventFigures:
    """Return the figures of the queue."""
    queue = webhook_events.queue(tx)
    by_state = tx.execute(select(event.c.state, func.count()).group_by(event.c.state))
    return EventFigures(queue.waiting, queue.oldest, {row.state: int(row[1]) for row in by_state})
