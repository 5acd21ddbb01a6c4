"""Messages for the alert channels: an outbox that survives restarts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.schema import alert_message

WAITING, SENT, GIVEN_UP = "waiting", "sent", "given up"
"""The states of a message."""

NOTE_LENGTH_MAX = 100


class Message(NamedTuple):
    """A message; `note`: the result of the last attempt."""

    id: int
    fingerprint: str
    channel: str
    content: dict[str, Any]
    state: str
    attempts: int
    note: str | None


def add_message(tx: Connection, *, fingerprint: str, channel: str, content: Mapping[str, Any], now: datetime) -> bool:
    """Store a message to send, unless it is known already; return whether it is new."""
    values = {"fingerprint": fingerprint, "channel": channel, "content": content, "made_at": now, "due_at": now}
    if is_known(tx, fingerprint):
        return False
    try:
        with tx.begin_nested():
            tx.execute(insert(alert_message).values(values))
    except IntegrityError:
        return False
    return True


def is_known(tx: Connection, fingerprint: str) -> bool:
    """Return whether there is a message with this fingerprint, sent or not."""
    query = select(alert_message.c.id).where(alert_message.c.fingerprint == fingerprint)
    return tx.execute(query).first() is not None


def next_message(tx: Connection, now: datetime, without: Collection[str] = ()) -> Message | None:
    """Return the next due message of other channels than those, or None; the least tried and oldest first.

    So a short call doesn't spend its time on a channel that never responds.
    """
    is_due = alert_message.c.state == WAITING, alert_message.c.due_at <= now
    query = select_as(Message, alert_message).where(*is_due, alert_message.c.channel.not_in(without))
    return fetch_one(tx, Message, query.order_by(alert_message.c.attempts, alert_message.c.id).limit(1))


def claim_message(tx: Connection, message_id: int, attempts: int, due_at: datetime) -> bool:
    """Claim a message for one more attempt, by compare and set; return False if another process just did.

    If the process dies while sending, the message is retried at `due_at`.
    """
    mine = (alert_message.c.id == message_id, alert_message.c.attempts == attempts, alert_message.c.state == WAITING)
    return tx.execute(update(alert_message).where(*mine).values(attempts=attempts + 1, due_at=due_at)).rowcount == 1


def finish_message(tx: Connection, message_id: int, now: datetime, state: str, note: str = "") -> None:
    """Record that a message was sent, or given up."""
    done = {"state": state, "finished_at": now, "note": note[:NOTE_LENGTH_MAX] or None}
    tx.execute(update(alert_message).where(alert_message.c.id == message_id).values(done))


def record_failure(tx: Connection, message_id: int, note: str) -> None:
    """Record why a waiting message wasn't sent."""
    tx.execute(update(alert_message).where(alert_message.c.id == message_id).values(note=note[:NOTE_LENGTH_MAX]))


def newest_by_channel(tx: Connection) -> dict[str, Message]:
    """Return the newest message of each channel that was tried."""
    newest = select(func.max(alert_message.c.id)).where(alert_message.c.attempts > 0).group_by(alert_message.c.channel)
    found = fetch(tx, Message, select_as(Message, alert_message).where(alert_message.c.id.in_(newest)))
    return {row.channel: row for row in found}


def forget_messages(tx: Connection, before: datetime) -> int:
    """Delete messages that were sent or given up before a time, and return how many."""
    over = (alert_message.c.state != WAITING, alert_message.c.finished_at < before)
    return tx.execute(delete(alert_message).where(*over)).rowcount
