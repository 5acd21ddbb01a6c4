"""Migrates an empty SQLite database, as nearly every test does, by copying one that was migrated before.

The migrations themselves take a tenth of a second. They are tested in `store/test_store_schema.py`, where they run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache

from mailchimpsync.store import Store

migrate_really: Callable[[Store], None] = Store.migrate


def migrate(store: Store) -> None:
    """Do what `Store.migrate` does, but faster for an empty database."""
    with closing(store._engine.raw_connection()) as lent:
        if isinstance(lent.driver_connection, sqlite3.Connection) and not _tables(lent.driver_connection):
            _what_migrations_make().backup(lent.driver_connection)
            return
    migrate_really(store)


@cache
def _what_migrations_make() -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    store = Store("sqlite://")
    migrate_really(store)
    with closing(store._engine.raw_connection()) as lent:
        assert isinstance(lent.driver_connection, sqlite3.Connection)
        lent.driver_connection.backup(copy)
    store.close()
    return copy


def _tables(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
