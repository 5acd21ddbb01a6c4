"""How calls of a run ended: the last one, and how many in a row failed the same way."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import run, status

FAILURES_SHARE_FOR = timedelta(days=1)
"""For this long, calls that fail in the same way before a run has started share a row of the history."""


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
    """Store a call that failed before its run had started, and return the row's id.

    Calls with the same caller and error share a row for a day, unless a run starts in between: there is at most one for
    each error, however often it occurs.
    """
    name = by[: runs.NAME_LENGTH_MAX] if by else None
    before = _similar_failure(tx, list_id, now, code, name)
    if before is not None:
        tx.execute(update(run).where(run.c.id == before).values(finished_at=now))
        count_failed_attempt(tx, before, now)
        return before
    values = {
        "list_id": list_id,
        "started_at": began,
        "finished_at": now,
        "outcome": runs.NOT_BEGUN,
        "error_code": code,
        "begun_by": name,
    }
    key = tx.execute(insert(run).values(values)).inserted_primary_key
    run_id = int(key[0]) if key else 0
    count_failed_attempt(tx, run_id, now)
    return run_id


def _similar_failure(tx: Connection, list_id: str, now: datetime, code: str, by: str | None) -> int | None:
    last_run = select(func.coalesce(func.max(run.c.id), 0)).where(
        run.c.list_id == list_id, run.c.kind == runs.WHOLE_RUN, runs.has_run()
    )
    query = select(run.c.id).where(
        run.c.list_id == list_id,
        run.c.kind == runs.WHOLE_RUN,
        run.c.id > last_run.scalar_subquery(),
        run.c.outcome == runs.NOT_BEGUN,
        run.c.error_code == code,
        run.c.begun_by == by if by is not None else run.c.begun_by.is_(None),
        run.c.started_at > now - FAILURES_SHARE_FOR,
    )
    return tx.execute(query.order_by(run.c.id.desc()).limit(1)).scalar_one_or_none()


def count_failed_attempt(tx: Connection, run_id: int, now: datetime) -> None:
    """Count a call that ended with an error before its run had started, or interrupted it."""
    counts = tx.execute(select(run.c.counts).where(run.c.id == run_id)).scalar_one_or_none() or {}
    more = {"attempts": counts.get("attempts", 0) + 1, "attempted_at": now.isoformat()}
    tx.execute(update(run).where(run.c.id == run_id).values(counts={**counts, **more}))


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
