"""The site's own secrets, stored encrypted with its secret key."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, delete, select, update

from mailchimpsync.store.engine.dialect import upsert
from mailchimpsync.store.schema import secret


def secret_of(tx: Connection, name: str) -> str | None:
    """Return a secret as stored, encrypted; None: there is none."""
    return tx.execute(select(secret.c.token).where(secret.c.name == name)).scalar_one_or_none()


def save_secret(tx: Connection, name: str, token: str) -> None:
    """Store a secret, encrypted; one stored meanwhile stays."""
    row = {"name": name, "token": token}
    upsert(tx, secret, [row], keys=("name",), assign=lambda old, _new: [("token", old["token"])])


def replace_secret(tx: Connection, name: str, token: str) -> None:
    """Store a secret, encrypted, in place of one stored before."""
    upsert(tx, secret, [{"name": name, "token": token}], keys=("name",))


def forget_secret(tx: Connection, name: str) -> None:
    """Delete a secret, if there is one."""
    tx.execute(delete(secret).where(secret.c.name == name))


def reseal_secrets(tx: Connection, reseal: Callable[[str], str]) -> None:
    """Encrypt all secrets again."""
    for name, token in tx.execute(select(secret.c.name, secret.c.token)).all():
        tx.execute(update(secret).where(secret.c.name == name).values(token=reseal(token)))
