"""Versions of the configuration: the document as it was saved, secrets encrypted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from mailchimpsync.store.schema import configuration


def newest_configuration(tx: Connection) -> Any:
    """Return the document saved last, or None."""
    query = select(configuration.c.document).order_by(configuration.c.version.desc()).limit(1)
    return tx.execute(query).scalar_one_or_none()


def save_configuration(tx: Connection, document: Any, now: datetime, by: str) -> None:
    """Save a new version."""
    tx.execute(insert(configuration).values(document=document, saved_at=now, saved_by=by))
