"""The site's database for Django, which keeps users, sessions and failed sign-ins beside the engine's tables."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.db import connection
from sqlalchemy import URL, make_url

from mailchimpsync.config import Settings
from mailchimpsync.errors import Code, StoreError
from mailchimpsync.messages import say

WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.05
_LOCK_FILE, _LOCK_NAME, _LOCK_NUMBER = "users.lock", "mailchimpsync_web", 5_117_341
_POSTGRESQL = f"SELECT pg_try_advisory_lock({_LOCK_NUMBER})", f"SELECT pg_advisory_unlock({_LOCK_NUMBER})"
_MARIADB = f"SELECT GET_LOCK('{_LOCK_NAME}', 0)", f"SELECT RELEASE_LOCK('{_LOCK_NAME}')"
_SQLITE_SETUP = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"


def django_database(settings: Settings) -> dict[str, Any]:
    """Return an entry of Django's `DATABASES` for the database of a site."""
    url = make_url(settings.database_url)
    match url.get_backend_name():
        case "sqlite":
            return _sqlite(url)
        case "postgresql":
            engine = "mailchimpsync.web.site_database" if settings.fleet else "django.db.backends.postgresql"
            return _server(url, engine, {})
        case _:
            return _mariadb(url)


def _sqlite(url: URL) -> dict[str, Any]:
    options = {"timeout": WAIT_SECONDS, "transaction_mode": "IMMEDIATE", "init_command": _SQLITE_SETUP}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.database or ":memory:", "OPTIONS": options}


def _mariadb(url: URL) -> dict[str, Any]:
    """Django asks for mysqlclient, which has to be compiled: PyMySQL, which the engine uses anyway, stands in."""
    import pymysql  # noqa: PLC0415 (installed where MariaDB is the database)

    pymysql.install_as_MySQLdb()
    return _server(url, "django.db.backends.mysql", {"charset": "utf8mb4", "isolation_level": "read committed"})


def _server(url: URL, engine: str, options: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in url.query.items() if isinstance(value, str)}
    return {
        "ENGINE": engine,
        "NAME": url.database or "",
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.host or "",
        "PORT": str(url.port or ""),
        "OPTIONS": {**options, **given},
    }


@contextmanager
def database_lock(settings: Settings) -> Iterator[None]:
    """Hold a lock of the database, or of a file beside SQLite's, that keeps other services waiting.

    Raises:
        StoreError: another service held it for too long.
    """
    match make_url(settings.database_url).get_backend_name():
        case "sqlite":
            with (settings.home / _LOCK_FILE).open("w") as file:  # closing it lets go
                _wait_for(lambda: _take_file(file), f"the lock of the file {file.name}")
                yield
        case "postgresql":
            with _held(_POSTGRESQL, f"advisory lock {_LOCK_NUMBER} of PostgreSQL (see pg_locks)"):
                yield
        case _:
            with _held(_MARIADB, f"lock {_LOCK_NAME} of MariaDB (see SHOW PROCESSLIST)"):
                yield


def _take_file(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _held(queries: tuple[str, str], what: str) -> Iterator[None]:
    """Hold a lock of the database server: one query takes it if it is free, another releases it."""
    take, give_back = queries

    def taken() -> bool:
        cursor.execute(take)
        return bool(cursor.fetchone()[0])

    with connection.cursor() as cursor:
        _wait_for(taken, what)
        try:
            yield
        finally:
            cursor.execute(give_back)


def _wait_for(taken: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not taken():
        if time.monotonic() > end:
            said = say(
                "Another service has locked the user tables for %(seconds)s s (%(what)s). Start again once it is up. "
                "If it hangs, stop it: that releases the lock.",
                seconds=f"{WAIT_SECONDS:g}",
                what=what,
            )
            raise StoreError(Code.STORE_LOCKED, said)
        time.sleep(_PAUSE_SECONDS)
