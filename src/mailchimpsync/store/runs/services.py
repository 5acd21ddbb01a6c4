"""The processes that run connections by their schedules: each regularly reports that it is alive."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from mailchimpsync.store.schema import service

ALIVE_FOR = timedelta(minutes=3)
"""For this long after its last report a service is considered alive."""
KEEP_SILENT_FOR = timedelta(days=1)


def record_heartbeat(tx: Connection, service_id: str, now: datetime) -> None:
    """Record that a service is alive, and forget those that haven't reported for long."""
    said = tx.execute(update(service).where(service.c.id == service_id).values(beat_at=now))
    if said.rowcount != 1:
        tx.execute(insert(service).values(id=service_id, started_at=now, beat_at=now))
        tx.execute(delete(service).where(service.c.beat_at < now - KEEP_SILENT_FOR))


def remove_service(tx: Connection, service_id: str) -> None:
    """Record that a service has ended."""
    tx.execute(delete(service).where(service.c.id == service_id))


def any_alive(tx: Connection, now: datetime) -> bool:
    """Return whether any service works by the schedules."""
    query = select(service.c.id).where(service.c.beat_at > now - ALIVE_FOR)
    return tx.execute(query.limit(1)).one_or_none() is not None
