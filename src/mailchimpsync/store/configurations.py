"""Versions of the configuration: the document as it was saved, secrets encrypted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from mailchimpsync.store.schema import configuration


def newest_configuration(tx: Connection) -> Any:
    """Return the document saved last, or None."""
    query = select(configuration.c.document).order_by(configuration.c.version.desc()).limit(1)
    return tx.execute(query).scalar_one_or_none()


def newest_version(tx: Connection) -> int:
    """Return the number of the version saved last, 0 if there is none."""
    return int(tx.execute(select(func.coalesce(func.max(configuration.c.version), 0))).scalar_one())


def save_configuration(tx: Connection, document: Any, now: datetime, by: str) -> int:
    """Save a new version and return its number."""
    saved = tx.execute(insert(configuration).values(document=document, saved_at=now, saved_by=by))
    key = saved.inserted_primary_key
    return int(key[0]) if key else 0
