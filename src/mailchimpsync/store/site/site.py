"""Data about the site as a whole."""

from __future__ import annotations

from sqlalchemy import Connection, select

from mailchimpsync.store.engine.dialect import upsert
from mailchimpsync.store.schema import site

MARK = "mark"
"""The name of the site's random mark, which is part of what it sends to Mailchimp."""


def site_value(tx: Connection, name: str) -> str | None:
    """Return a value, None where there is none."""
    return tx.execute(select(site.c.value).where(site.c.name == name)).scalar_one_or_none()


def set_if_missing(tx: Connection, name: str, value: str) -> str:
    """Store a value, unless there is one already, and return the stored one."""
    upsert(
        tx, site, [{"name": name, "value": value}], keys=("name",), assign=lambda old, _new: [("value", old["value"])]
    )
    return site_value(tx, name) or value
