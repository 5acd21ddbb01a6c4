"""How calls of a run ended: the last one, and how many in a row failed the same way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import run, status


def record_success(tx: Connection, list_id: str, now: datetime, outcome: str, *, ends_failing: bool) -> None:
    """Record a call that ended without an error; one that completed its run ends a row of failures."""
    values: dict[str, object] = {"attempted_at": now, "attempt_outcome": outcome}
    if ends_failing:
        values |= {"failing_code": None, "failing_since": None, "failing_times": None}
    tx.execute(update(status).where(status.c.list_id == list_id).values(values))


def last_ended_with(tx: Connection, list_id: str, outcome: str) -> datetime | None:
    """Return when the last call ended, if it ended so."""
    query = select(status.c.attempted_at).where(status.c.list_id == list_id, status.c.attempt_outcome == outcome)
    return tx.execute(query).scalar_one_or_none()


def record_failure(tx: Connection, list_id: str, now: datetime, code: str) -> tuple[int, datetime]:
    """Record a call that ended with an error; return how many in a row ended with this one, and since when."""
    before = runs.stored_status(tx, list_id)
    is_same = before.failing_code == code and before.failing_since is not None
    times = (before.failing_times or 0) + 1 if is_same else 1
    since = before.failing_since if is_same and before.failing_since is not None else now
    values = {
        "attempted_at": now,
        "attempt_outcome": code,
        "failing_code": code,
        "failing_since": since,
        "failing_times": times,
    }
    tx.execute(update(status).where(status.c.list_id == list_id).values(values))
    return times, since


def add_failed_run(tx: Connection, list_id: str, began: datetime, now: datetime, code: str, by: str | None) -> int:
    """Store a call that failed before its run had started, and return the row's id; similar calls share one."""
    query = select(run.c.id, run.c.outcome, run.c.error_code, run.c.counts).where(
        run.c.list_id == list_id, run.c.kind == runs.WHOLE_RUN
    )
    newest = tx.execute(query.order_by(run.c.id.desc()).limit(1)).one_or_none()
    if newest is not None and newest.outcome == runs.NOT_BEGUN and newest.error_code == code:
        counts = {"attempts": (newest.counts or {}).get("attempts", 1) + 1}
        tx.execute(update(run).where(run.c.id == newest.id).values(finished_at=now, counts=counts))
        return int(newest.id)
    values = {
        "list_id": list_id,
        "started_at": began,
        "finished_at": now,
        "outcome": runs.NOT_BEGUN,
        "error_code": code,
        "begun_by": by[: runs.NAME_LENGTH_MAX] if by else None,
        "counts": {"attempts": 1},
    }
    key = tx.execute(insert(run).values(values)).inserted_primary_key
    return int(key[0]) if key else 0


def has_failed_run(tx: Connection, list_id: str, began: datetime, code: str) -> bool:
    """Return whether a run that ended since a time has an error already."""
    query = select(run.c.id).where(
        run.c.list_id == list_id,
        run.c.kind == runs.WHOLE_RUN,
        run.c.error_code == code,
        run.c.finished_at >= began,
        runs.has_run(),
    )
    return tx.execute(query.limit(1)).one_or_none() is not None
