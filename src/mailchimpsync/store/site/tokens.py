"""Tokens for access over HTTP; only their hashes are stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.schema import token


class StoredToken(NamedTuple):
    """A token; its hash is only compared, never shown."""

    id: int
    name: str
    token_hash: str
    scope: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


def add_token(
    tx: Connection, *, name: str, token_hash: str, scope: str, now: datetime, by: str, expires_at: datetime | None
) -> int:
    """Store a token and return its number."""
    values = {
        "name": name,
        "token_hash": token_hash,
        "scope": scope,
        "created_at": now,
        "created_by": by,
        "expires_at": expires_at,
    }
    key = tx.execute(insert(token).values(values)).inserted_primary_key
    return int(key[0]) if key else 0


def find_token(tx: Connection, token_hash: str) -> StoredToken | None:
    """Return the token with this hash, or None."""
    return fetch_one(tx, StoredToken, select_as(StoredToken, token).where(token.c.token_hash == token_hash))


def all_tokens(tx: Connection) -> Sequence[StoredToken]:
    """Return every token there ever was, oldest first."""
    return fetch(tx, StoredToken, select_as(StoredToken, token).order_by(token.c.id))


def revoke_token(tx: Connection, token_id: int, now: datetime) -> bool:
    """Make a token invalid from now on; return whether there is one. Revoking twice keeps the first time."""
    tx.execute(update(token).where(token.c.id == token_id, token.c.revoked_at.is_(None)).values(revoked_at=now))
    return tx.execute(select(token.c.id).where(token.c.id == token_id)).first() is not None


def mark_used(tx: Connection, token_id: int, now: datetime) -> None:
    """Record that a token was used."""
    tx.execute(update(token).where(token.c.id == token_id).values(last_used_at=now))
