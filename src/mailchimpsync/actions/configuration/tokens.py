"""Tokens: who may call the API over HTTP, and how much each of them may do."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import RowMapping

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.messages import say
from mailchimpsync.errors import Code, DeniedError, UsageError
from mailchimpsync.store.site import tokens

PREFIX = "mcsync_"
"""How a token begins, so that people and scanners for leaked secrets recognise it."""

MOST_CHARS = 200
_SECRET_BYTES = 32
_NAME_CHARS = 100
_MOST_DAYS = 3_650
_MOST_ID = 2**63 - 1
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Token:
    """What may be known of a token; its text is shown once, when it is made, and kept nowhere. Times are UTC."""

    id: int
    name: str
    scope: Scope
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, row: RowMapping) -> Self:
        """Return the token of a row of the table."""
        return cls(**{name: row[name] for name in cls.__slots__} | {"scope": Scope(row["scope"])})

    def state(self, now: datetime) -> str:
        """Return `valid`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


def create_token(site: Site, *, name: str, scope: Scope, expires_in_days: int | None = None, by: str) -> str:
    """Make a token and return its text, which nothing can show again.

    Args:
        site: whose API it opens.
        name: what people call it, at most 100 characters.
        scope: what it may do.
        expires_in_days: from 1 to 3,650; never without it.
        by: who made it.

    Raises:
        UsageError: the name or the number of days can't be used.
    """
    name = name.strip()
    if not name or len(name) > _NAME_CHARS or not name.isprintable():
        raise UsageError(
            say("The name of a token has 1 to %(number)s characters that can be printed.", number=_NAME_CHARS)
        )
    if expires_in_days is not None and not 1 <= expires_in_days <= _MOST_DAYS:
        raise UsageError(f"A token expires in 1 to {_MOST_DAYS} days, or never.")
    now = site.runtime.now()
    text = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    with site.store.begin() as tx:
        tokens.add_token(
            tx,
            name=name,
            token_hash=_hash(text),
            scope=scope.value,
            now=now,
            by=by,
            expires_at=now + timedelta(days=expires_in_days) if expires_in_days is not None else None,
        )
    return text


def list_tokens(site: Site) -> list[Token]:
    """Return every token, also the expired and the revoked ones, oldest first."""
    with site.store.begin() as tx:
        return [Token.of(row) for row in tokens.all_tokens(tx)]


def revoke_token(site: Site, token_id: int) -> None:
    """Make a token invalid at once, for good.

    Raises:
        UsageError: `UNKNOWN`, there is no such token.
    """
    found = 0 < token_id <= _MOST_ID
    if found:
        with site.store.begin() as tx:
            found = tokens.revoke_token(tx, token_id, site.runtime.now())
    if not found:
        raise UsageError(f"There is no token {token_id}; `mailchimpsync token list` shows them.", code=Code.UNKNOWN)


def check_token(site: Site, text: str, needed: Scope) -> Token:
    """Return the token with this text, if it may do what is needed; that it was used is noted once a minute.

    It is looked for by its hash, so that how long it takes tells nothing of how much of a guess was right.

    Raises:
        DeniedError: `TOKEN`, it is not known, expired or revoked; `SCOPE`, it may not do this.
    """
    now, wanted = site.runtime.now(), _hash(text[:MOST_CHARS])
    with site.store.begin() as tx:
        row = tokens.find_token(tx, wanted)
        if row is None or not hmac.compare_digest(row["token_hash"], wanted):
            raise DeniedError(Code.TOKEN, "The call names no token that is known here.")
        token = Token.of(row)
        if (state := token.state(now)) != "valid":
            raise DeniedError(Code.TOKEN, f"Token {token.id} is {state}.")
        if token.last_used_at is None or token.last_used_at + _USE_IS_NOTED_EVERY <= now:
            tokens.mark_used(tx, token.id, now)
    if not token.scope.includes(needed):
        raise DeniedError(Code.SCOPE, f"Token {token.id} has the scope “{token.scope}”; this needs “{needed}”.")
    return token


def _hash(text: str) -> str:
    """The text has 256 random bits, so that a hash without salt or stretching is enough."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
