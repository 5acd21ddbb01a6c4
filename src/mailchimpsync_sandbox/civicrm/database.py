"""The embedded database: one SQLite connection behind a lock."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from mailchimpsync_sandbox.civicrm.entities import ENTITIES
from mailchimpsync_sandbox.civicrm.errors import ApiError
from mailchimpsync_sandbox.civicrm.folding import fold
from mailchimpsync_sandbox.civicrm.options import SEEDED
from mailchimpsync_sandbox.civicrm.schema import create_statements

T = TypeVar("T")

VERSION = "6.17.2"
ADMIN_CONTACT_ID = 2
TABLES = {name: entity.table for name, entity in ENTITIES.items()}

# Merges are found by activities in CiviCRM; here by a table of their own. Users are the site's, not CiviCRM's.
_OWN_TABLES = (
    "CREATE TABLE sandbox_merge (other_id INTEGER PRIMARY KEY, main_id INTEGER NOT NULL)",
    "CREATE INDEX sandbox_merge_main ON sandbox_merge (main_id)",
    "CREATE TABLE sandbox_user (key TEXT PRIMARY KEY, permissions TEXT NOT NULL, contact_id INTEGER)",
)

# CiviCRM does this by triggers too: a change to a detail of a contact is a change to the contact.
_TOUCHING_TABLES = ("civicrm_email", "civicrm_phone", "civicrm_address")


class Database:
    """A connection, its lock, and the site's time.

    All times in timestamps are UTC, `YYYY-MM-DD HH:MM:SS`. One thread at a time may hold the database: `transaction`.
    """

    def __init__(self, path: Path | None, now: Callable[[], datetime]) -> None:
        self._now = now
        self.utc_offset_minutes = 0
        self._lock = RLock()
        self._depth = 0
        self.tables = TABLES
        self.connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        _add_functions(self.connection, self.utc_now)
        if path is None:
            self.connection.deserialize(_template())
        else:
            self._open_file()
        self.connection.execute("PRAGMA foreign_keys = ON")

    def _open_file(self) -> None:
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = OFF")
        if not self.rows("SELECT 1 FROM sqlite_master LIMIT 1"):
            _build(self.connection)

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

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.connection.execute(sql, values).fetchall()

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

    def utc_now(self) -> str:
        """Return the sandbox clock's time in UTC, as timestamps are kept."""
        return as_text(self._now())

    def local_now(self) -> str:
        """Return the site's time."""
        return self.to_local(self._now())

    def to_local(self, moment: datetime) -> str:
        """Return a moment as the site shows it."""
        return as_text(moment.astimezone(UTC) + timedelta(minutes=self.utc_offset_minutes))

    def local_from_utc(self, utc: str) -> str:
        """Return a timestamp as the site shows it."""
        return as_text(datetime.fromisoformat(utc) + timedelta(minutes=self.utc_offset_minutes))

    def to_utc(self, local: str) -> str:
        """Return the UTC text of a time of the site.

        Raises:
            ValueError: it is no date or time.
        """
        return as_text(datetime.fromisoformat(local) - timedelta(minutes=self.utc_offset_minutes))


def as_text(moment: datetime) -> str:
    """Return `YYYY-MM-DD HH:MM:SS`, without conversion."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _as_api_error(error: sqlite3.IntegrityError) -> ApiError:
    exists = "UNIQUE" in str(error) or "PRIMARY KEY" in str(error)
    return ApiError("DB Error: already exists" if exists else "DB Error: constraint violation")


def _add_functions(connection: sqlite3.Connection, utc_now: Callable[[], str]) -> None:
    connection.create_function("fold", 1, fold, deterministic=True)
    connection.create_function("utc_now", 0, utc_now)


@cache
def _template() -> bytes:
    """Return a fresh site's database; made once a process, because a simulation makes thousands of sites."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    _add_functions(connection, lambda: "2026-01-01 00:00:00")
    _build(connection)
    made = connection.serialize()
    connection.close()
    return made


def _build(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    for entity in ENTITIES.values():
        for statement in create_statements(entity, TABLES):
            connection.execute(statement)
    for statement in _OWN_TABLES:
        connection.execute(statement)
    _seed(connection)
    for table in _TOUCHING_TABLES:
        _touch_contact_on_change(connection, table)
    connection.execute("COMMIT")


def _touch_contact_on_change(connection: sqlite3.Connection, table: str) -> None:
    for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        connection.execute(
            f"CREATE TRIGGER {table}_{event.lower()} AFTER {event} ON {table} BEGIN "
            f"UPDATE civicrm_contact SET modified_date = utc_now() WHERE id = {row}.contact_id; END"
        )


def _seed(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO civicrm_contact (id, contact_type, organization_name, display_name, sort_name, is_deleted, "
        "is_deceased, do_not_email, is_opt_out, created_date, modified_date) VALUES (1, 'Organization', "
        "'Default Organization', 'Default Organization', 'Default Organization', 0, 0, 0, 0, utc_now(), utc_now()), "
        "(2, 'Individual', NULL, 'admin@example.org', 'admin@example.org', 0, 0, 0, 0, utc_now(), utc_now())"
    )
    connection.execute(
        "INSERT INTO civicrm_email (contact_id, location_type_id, email, is_primary, on_hold, is_bulkmail, is_billing) "
        "VALUES (2, 1, 'admin@example.org', 1, 0, 0, 0)"
    )
    connection.execute(
        "INSERT INTO civicrm_domain (name, contact_id, version) VALUES ('Default Domain Name', 1, ?)", (VERSION,)
    )
    for name, options in SEEDED.items():
        group_id = connection.execute(
            "INSERT INTO civicrm_option_group (name, title, is_active) VALUES (?, ?, 1)", (name, name)
        ).lastrowid
        connection.executemany(
            "INSERT INTO civicrm_option_value (option_group_id, value, name, label, weight, is_active, is_reserved) "
            "VALUES (?, ?, ?, ?, ?, 1, 1)",
            [(group_id, str(one.value), one.name, one.label, weight) for weight, one in enumerate(options, 1)],
        )
    connection.executemany(
        "INSERT INTO civicrm_membership_status (name, label, is_current_member, is_admin, weight, is_active) "
        "VALUES (?, ?, ?, ?, ?, 1)",
        [
            (name, name, current, name in {"Pending", "Cancelled", "Deceased"}, weight)
            for weight, (name, current) in enumerate(
                [
                    ("New", 1),
                    ("Current", 1),
                    ("Grace", 1),
                    ("Expired", 0),
                    ("Pending", 0),
                    ("Cancelled", 0),
                    ("Deceased", 0),
                ],
                1,
            )
        ],
    )
