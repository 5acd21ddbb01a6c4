"""The tables of the queue, which are procrastinate's: created by its own statements, and changed by its own migrations.

procrastinate numbers its migrations, and divides those of a version into two parts. What comes before its new programs
adds; what comes after them (numbers from 50 on) removes what only the old ones used. So that old and new workers can
be used side by side, the second part waits for the next call of `migrate`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, insert, select

from mailchimpsync.store.schema.fleet_tables import queue_migration

_AFTERWARDS = 50
"""The number from which on a migration comes after the new programs."""

_DUE_INDEX = """
CREATE INDEX IF NOT EXISTS mailchimpsync_jobs_due ON procrastinate_jobs (queue_name, scheduled_at)
WHERE status = 'todo'
"""
"""Without it, looking for work means reading all jobs that wait for their time: with 200,000, 66 ms instead of 1."""


def migrate_queue(begin: Callable[[], AbstractContextManager[Connection]]) -> None:
    """Create the queue's tables, or bring them up to the version of procrastinate that is installed.

    `begin` opens a transaction for the fleet that no other process can have at the same time. Each migration has one of
    its own, as PostgreSQL lets nobody use a new value of an enumeration before it is committed.
    """
    with begin() as tx:
        known = _known(tx)
        if not known:
            _execute(tx, SchemaManager.get_schema())
            tx.execute(insert(queue_migration), [{"name": file.name} for file in migrations()])
    for file in migrations() if known else ():
        with begin() as tx:
            if file.name not in _known(tx) and _is_time(file.name, known):
                _execute(tx, file.read_text(encoding="utf-8"))
                tx.execute(insert(queue_migration).values(name=file.name))
    with begin() as tx:
        _execute(tx, _DUE_INDEX)


def _known(tx: Connection) -> set[str]:
    return set(tx.execute(select(queue_migration.c.name)).scalars())


def migrations() -> Sequence[Path]:
    """Return procrastinate's migrations in their order."""
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _is_time(name: str, known: set[str]) -> bool:
    """Return whether a migration may be made now: the second part of a version, if the first was known before."""
    version, number, *_ = name.split("_")
    if int(number) < _AFTERWARDS:
        return True
    first = [file.name for file in migrations() if file.name.startswith(f"{version}_") and file.name != name]
    return all(other in known for other in first if int(other.split("_")[1]) < _AFTERWARDS)


def _execute(tx: Connection, statements: str) -> None:
    tx.exec_driver_sql(statements, execution_options={"no_parameters": True})
