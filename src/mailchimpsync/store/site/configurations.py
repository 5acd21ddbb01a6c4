"""Versions of the configuration: the document as it was saved, secrets encrypted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.schema import configuration

VERSIONS_MAX = 200
"""How many versions are stored; each new one replaces the oldest."""


class StoredVersion(NamedTuple):
    """A version of the configuration, as it was saved."""

    version: int
    saved_at: datetime
    saved_by: str
    document: Any


def newest_configuration(tx: Connection) -> Any:
    """Return the document saved last, or None."""
    query = select(configuration.c.document).order_by(configuration.c.version.desc()).limit(1)
    return tx.execute(query).scalar_one_or_none()


def newest_version(tx: Connection) -> int:
    """Return the number of the version saved last, 0 if there is none."""
    return int(tx.execute(select(func.coalesce(func.max(configuration.c.version), 0))).scalar_one())


def newest_saved_at(tx: Connection) -> datetime | None:
    """Return when the newest configuration was saved; None before the first."""
    return tx.execute(select(func.max(configuration.c.saved_at))).scalar_one_or_none()


def versions(tx: Connection, limit: int) -> Sequence[StoredVersion]:
    """Return the newest versions, newest first."""
    query = select_as(StoredVersion, configuration).order_by(configuration.c.version.desc()).limit(limit)
    return fetch(tx, StoredVersion, query)


def version(tx: Connection, number: int) -> StoredVersion | None:
    """Return a version; None: there is none with this number, or no longer."""
    query = select_as(StoredVersion, configuration).where(configuration.c.version == number)
    return fetch_one(tx, StoredVersion, query)


def save_configuration(tx: Connection, document: Any, now: datetime, by: str, *, after: int) -> int | None:
    """Save a new version after the version `after`, and return its number; None: another one was saved first.

    The oldest version is deleted if there are too many.
    """
    number = after + 1
    if newest_version(tx) != after:
        return None
    try:
        with tx.begin_nested():
            tx.execute(insert(configuration).values(version=number, document=document, saved_at=now, saved_by=by[:100]))
    except IntegrityError:
        return None
    tx.execute(delete(configuration).where(configuration.c.version <= number - VERSIONS_MAX))
    return number


def reseal_documents(tx: Connection, reseal: Callable[[Any], Any]) -> int:
    """Pass every stored document to `reseal`, store the result instead, and return how many there were."""
    kept = tx.execute(select(configuration.c.version, configuration.c.document).with_for_update()).all()
    for one in kept:
        changed = update(configuration).where(configuration.c.version == one.version)
        tx.execute(changed.values(document=reseal(one.document)))
    return len(kept)
