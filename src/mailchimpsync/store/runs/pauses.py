"""Pauses of connections: while one is paused, nothing is synced (docs/decisions/pausing.md)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import status

REASON_LENGTH_MAX = 500


def pause(tx: Connection, list_id: str, now: datetime, by: str, reason: str | None) -> bool:
    """Pause a connection; return False if it was paused already, which is left as it is."""
    runs.ensure_row(tx, list_id)
    values = {
        "paused_at": now,
        "paused_by": by[: runs.NAME_LENGTH_MAX],
        "pause_reason": (reason or "")[:REASON_LENGTH_MAX] or None,
    }
    mine = update(status).where(status.c.list_id == list_id, status.c.paused_at.is_(None))
    return tx.execute(mine.values(values)).rowcount == 1


def resume(tx: Connection, list_id: str, now: datetime) -> bool:
    """Resume a connection; return False if it was not paused. A run that was interrupted is to be begun again."""
    mine = update(status).where(status.c.list_id == list_id, status.c.paused_at.is_not(None))
    return tx.execute(mine.values(paused_at=None, paused_by=None, pause_reason=None, resumed_at=now)).rowcount == 1


def is_paused(tx: Connection, list_id: str) -> bool:
    """Return whether a connection is paused."""
    query = select(status.c.list_id).where(status.c.list_id == list_id, status.c.paused_at.is_not(None))
    return tx.execute(query).one_or_none() is not None
