"""Verifications: when both sides were compared in full, and the findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, func, insert, null, select, update

from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.schema import verification


class Verification(NamedTuple):
    """A completed comparison; `differences`: the first ones, of the newest comparison only."""

    id: int
    list_id: str
    started_at: datetime
    made_by: str
    finished_at: datetime
    members: int
    subscribed: int
    in_group: int
    explained: int
    unexplained: int
    counts: Sequence[dict[str, Any]]
    differences: Sequence[dict[str, Any]] | None


def begin_verification(tx: Connection, list_id: str, now: datetime, by: str) -> int:
    """Record that a comparison has started, and return its id."""
    key = tx.execute(insert(verification).values(list_id=list_id, started_at=now, made_by=by)).inserted_primary_key
    return int(key[0]) if key else 0


def finish_verification(tx: Connection, verification_id: int, list_id: str, **found: Any) -> None:
    """Store the findings. The people who differ are stored for the newest one only."""
    older = (verification.c.list_id == list_id, verification.c.id != verification_id)
    tx.execute(update(verification).where(*older).values(differences=null()))
    tx.execute(update(verification).where(verification.c.id == verification_id).values(**found))


def newest_verification(tx: Connection, list_id: str) -> Verification | None:
    """Return the newest completed comparison, or None."""
    return fetch_one(tx, Verification, _newest(list_id).limit(1))


def last_begun(tx: Connection, list_id: str) -> datetime | None:
    """Return when a comparison was last started, whatever its outcome."""
    query = select(func.max(verification.c.started_at)).where(verification.c.list_id == list_id)
    return tx.execute(query).scalar_one_or_none()


def verifications(tx: Connection, list_id: str, limit: int) -> Sequence[Verification]:
    """Return the newest completed comparisons, newest first."""
    return fetch(tx, Verification, _newest(list_id).limit(limit))


def _newest(list_id: str) -> Select[Verification]:
    is_complete = verification.c.list_id == list_id, verification.c.finished_at.is_not(None)
    return select_as(Verification, verification).where(*is_complete).order_by(verification.c.id.desc())


def forget_verifications(tx: Connection, before: datetime) -> int:
    """Delete comparisons started before a time, except the newest of each audience; return how many."""
    newest = select(func.max(verification.c.id)).where(verification.c.finished_at.is_not(None))
    kept = select(newest.group_by(verification.c.list_id).subquery().c[0])
    old = delete(verification).where(verification.c.started_at < before, verification.c.id.not_in(kept))
    return tx.execute(old).rowcount
