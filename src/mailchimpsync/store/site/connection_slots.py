"""Which client uses which of an account's connections to Mailchimp, over all processes that share the database.

See docs/decisions/connections-to-mailchimp.md.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, literal, select, update

from mailchimpsync.store.engine.dialect import simulated_now, upsert, utc_moment
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import UtcDateTime, connection_slot

SLOTS = 10
"""So many requests of a user are handled at once (docs/reference/mailchimp-behaviour.md#limits-and-timeouts)."""

HELD_FOR = timedelta(minutes=5)
"""Longer than a request takes at most, and the time between two renewals."""

AFTER_A_KILL = timedelta(seconds=10)
"""How long Mailchimp may still be at work on requests of a process that was killed."""

RESERVED_FOR = timedelta(seconds=30)
UNUSED_FOR = timedelta(days=30)
"""After this time the slots of an account are forgotten: its key was replaced."""


class Slot(NamedTuple):
    """A slot: the client that holds it, with its process, and the client that gets it next; None: nobody.

    By the database's clock: `is_held` and `is_reserved` say whether that hasn't expired.
    """

    number: int
    token: str | None
    owner: str | None
    next_token: str | None
    is_held: bool
    is_reserved: bool


def locked_slots(tx: Connection, account: str) -> list[Slot]:
    """Return an account's slots in their order, for this transaction only: others wait for its end."""
    return _locked(tx, account) or _made(tx, account)


def _locked(tx: Connection, account: str) -> list[Slot]:
    now = _moment(tx)
    is_held = and_(connection_slot.c.token.is_not(None), connection_slot.c.expires > now)
    is_reserved = and_(connection_slot.c.next_token.is_not(None), connection_slot.c.next_expires > now)
    query = (
        select_as(Slot, connection_slot, is_held=is_held, is_reserved=is_reserved)
        .where(connection_slot.c.account == account)
        .order_by(connection_slot.c.number)
        .with_for_update()
    )
    return fetch(tx, Slot, query)


def _made(tx: Connection, account: str) -> list[Slot]:
    """Add an account that is used for the first time, and forget those that aren't used any more."""
    used = select(connection_slot.c.account).where(connection_slot.c.expires > _moment(tx, -UNUSED_FOR))
    tx.execute(delete(connection_slot).where(connection_slot.c.account.not_in(list(tx.execute(used).scalars()))))
    rows = [{"account": account, "number": number} for number in range(1, SLOTS + 1)]
    upsert(tx, connection_slot, rows, keys=("account", "number"), assign=lambda old, _new: [("number", old["number"])])
    return _locked(tx, account)


def hold_slots(tx: Connection, account: str, numbers: Collection[int], token: str, owner: str) -> None:
    """Hold slots, from now on or again."""
    values = {"token": token, "owner": owner, "expires": _moment(tx, HELD_FOR)}
    tx.execute(update(connection_slot).where(*_which(account, numbers)).values(values))


def give_back_slots(tx: Connection, account: str, numbers: Collection[int], token: str) -> None:
    """Hold slots no more; other clients' reservations stay. `expires` stays too, as the time of the last use."""
    values = {"token": None, "owner": None, "next_token": func.nullif(connection_slot.c.next_token, token)}
    tx.execute(update(connection_slot).where(*_which(account, numbers)).values(values))


def leave_slots(tx: Connection, account: str, token: str) -> None:
    """Give back all that a client holds, and let go what it has reserved."""
    locked_slots(tx, account)
    mine = update(connection_slot).where(connection_slot.c.account == account)
    tx.execute(mine.where(connection_slot.c.token == token).values(token=None, owner=None))
    tx.execute(mine.where(connection_slot.c.next_token == token).values(next_token=None))


def expire_slots(tx: Connection, account: str, numbers: Collection[int]) -> None:
    """Let slots of a process that has ended expire soon."""
    values = {"owner": None, "expires": _moment(tx, AFTER_A_KILL)}
    tx.execute(update(connection_slot).where(*_which(account, numbers)).values(values))


def reserve_slots(tx: Connection, account: str, numbers: Collection[int], token: str) -> None:
    """Let a client have slots once they are given back; no other client can take them for half a minute."""
    values = {"next_token": token, "next_expires": _moment(tx, RESERVED_FOR)}
    tx.execute(update(connection_slot).where(*_which(account, numbers)).values(values))


def _which(account: str, numbers: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    return connection_slot.c.account == account, connection_slot.c.number.in_(numbers)


def _moment(tx: Connection, after: timedelta = timedelta(0)) -> ColumnElement[Any]:
    now = simulated_now(tx)
    if now is not None:
        return literal(now + after, UtcDateTime())
    return utc_moment(literal(int(after.total_seconds())))
