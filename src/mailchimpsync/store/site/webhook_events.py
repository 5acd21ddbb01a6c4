"""Events from webhooks: a queue that loses nothing, and keeps the events of each person in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.expression import insert

from mailchimpsync.errors import Code
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import event

WAITING, DONE, IGNORED, FAILED = "waiting", "done", "ignored", "failed"
"""The states of an event."""

NOTE_LENGTH_MAX = 500


class DueEvent(NamedTuple):
    """An event to handle; `data` is what it needs of the call, such as `{"email": …}`."""

    id: int
    kind: str
    data: Mapping[str, Any]
    attempts: int


class RecentEvent(NamedTuple):
    """An event, waiting or finished, without its content; `run_id`: the run of a few members that handled it."""

    id: int
    list_id: str
    kind: str
    member_key: str | None
    other_key: str | None
    fired_at: datetime | None
    received_at: datetime
    state: str
    attempts: int
    due_at: datetime
    finished_at: datetime | None
    outcome: str | None
    note: str | None
    run_id: int | None


@dataclass(frozen=True, slots=True)
class Queue:
    """The state of the queue; `oldest` and `newest` are when the oldest and the newest waiting event came in."""

    waiting: int
    oldest: datetime | None = None
    newest: datetime | None = None


def add_event(
    tx: Connection,
    *,
    list_id: str,
    kind: str,
    fingerprint: str,
    data: Mapping[str, Any],
    now: datetime,
    member_key: str | None = None,
    other_key: str | None = None,
    fired_at: datetime | None = None,
) -> bool:
    """Store an event, unless it is known already; return whether it is new.

    Args:
        tx: within a transaction.
        list_id: the audience.
        kind: `subscribe`, `unsubscribe`, `profile`, `cleaned`, `upemail` or `batch`.
        fingerprint: SHA-256 of the call, in hexadecimal; the same call twice is one event.
        data: the data needed from it, such as `{"email": …}`.
        now: when it came in.
        member_key: `member_id_of` the address it is about; None for batches.
        other_key: likewise of the new address, if it changed.
        fired_at: when it happened, by Mailchimp's clock.
    """
    values = {
        "list_id": list_id,
        "kind": kind,
        "fingerprint": fingerprint,
        "data": dict(data),
        "received_at": now,
        "due_at": now,
        "member_key": member_key,
        "other_key": other_key,
        "fired_at": fired_at,
    }
    try:
        with tx.begin_nested():
            tx.execute(insert(event).values(values))
    except IntegrityError:
        return False
    return True


def audiences_with_events(tx: Connection, now: datetime) -> list[str]:
    """Return the audiences that have due events, the longest waiting first."""
    query = select(event.c.list_id).where(event.c.state == WAITING, event.c.due_at <= now)
    return list(tx.execute(query.group_by(event.c.list_id).order_by(func.min(event.c.id))).scalars())


def next_due(tx: Connection, list_id: str | None = None) -> datetime | None:
    """Return when the next waiting event is due, of one audience or of all; None: none is waiting."""
    mine = event.c.list_id == list_id if list_id is not None else true()
    return tx.execute(select(func.min(event.c.due_at)).where(event.c.state == WAITING, mine)).scalar_one_or_none()


def due_events(tx: Connection, list_id: str, now: datetime, limit: int) -> Sequence[DueEvent]:
    """Return the next due events of an audience, oldest first.

    An event waits for earlier ones of the same person, including postponed ones.
    """
    earlier = event.alias("earlier")
    same_person = or_(
        *(
            mine == theirs
            for mine in (event.c.member_key, event.c.other_key)
            for theirs in (earlier.c.member_key, earlier.c.other_key)
        )
    )
    put_off = select(earlier.c.id).where(
        earlier.c.state == WAITING,
        earlier.c.list_id == list_id,
        earlier.c.id < event.c.id,
        earlier.c.due_at > now,
        same_person,
    )
    query = select_as(DueEvent, event).where(
        event.c.state == WAITING, event.c.list_id == list_id, event.c.due_at <= now, ~put_off.exists()
    )
    return fetch(tx, DueEvent, query.order_by(event.c.id).limit(limit))


def finish_events(
    tx: Connection,
    ids: Sequence[int],
    now: datetime,
    state: str,
    code: Code,
    note: str = "",
    *,
    run_id: int | None = None,
) -> None:
    """Record the result of events; their content is deleted, because it names people."""
    done = {
        "state": state,
        "finished_at": now,
        "outcome": code.value,
        "note": note[:NOTE_LENGTH_MAX] or None,
        "data": None,
        "run_id": run_id,
    }
    tx.execute(update(event).where(event.c.id.in_(ids)).values(done))


def postpone_events(
    tx: Connection, ids: Sequence[int], until: datetime, code: Code, note: str = "", *, counts: bool = True
) -> None:
    """Retry events later; with `counts`, as a failed attempt."""
    attempts: ColumnElement[Any] = event.c.attempts + (1 if counts else 0)
    values = {"due_at": until, "attempts": attempts, "outcome": code.value, "note": note[:NOTE_LENGTH_MAX] or None}
    tx.execute(update(event).where(event.c.id.in_(ids)).values(values))


def queue(tx: Connection, list_id: str | None = None) -> Queue:
    """Return the state of the queue, of one audience or of all."""
    mine = event.c.list_id == list_id if list_id is not None else true()
    figures = (func.count(), func.min(event.c.received_at), func.max(event.c.received_at))
    row = tx.execute(select(*figures).where(event.c.state == WAITING, mine)).one()
    return Queue(int(row[0]), row[1], row[2])


def recent_events(tx: Connection, limit: int, list_id: str | None = None) -> Sequence[RecentEvent]:
    """Return the newest events, newest first, without their content."""
    mine = event.c.list_id == list_id if list_id is not None else true()
    return fetch(tx, RecentEvent, select_as(RecentEvent, event).where(mine).order_by(event.c.id.desc()).limit(limit))


def forget_events(tx: Connection, before: datetime) -> int:
    """Delete events that were finished before a time, and return how many."""
    return tx.execute(delete(event).where(event.c.state != WAITING, event.c.finished_at < before)).rowcount
