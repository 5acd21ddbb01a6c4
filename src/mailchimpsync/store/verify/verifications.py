"""Verifications: when both sides were compared in full, and the findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, null, select, update

from mailchimpsync.store.schema import verification


def begin_verification(tx: Connection, list_id: str, now: datetime, by: str) -> int:
    """Record that a comparison has started, and return its id."""
    key = tx.execute(insert(verification).values(list_id=list_id, started_at=now, made_by=by)).inserted_primary_key
    return int(key[0]) if key else 0


def finish_verification(tx: Connection, verification_id: int, list_id: str, **found: Any) -> None:
    """Store the findings. The people who differ are stored for the newest one only."""
    older = (verification.c.list_id == list_id, verification.c.id != verification_id)
    tx.execute(update(verification).where(*older).values(differences=null()))
    tx.execute(update(verification).where(verification.c.id == verification_id).values(**found))


def newest_verification(tx: Connection, list_id: str) -> RowMapping | None:
    """Return the newest completed comparison, or None."""
    query = select(verification).where(verification.c.list_id == list_id, verification.c.finished_at.is_not(None))
    return tx.execute(query.order_by(verification.c.id.desc()).limit(1)).mappings().one_or_none()


def last_begun(tx: Connection, list_id: str) -> datetime | None:
    """Return when a comparison was last started, whatever its outcome."""
    query = select(func.max(verification.c.started_at)).where(verification.c.list_id == list_id)
    return tx.execute(query).scalar_one_or_none()


def verifications(tx: Connection, list_id: str, limit: int) -> Sequence[RowMapping]:
    """Return the newest completed comparisons, newest first."""
    query = select(verification).where(verification.c.list_id == list_id, verification.c.finished_at.is_not(None))
    return tx.execute(query.order_by(verification.c.id.desc()).limit(limit)).mappings().all()


def forget_verifications(tx: Connection, before: datetime) -> int:
    """Delete comparisons started before a time, except the newest of each audience; return how many."""
    newest = select(func.max(verification.c.id)).where(verification.c.finished_at.is_not(None))
    kept = select(newest.group_by(verification.c.list_id).subquery().c[0])
    old = delete(verification).where(verification.c.started_at < before, verification.c.id.not_in(kept))
    return tx.execute(old).rowcount
