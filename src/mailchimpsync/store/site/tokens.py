"""Tokens for access over HTTP; only their hashes are stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, select, update

from mailchimpsync.store.schema import token

_SHOWN = [column for column in token.columns if column is not token.c.token_hash]


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


def find_token(tx: Connection, token_hash: str) -> RowMapping | None:
    """Return the token with this hash, with all columns, or None."""
    return tx.execute(select(token).where(token.c.token_hash == token_hash)).mappings().one_or_none()


def all_tokens(tx: Connection) -> Sequence[RowMapping]:
    """Return every token there ever was, oldest first, without hashes."""
    return tx.execute(select(*_SHOWN).order_by(token.c.id)).mappings().all()


def revoke_token(tx: Connection, token_id: int, now: datetime) -> bool:
    """Make a token invalid from now on; return whether there is one. Revoking twice keeps the first time."""
    tx.execute(update(token).where(token.c.id == token_id, token.c.revoked_at.is_(None)).values(revoked_at=now))
    return tx.execute(select(token.c.id).where(token.c.id == token_id)).first() is not None


def mark_used(tx: Connection, token_id: int, now: datetime) -> None:
    """Record that a token was used."""
    tx.execute(update(token).where(token.c.id == token_id).values(last_used_at=now))
