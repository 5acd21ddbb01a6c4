"""The stand-in's database: SQLite, in memory or in a file, one connection behind a lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS counter (kind TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account (api_key TEXT PRIMARY KEY, account_id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS audience (
    list_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, web_id INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS document (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, parent TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (kind, parent, id));
CREATE TABLE IF NOT EXISTS member (
    pk INTEGER PRIMARY KEY, list_id TEXT NOT NULL REFERENCES audience ON DELETE CASCADE,
    id TEXT NOT NULL, email_address TEXT NOT NULL, address TEXT NOT NULL, unique_email_id TEXT NOT NULL,
    contact_id TEXT NOT NULL, email_type TEXT NOT NULL DEFAULT 'html', status TEXT NOT NULL,
    merge_fields TEXT NOT NULL, interests TEXT NOT NULL, ip_signup TEXT NOT NULL DEFAULT '',
    timestamp_signup TEXT NOT NULL DEFAULT '', ip_opt TEXT NOT NULL DEFAULT '', timestamp_opt TEXT NOT NULL DEFAULT '',
    last_changed TEXT NOT NULL, language TEXT NOT NULL DEFAULT '', vip INTEGER NOT NULL DEFAULT 0,
    location TEXT NOT NULL DEFAULT '{"latitude":0,"longitude":0,"gmtoff":0,"dstoff":0,"country_code":"","timezone":""}',
    permissions TEXT NOT NULL DEFAULT '', source TEXT NOT NULL DEFAULT 'API - Generic',
    origin TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', status_before TEXT NOT NULL DEFAULT '',
    confirmations INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX IF NOT EXISTS member_id ON member (list_id, id);
CREATE UNIQUE INDEX IF NOT EXISTS member_address ON member (list_id, address);
CREATE INDEX IF NOT EXISTS member_unique_email_id ON member (list_id, unique_email_id);
CREATE INDEX IF NOT EXISTS member_last_changed ON member (list_id, last_changed, status);
CREATE INDEX IF NOT EXISTS member_status ON member (list_id, status);
CREATE INDEX IF NOT EXISTS member_visible ON member (list_id) WHERE status <> 'archived';
CREATE TABLE IF NOT EXISTS tally (
    list_id TEXT NOT NULL, status TEXT NOT NULL, members INTEGER NOT NULL, PRIMARY KEY (list_id, status)) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS member_in AFTER INSERT ON member BEGIN
    INSERT INTO tally VALUES (NEW.list_id, NEW.status, 1) ON CONFLICT DO UPDATE SET members = members + 1; END;
CREATE TRIGGER IF NOT EXISTS member_out AFTER DELETE ON member BEGIN
    UPDATE tally SET members = members - 1 WHERE list_id = OLD.list_id AND status = OLD.status; END;
CREATE TRIGGER IF NOT EXISTS member_moved AFTER UPDATE OF status ON member WHEN OLD.status <> NEW.status BEGIN
    UPDATE tally SET members = members - 1 WHERE list_id = OLD.list_id AND status = OLD.status;
    INSERT INTO tally VALUES (NEW.list_id, NEW.status, 1) ON CONFLICT DO UPDATE SET members = members + 1; END;
CREATE TABLE IF NOT EXISTS forgotten (
    list_id TEXT NOT NULL, address TEXT NOT NULL, PRIMARY KEY (list_id, address)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segment (
    id INTEGER PRIMARY KEY, list_id TEXT NOT NULL REFERENCES audience ON DELETE CASCADE, name TEXT NOT NULL,
    type TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, options TEXT NOT NULL DEFAULT 'null');
CREATE INDEX IF NOT EXISTS segment_list ON segment (list_id, name COLLATE NOCASE);
CREATE TABLE IF NOT EXISTS tagging (
    member INTEGER NOT NULL REFERENCES member ON DELETE CASCADE,
    segment INTEGER NOT NULL REFERENCES segment ON DELETE CASCADE,
    added_at TEXT NOT NULL, PRIMARY KEY (member, segment)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tagging_segment ON tagging (segment, member);
CREATE TABLE IF NOT EXISTS note (
    id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member ON DELETE CASCADE, created_at TEXT NOT NULL,
    created_by TEXT NOT NULL, updated_at TEXT NOT NULL, note TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS note_member ON note (member);
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member ON DELETE CASCADE, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS event_member ON event (member);
CREATE TABLE IF NOT EXISTS batch (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, api_key TEXT NOT NULL, status TEXT NOT NULL,
    since REAL NOT NULL, submitted_at TEXT NOT NULL, completed_at TEXT NOT NULL DEFAULT '',
    total INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 0, errored INTEGER NOT NULL DEFAULT 0,
    base_url TEXT NOT NULL, ip TEXT NOT NULL, operations TEXT NOT NULL, archive BLOB);
CREATE INDEX IF NOT EXISTS batch_open ON batch (number) WHERE status <> 'finished';
"""


class Database:
    """All access is under one lock, held by a transaction from its begin to its end."""

    IntegrityError = sqlite3.IntegrityError

    def __init__(self, path: Path | None) -> None:
        self._lock = RLock()
        self._depth = 0
        self._connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False, cached_statements=512
        )
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = OFF", "foreign_keys = ON", "cache_size = -65536"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def named(self, sql: str, values: dict[str, Any]) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        with self._lock:
            row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return row

    def value(self, sql: str, *values: Any) -> Any:
        row = self.one(sql, *values)
        return row[0] if row is not None else None

    def run(self, sql: str, *values: Any) -> int:
        """Execute a writing statement and return how many rows it touched."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Iterable[Any]) -> None:
        with self._lock:
            self._connection.executemany(sql, rows)

    def version(self) -> int:
        """Return a number that is another one after every change of any row."""
        return self._connection.total_changes

    def next(self, kind: str, step: int = 1) -> int:
        """Return the first of `step` numbers of a kind that were never given before, counted from 1."""
        sql = "INSERT INTO counter VALUES (?, ?) ON CONFLICT DO UPDATE SET last = last + excluded.last RETURNING last"
        return int(self.value(sql, kind, step)) - step + 1

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another one, part of that one."""
        with self._lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth = 0
