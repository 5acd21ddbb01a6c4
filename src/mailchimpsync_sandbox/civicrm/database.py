"""The embedded database: one SQLite connection behind a lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from mailchimpsync_sandbox.civicrm.entities.entities import TABLES
from mailchimpsync_sandbox.civicrm.entities.seeding import build
from mailchimpsync_sandbox.civicrm.errors import ApiError
from mailchimpsync_sandbox.civicrm.query.folding import fold, regexp
from mailchimpsync_sandbox.civicrm.query.zones import Zones

T = TypeVar("T")

ADMIN_CONTACT_ID = 2


class Database:
    """A connection, its lock, and the site's time.

    All times in timestamps are UTC, `YYYY-MM-DD HH:MM:SS`. One thread at a time may hold the database: `transaction`.
    """

    def __init__(self, path: Path | None, now: Callable[[], datetime]) -> None:
        self._now = now
        self.zones = Zones()
        self._lock = RLock()
        self._depth = 0
        self.tables = TABLES
        self.connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        _add_functions(self.connection, self.utc_now)
        self.connection.create_function("shown_time", 1, lambda utc: None if utc is None else self.local_from_utc(utc))
        if path is None:
            self.connection.deserialize(_template())
        else:
            self._open_file()
        self.connection.execute("PRAGMA foreign_keys = ON")

    def _open_file(self) -> None:
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = OFF")
        if not self.rows("SELECT 1 FROM sqlite_master LIMIT 1"):
            build(self.connection)

    def close(self) -> None:
        """Close the connection; the database cannot be used any more."""
        with self._lock:
            self.connection.close()

    def load(self, work: Callable[[], T]) -> T:
        """Do work in a transaction that any error undoes as a whole."""
        with self._lock:
            self.connection.execute("BEGIN")
            try:
                done = work()
                self.connection.execute("COMMIT")
            except BaseException as error:
                self.connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.IntegrityError):
                    raise _as_api_error(error) from error
                raise
            return done

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the database. After an `ApiError` what was written stays, as in CiviCRM; any other error undoes it."""
        with self._lock:
            if self._depth:
                yield
                return
            self.connection.execute("BEGIN")
            self._depth += 1
            try:
                yield
            except ApiError:
                self.connection.execute("COMMIT")
                raise
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            else:
                self.connection.execute("COMMIT")
            finally:
                self._depth -= 1

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """Undo what is done within, inside a transaction; as in MySQL, ids given out are not given again."""
        self.connection.execute("SAVEPOINT undone")
        try:
            yield
        finally:
            given = self.rows("SELECT name, seq FROM sqlite_sequence")
            self.connection.execute("ROLLBACK TO undone")
            self.connection.execute("RELEASE undone")
            self.connection.execute("DELETE FROM sqlite_sequence")
            self.execute_many("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", given)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query.

        Raises:
            ApiError: the query makes no sense to the database.
        """
        try:
            return self.connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            raise ApiError("DB Error: syntax error") from error

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a statement and return the id of the row it inserted, if it did.

        Raises:
            ApiError: a constraint is broken; the message is CiviCRM's.
        """
        try:
            return self.connection.execute(sql, values).lastrowid or 0
        except sqlite3.IntegrityError as error:
            raise _as_api_error(error) from error

    def execute_many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each set of values.

        Raises:
            ApiError: a constraint is broken; the message is CiviCRM's.
        """
        try:
            self.connection.executemany(sql, values)
        except sqlite3.IntegrityError as error:
            raise _as_api_error(error) from error

    def now(self) -> datetime:
        """Return the sandbox clock's time."""
        return self._now()

    def utc_now(self) -> str:
        """Return the sandbox clock's time in UTC, as timestamps are kept."""
        return as_text(self._now())

    def local_now(self) -> str:
        """Return the site's time."""
        return as_text(self.zones.wall_clock(self._now()))

    def wall_clock(self, utc: str) -> str:
        """Return the site's wall-clock time at a timestamp's moment."""
        return as_text(self.zones.wall_clock(_moment(utc)))

    def local_from_utc(self, utc: str) -> str:
        """Return a timestamp as the database session shows it."""
        return as_text(self.zones.shown(_moment(utc), self._now()))

    def to_utc(self, local: str) -> str:
        """Return the UTC text of a time as the database session understands it.

        Raises:
            ValueError: it is no date or time.
        """
        return as_text(self.zones.moment(datetime.fromisoformat(local), self._now()))


def as_text(moment: datetime) -> str:
    """Return `YYYY-MM-DD HH:MM:SS`, without conversion."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _moment(utc: str) -> datetime:
    return datetime.fromisoformat(utc).replace(tzinfo=UTC)


def _as_api_error(error: sqlite3.IntegrityError) -> ApiError:
    exists = "UNIQUE" in str(error) or "PRIMARY KEY" in str(error)
    return ApiError("DB Error: already exists" if exists else "DB Error: constraint violation")


def _add_functions(connection: sqlite3.Connection, utc_now: Callable[[], str]) -> None:
    connection.create_function("fold", 1, fold, deterministic=True)
    connection.create_function("regexp", 2, regexp, deterministic=True)
    connection.create_function("utc_now", 0, utc_now)


@cache
def _template() -> bytes:
    """Return a fresh site's database; made once a process, because a simulation makes thousands of sites."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _add_functions(connection, lambda: "2026-01-01 00:00:00")
    build(connection)
    made = connection.serialize()
    connection.close()
    return made
