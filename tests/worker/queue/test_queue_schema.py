"""The tables of the queue are procrastinate's, and keep up with its versions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, delete, select, text

from mailchimpsync.store.fleet.database import FleetStore
from mailchimpsync.store.fleet.queue_schema import migrate_queue, migrations
from mailchimpsync.store.schema.fleet_tables import queue_migration
from store.databases import own_fleet_database

pytestmark = pytest.mark.postgres

DESCRIPTION = """
SELECT p.proname::text, pg_get_function_arguments(p.oid), '' FROM pg_proc p
  WHERE p.pronamespace = current_schema()::regnamespace
UNION ALL SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'procrastinate%' AND c.relkind = 'r'
"""

EVERYTHING = """
SELECT 'TABLE IF EXISTS ' || tablename FROM pg_tables
  WHERE schemaname = current_schema() AND tablename LIKE 'procrastinate%'
UNION ALL SELECT 'FUNCTION IF EXISTS ' || p.oid::regprocedure::text FROM pg_proc p
  WHERE p.pronamespace = current_schema()::regnamespace
UNION ALL SELECT 'TYPE IF EXISTS ' || t.typname FROM pg_type t
  WHERE t.typnamespace = current_schema()::regnamespace AND t.typname LIKE 'procrastinate%'
  AND (t.typtype = 'e' OR (t.typtype = 'c' AND t.typname LIKE '%to_defer%'))
"""


@pytest.fixture
def store() -> Iterator[FleetStore]:
    with own_fleet_database() as url:
        store = FleetStore(url)
        store.migrate()
        yield store
        store.close()


def known(tx: Connection) -> set[str]:
    return set(tx.execute(select(queue_migration.c.name)).scalars())


def test_a_new_fleet_has_had_all_migrations(store: FleetStore) -> None:
    store.migrate()
    with store.begin() as tx:
        assert known(tx) == {file.name for file in migrations()}


def test_what_a_new_version_of_procrastinate_adds_is_added_and_what_it_removes_waits_for_the_next_call(
    store: FleetStore,
) -> None:
    """The tables are those of the version before the last, made by its migrations."""
    *old, before, after = migrations()
    assert before.name.split("_")[0] == after.name.split("_")[0]
    with store.begin() as tx:
        there = described(tx)
        drop_queue(tx)
    for file in old:
        with store.begin() as tx:
            tx.exec_driver_sql(file.read_text(encoding="utf-8"), execution_options={"no_parameters": True})
    with store.begin() as tx:
        tx.execute(delete(queue_migration).where(queue_migration.c.name.in_([before.name, after.name])))
        assert described(tx) != there
    migrate_queue(store.begin)
    with store.begin() as tx:
        assert (before.name in known(tx), after.name in known(tx)) == (True, False)
    migrate_queue(store.begin)
    with store.begin() as tx:
        assert described(tx) == there
        assert after.name in known(tx)


def described(tx: Connection) -> set[tuple[str, ...]]:
    """Return the functions and the columns of the queue."""
    return {tuple(row) for row in tx.execute(text(DESCRIPTION))}


def drop_queue(tx: Connection) -> None:
    for (what,) in tx.execute(text(EVERYTHING)).all():
        tx.exec_driver_sql(f"DROP {what} CASCADE")
