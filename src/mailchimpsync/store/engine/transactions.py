"""A database, and its transactions."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError

from mailchimpsync.errors import Code, StoreError, UsageError
from mailchimpsync.messages import say
from mailchimpsync.runtime import no_room
from mailchimpsync.store.engine import dialect

_LOCKED = ("database is locked", "lock wait timeout", "deadlock", "could not obtain lock", "could not serialize")
_NOT_WRITTEN = ("SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_TRUNCATE")
"""SQLite's error if its second file, the log, finds no space."""

_DAMAGED = ("disk image is malformed", "file is not a database")
_FULL = ("database or disk is full", "no space left", "disk full", "the table is full")


def connected(connect: Callable[[str], Engine], url: str) -> Engine:
    """Return the engine for a URL.

    Raises:
        UsageError: it isn't one, or is that of another database than those that can be used.
    """
    try:
        return connect(url)
    except (ValueError, ArgumentError) as error:
        raise UsageError(say("The database URL cannot be used: %(error)s.", error=str(error))) from error


class Database:
    """A database. Safe to share between threads; every use is its own transaction."""

    def __init__(self, engine: Engine, *, is_temporary: bool = False) -> None:
        """Take the engine.

        `is_temporary`: the database is in the temporary directory, so that errors name that disk as full.
        """
        self._engine = engine
        self._is_temporary = is_temporary
        self._turns = dialect.writer_lock(engine)

    @property
    def namespace(self) -> dialect.Namespace | None:
        """The role and the schema of all transactions; None: the database has one site, and they have no others."""
        found: dialect.Namespace | None = self._engine.get_execution_options().get(dialect.NAMESPACE)
        return found

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

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a read-only transaction in which all queries see the same moment.

        Raises:
            StoreError: as `begin`.
        """
        try:
            with self._engine.execution_options(**dialect.snapshot_options(self._engine)).begin() as connection:
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

    def server(self) -> tuple[str, tuple[int, ...]]:
        """Return the database (`SQLite`, `PostgreSQL`, `MariaDB` or `MySQL`), and its version."""
        with self.begin() as connection:
            return dialect.server(connection)


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
