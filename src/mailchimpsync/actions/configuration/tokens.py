"""API tokens: who may call the API over HTTP, and what each token may do."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.errors import Code, DeniedError, UsageError
from mailchimpsync.messages import say
from mailchimpsync.runtime import Runtime
from mailchimpsync.store import Database
from mailchimpsync.store.site import tokens
from mailchimpsync.store.site.tokens import StoredToken

PREFIX = "mcsync_"
"""The start of every token, by which people and scanners for leaked secrets recognise it."""

CHARS_MAX = 200
_SECRET_BYTES = 32
_NAME_CHARS_MAX = 100
_DAYS_MAX = 3_650
_ID_MAX = 2**63 - 1
_LAST_USE_INTERVAL = timedelta(minutes=1)


class Owner(Protocol):
    """What tokens give access to: a site, or what is a fleet's own."""

    @property
    def store(self) -> Database:
        """Its tables."""
        ...

    @property
    def runtime(self) -> Runtime:
        """Its clock."""
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """What is stored about a token; its text is shown once, when it is created, and never stored. Times are UTC."""

    id: int
    name: str
    scope: Scope
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, row: StoredToken) -> Self:
        """Return the token of a row of the table."""
        return cls(
            row.id,
            row.name,
            Scope(row.scope),
            row.created_at,
            row.created_by,
            row.expires_at,
            row.revoked_at,
            row.last_used_at,
        )

    def state(self, now: datetime) -> str:
        """Return `valid`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


def create_token(owner: Owner, *, name: str, scope: Scope, expires_in_days: int | None = None, by: str) -> str:
    """Create a token and return its text, which can't be shown again.

    Args:
        owner: the site or the fleet that it gives access to.
        name: a name for people, at most 100 characters.
        scope: what it may do.
        expires_in_days: from 1 to 3,650; None: it never expires.
        by: who created it.

    Raises:
        UsageError: the name or the number of days can't be used.
    """
    name = name.strip()
    if not name or len(name) > _NAME_CHARS_MAX or not name.isprintable():
        raise UsageError(say("The name of a token has 1 to %(number)s printable characters.", number=_NAME_CHARS_MAX))
    if expires_in_days is not None and not 1 <= expires_in_days <= _DAYS_MAX:
        raise UsageError(say("A token expires in 1 to %(days)s days, or never.", days=_DAYS_MAX))
    now = owner.runtime.now()
    text = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    with owner.store.begin() as tx:
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


def list_tokens(owner: Owner) -> list[Token]:
    """Return every token, oldest first, including expired and revoked ones."""
    with owner.store.begin() as tx:
        return [Token.of(row) for row in tokens.all_tokens(tx)]


def revoke_token(owner: Owner, token_id: int) -> None:
    """Revoke a token, immediately and permanently.

    Raises:
        UsageError: `UNKNOWN`, there is no such token.
    """
    found = 0 < token_id <= _ID_MAX
    if found:
        with owner.store.begin() as tx:
            found = tokens.revoke_token(tx, token_id, owner.runtime.now())
    if not found:
        raise UsageError(
            say("There is no token %(id)s; `mailchimpsync token list` shows them.", id=token_id), code=Code.UNKNOWN
        )


def check_token(owner: Owner, text: str, needed: Scope) -> Token:
    """Return the token with this text if its scope is sufficient; its last use is noted once a minute.

    It is found by its hash, so that the time this takes reveals nothing about how close a guess was.

    Raises:
        DeniedError: `TOKEN`, it is unknown, expired or revoked; `SCOPE`, its scope is not sufficient.
    """
    now, wanted = owner.runtime.now(), _hash(text[:CHARS_MAX])
    with owner.store.begin() as tx:
        row = tokens.find_token(tx, wanted)
        if row is None or not hmac.compare_digest(row.token_hash, wanted):
            raise DeniedError(Code.TOKEN, "The call has no valid token.")
        token = Token.of(row)
        if (state := token.state(now)) != "valid":
            raise DeniedError(Code.TOKEN, say("Token %(id)s is %(state)s.", id=token.id, state=state))
        if token.last_used_at is None or token.last_used_at + _LAST_USE_INTERVAL <= now:
            tokens.mark_used(tx, token.id, now)
    if not token.scope.includes(needed):
        raise DeniedError(
            Code.SCOPE,
            say(
                "Token %(id)s has the scope “%(scope)s”; this needs “%(needed)s”.",
                id=token.id,
                scope=token.scope,
                needed=needed,
            ),
        )
    return token


def _hash(text: str) -> str:
    """The text has 256 random bits, so that a hash without salt or stretching is enough."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
