"""Problems reported to people: recorded once while they last, however many services detect them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, null, or_, select, update
from sqlalchemy.exc import IntegrityError

from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.schema import alert, event, journal, run
from mailchimpsync.store.site import webhook_events


class StoredAlert(NamedTuple):
    """A problem that was noted.

    Attributes:
        problem: its unique name.
        data: numbers and names of connections, never of people.
        tell_at: when to report it next; None: never.
        told: how often it was reported.
    """

    id: int
    problem: str
    kind: str
    list_id: str | None
    code: str | None
    data: Mapping[str, Any]
    began_at: datetime
    tell_at: datetime | None
    told: int
    told_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    recovered_at: datetime | None


def open_alerts(tx: Connection) -> list[StoredAlert]:
    """Return the open problems, oldest first."""
    query = select_as(StoredAlert, alert).where(alert.c.open_problem.is_not(None)).order_by(alert.c.id)
    return fetch(tx, StoredAlert, query)


def newest_alerts(tx: Connection, limit: int) -> list[StoredAlert]:
    """Return the newest problems, including resolved ones, newest first."""
    return fetch(tx, StoredAlert, select_as(StoredAlert, alert).order_by(alert.c.id.desc()).limit(limit))


def find_alert(tx: Connection, alert_id: int) -> StoredAlert | None:
    """Return a problem, or None."""
    return fetch_one(tx, StoredAlert, select_as(StoredAlert, alert).where(alert.c.id == alert_id))


def raise_alert(tx: Connection, problem: str, **values: Any) -> bool:
    """Record a problem, unless it is recorded already; return whether it is new."""
    try:
        with tx.begin_nested():
            tx.execute(insert(alert).values(problem=problem, open_problem=problem, **values))
    except IntegrityError:
        return False
    return True


def change_alert(tx: Connection, alert_id: int, code: str | None, values: Mapping[str, Any]) -> bool:
    """Update an open problem, unless its code has changed; return whether it was updated."""
    mine = (alert.c.id == alert_id, alert.c.open_problem.is_not(None), alert.c.code.is_not_distinct_from(code))
    return tx.execute(update(alert).where(*mine).values(dict(values))).rowcount == 1


def record_notification(tx: Connection, alert_id: int, told: int, now: datetime, again_at: datetime | None) -> bool:
    """Record that a problem is reported once more, by compare and set; return False if another process just did."""
    mine = (alert.c.id == alert_id, alert.c.told == told, alert.c.open_problem.is_not(None))
    not_known = alert.c.acknowledged_at.is_(None)
    set_ = update(alert).where(*mine, not_known).values(told=told + 1, told_at=now, tell_at=again_at)
    return tx.execute(set_).rowcount == 1


def recover_alert(tx: Connection, alert_id: int, now: datetime) -> bool:
    """Record that a problem is resolved, by compare and set; return False if another process just did."""
    mine = (alert.c.id == alert_id, alert.c.open_problem.is_not(None))
    over = update(alert).where(*mine).values(open_problem=null(), tell_at=null(), recovered_at=now)
    return tx.execute(over).rowcount == 1


def acknowledge_alert(tx: Connection, alert_id: int, now: datetime, by: str) -> bool:
    """Record that someone has acknowledged an open problem; return False if it is resolved or acknowledged already."""
    mine = (alert.c.id == alert_id, alert.c.open_problem.is_not(None), alert.c.acknowledged_at.is_(None))
    known = update(alert).where(*mine).values(acknowledged_at=now, acknowledged_by=by[:100], tell_at=null())
    return tx.execute(known).rowcount == 1


def forget_alerts(tx: Connection, before: datetime) -> int:
    """Delete problems that were resolved before a time, and return how many."""
    return tx.execute(delete(alert).where(alert.c.open_problem.is_(None), alert.c.recovered_at < before)).rowcount


def abandoned_events(tx: Connection, list_id: str, since: datetime | None) -> int:
    """Count the events of an audience that were given up after a time, None: ever."""
    query = select(func.count()).where(event.c.state == webhook_events.FAILED, event.c.list_id == list_id)
    return int(tx.execute(query if since is None else query.where(event.c.finished_at > since)).scalar_one())


def runs_since(tx: Connection, list_id: str, since: datetime) -> dict[str, int]:
    """Count an audience's runs over a whole connection since a time, by outcome; interrupted ones count as `open`."""
    query = select(run.c.outcome, func.count()).where(*_since(list_id, since), run.c.kind == "run")
    return {outcome or "open": int(number) for outcome, number in tx.execute(query.group_by(run.c.outcome))}


def changes_since(tx: Connection, list_id: str, since: datetime) -> dict[str, int]:
    """Count what an audience's runs since a time have changed, by side."""
    query = select(journal.c.side, func.count()).join(run, run.c.id == journal.c.run_id)
    of_runs = query.where(*_since(list_id, since), journal.c.list_id == list_id)
    return {side: int(number) for side, number in tx.execute(of_runs.group_by(journal.c.side))}


def last_success(tx: Connection, list_ids: Sequence[str], since: datetime) -> int | None:
    """Return the newest run over a whole connection that was completed since a time, or None."""
    done = or_(run.c.outcome == "done", run.c.outcome == "waiting")
    query = select(func.max(run.c.id)).where(run.c.list_id.in_(list_ids), run.c.kind == "run", done)
    return tx.execute(query.where(run.c.finished_at >= since)).scalar_one_or_none()


def _since(list_id: str, since: datetime) -> tuple[Any, ...]:
    return (run.c.list_id == list_id, run.c.started_at >= since)
