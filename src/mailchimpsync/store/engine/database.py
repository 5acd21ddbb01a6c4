"""Opening the store, its transactions, and its migrations."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache as once
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from mailchimpsync.errors import Code, StoreError, UsageError
from mailchimpsync.messages import say
from mailchimpsync.runtime import no_room
from mailchimpsync.store.engine import dialect
from mailchimpsync.store.schema import cache, group_contact

MIGRATIONS = Path(__file__).parents[1] / "migrations"
VERSION_TABLE = "alembic_version"
_LOCKED = ("database is locked", "lock wait timeout", "deadlock", "could not obtain lock", "could not serialize")
_NOT_WRITTEN = ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_TRUNCATE")
"""SQLite's error if its second file, the log, finds no space."""

_DAMAGED = ("disk image is malformed", "file is not a database")
_FULL = ("database or disk is full", "no space left", "disk full", "the table is full")


class Store:
    """The database of one site. Safe to share between threads; every use is its own transaction."""

    def __init__(self, url: str, *, is_temporary: bool = False) -> None:
        """Take a URL such as `sqlite:///file.sqlite`, `postgresql://user@host/name` or `mariadb://user@host/name`.

        `is_temporary`: it is in the temporary directory, so that errors name that disk as full.
        """
        self._is_temporary = is_temporary
        try:
            self._engine = dialect.connect(url)
        except (ValueError, ArgumentError) as error:
            raise UsageError(say("The database URL cannot be used: %(error)s.", error=str(error))) from error
        self._turns = dialect.writer_lock(self._engine)

    def go_by(self, clock: Callable[[], datetime]) -> None:
        """Use another clock than the database's, where time is simulated."""
        self._engine.update_execution_options(**{dialect.CLOCK: clock})

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction; commit it at the end, or roll it back on any error.

        Raises:
            StoreError: the database can't be reached, is locked, or is full.
        """
        with self._turn():
            try:
                with self._engine.begin() as connection:
                    yield connection
            except DBAPIError as error:
                raise self._error(error) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a read-only transaction; it doesn't block writers, and they don't block it.

        Raises:
            StoreError: as `begin`.
        """
        if dialect.readers_block(self._engine):
            with self.begin() as connection:
                yield connection
            return
        try:
            with self._engine.execution_options(**{dialect.READ_TRANSACTION: True}).begin() as connection:
                yield connection
        except DBAPIError as error:
            raise self._error(error) from error

    def _error(self, error: DBAPIError) -> StoreError:
        found = _store_error(error)
        return no_room(found.detail) if self._is_temporary and found.code is Code.STORE_FULL else found

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._turns is None:
            yield
            return
        with ExitStack() as held:
            try:
                held.enter_context(self._turns.turn(dialect.BUSY_TIMEOUT_SECONDS))
            except TimeoutError:
                raise StoreError(Code.STORE_LOCKED, "The database stayed locked by another thread.") from None
            yield

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def refresh_statistics(self) -> None:
        """Update the database's table statistics after large changes."""
        with self.begin() as connection:
            dialect.refresh_statistics(connection, cache, group_contact)

    def migrate(self) -> None:
        """Create the tables, or bring them up to this version."""
        from mailchimpsync.store.engine.upgrade import upgrade  # noqa: PLC0415 (Alembic is slow to load)

        with self.begin() as connection:
            upgrade(connection, MIGRATIONS)

    def server(self) -> tuple[str, tuple[int, ...]]:
        """Return the database (`SQLite`, `PostgreSQL`, `MariaDB` or `MySQL`), and its version."""
        with self.begin() as connection:
            return dialect.server(connection)

    def check_integrity(self) -> None:
        """Check that the database's own file is intact; this reads all of it.

        Raises:
            StoreError: `STORE_DAMAGED`.
        """
        with self.begin() as connection:
            if (wrong := dialect.check_integrity(connection)) is not None:
                raise StoreError(Code.STORE_DAMAGED, "The database file is damaged.", detail=wrong)

    def check_schema(self) -> None:
        """Check that the tables are those of this version.

        Raises:
            StoreError: they aren't, so `migrate` has to be called first.
        """
        with self.begin() as connection:
            found = _schema_of(connection)
        if found != (wanted := newest_schema()):
            raise StoreError(
                Code.STORE_OLD,
                say(
                    "The database has schema %(found)s, this program needs %(wanted)s.",
                    found=found or "none",
                    wanted=wanted,
                ),
            )


def _schema_of(connection: Connection) -> str | None:
    """Return the schema that Alembic has recorded, without loading Alembic: every command needs it."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 (our own name)
    return found


@once
def newest_schema() -> str:
    """Return this version's schema: the number at the start of the last migration's name."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _store_error(error: DBAPIError) -> StoreError:
    text = str(error.orig).lower()
    if any(sign in text for sign in _LOCKED):
        return StoreError(Code.STORE_LOCKED, "The database stayed locked by another program.", detail=text)
    if any(sign in text for sign in _FULL) or getattr(error.orig, "errno", None) == errno.ENOSPC:
        return StoreError(Code.STORE_FULL, "The database could not be written: the disk is full.", detail=text)
    if getattr(error.orig, "sqlite_errorname", None) in _NOT_WRITTEN:
        what = say("The database could not be written: the disk is full, or has a fault.")
        return StoreError(Code.STORE_FULL, what, detail=text)
    if any(sign in text for sign in _DAMAGED):
        return StoreError(Code.STORE_DAMAGED, "The database file is damaged.", detail=text)
    kind = type(error.orig).__name__
    return StoreError(
        Code.STORE_UNAVAILABLE,
        say("The database answered with an error (%(kind)s): %(answer)s", kind=kind, answer=_first_line(text)),
        detail=text,
    )


def _first_line(text: str) -> str:
    return text.splitlines()[0][:200] if text else "no detail"
