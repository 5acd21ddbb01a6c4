"""The site's database as Django's: it keeps users, sessions and failed sign-ins beside the engine's tables."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from sqlalchemy import URL, make_url

from mailchimpsync.config import Settings
from mailchimpsync.errors import Code, StoreError

_WAIT_SECONDS = 30
_LOCK_NAME, _LOCK_NUMBER = "mailchimpsync_web", 5_117_341
_SQLITE_SETUP = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"


def django_database(settings: Settings) -> dict[str, Any]:
    """Return an entry of Django's `DATABASES` for the database of a site."""
    url = make_url(settings.database_url)
    match url.get_backend_name():
        case "sqlite":
            return _sqlite(url)
        case "postgresql":
            return _server(url, "django.db.backends.postgresql", {})
        case _:
            return _mariadb(url)


def _sqlite(url: URL) -> dict[str, Any]:
    options = {"timeout": _WAIT_SECONDS, "transaction_mode": "IMMEDIATE", "init_command": _SQLITE_SETUP}
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
def alone(settings: Settings) -> Iterator[None]:
    """Hold the database's own lock, or that of a file beside SQLite's: no other service passes meanwhile.

    Raises:
        StoreError: another service kept it for too long.
    """
    match make_url(settings.database_url).get_backend_name():
        case "sqlite":
            with (settings.home / "users.lock").open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        case "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK_NUMBER])
                try:
                    yield
                finally:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK_NUMBER])
        case _:
            with connection.cursor() as cursor:
                cursor.execute("SELECT GET_LOCK(%s, %s)", [_LOCK_NAME, _WAIT_SECONDS])
                if cursor.fetchone() != (1,):
                    raise StoreError(Code.STORE_LOCKED, "Another service kept the tables of users locked for too long.")
                try:
                    yield
                finally:
                    cursor.execute("SELECT RELEASE_LOCK(%s)", [_LOCK_NAME])
