"""A database of its own for the tests on each server that answers, and who can be in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine, insert, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from mailchimpsync.store.cache import members
from mailchimpsync.store.schema import cache

SERVERS: Mapping[str, tuple[str, str]] = {
    "postgres": ("MAILCHIMPSYNC_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1/postgres"),
    "mariadb": ("MAILCHIMPSYNC_TEST_MARIADB_URL", "mariadb://root@127.0.0.1/"),
}
DRIVERS = {"postgres": "postgresql+psycopg", "mariadb": "mariadb+pymysql"}

LIST = "a1b2c3d4e5"
OTHER_LIST = "f6a7b8c9d0"
RUN, NEXT_RUN = 71, 72
ANN, BOB, CHARLIE = 101, 102, 103
NEWSLETTER, EVENTS = 5, 6


def hour(number: int) -> datetime:
    return datetime(2026, 11, 20, number, 0, 0, 123456, tzinfo=UTC)


@contextmanager
def own_database(kind: str) -> Iterator[str]:
    """Make a database with a name nobody else uses, and drop it afterwards."""
    variable, default = SERVERS[kind]
    url = make_url(os.environ.get(variable, default))
    name = f"mailchimpsync_test_{uuid4().hex[:12]}"
    options = " CHARACTER SET utf8mb4" if kind == "mariadb" else ""
    try:
        _administer(kind, url, f"CREATE DATABASE {name}{options}")
    except OperationalError as error:
        absent(f"no {kind} server answers at {url.host} ({variable}): {type(error.orig).__name__}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        _administer(kind, url, f"DROP DATABASE {name}" + (" WITH (FORCE)" if kind == "postgres" else ""))


@contextmanager
def own_fleet_database() -> Iterator[str]:
    """Make a database whose user may create roles, as a fleet's should be, and drop both with all of these roles.

    Roles belong to the whole server, so the user's name is one that nobody else uses, too.
    """
    with own_database("postgres") as url:
        name, server = str(make_url(url).database), make_url(url)
        _administer("postgres", server, f"CREATE ROLE {name} LOGIN CREATEROLE NOINHERIT PASSWORD '{name}'")
        _administer("postgres", server, f"ALTER DATABASE {name} OWNER TO {name}")
        try:
            yield server.set(username=name, password=name).render_as_string(hide_password=False)
        finally:
            _administer("postgres", server, _DROP_ALL.format(user=name))


_DROP_ALL = """
DO $$ DECLARE one text; BEGIN
  FOR one IN SELECT roleid::regrole::text FROM pg_auth_members WHERE member = '{user}'::regrole LOOP
    EXECUTE format('DROP OWNED BY %%s CASCADE; DROP ROLE %%s', one, one);
  END LOOP;
  EXECUTE 'DROP OWNED BY {user} CASCADE; ALTER DATABASE {user} OWNER TO CURRENT_USER; DROP ROLE {user}';
END $$
"""


def absent(why: str) -> None:
    if os.environ.get("MAILCHIMPSYNC_REQUIRE_ALL") == "1":
        pytest.fail(f"{why}; MAILCHIMPSYNC_REQUIRE_ALL is set")
    pytest.skip(why)


def _administer(kind: str, url: URL, statement: str) -> None:
    engine = create_engine(url.set(drivername=DRIVERS[kind]), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def member(name: str, status: str = "subscribed", **columns: Any) -> dict[str, Any]:
    """A member as the fetch hands it over."""
    changed_at = columns.pop("changed_at", hour(8))
    return {
        "identity": f"m:{name}",
        "mailchimp_member_id": name,
        "mailchimp_contact_id": f"mc-{name}",
        "mailchimp_email": f"{name}@example.org",
        "mailchimp_status": status,
        "mailchimp_status_date": changed_at,
        "mailchimp_updated": changed_at,
        "mailchimp_opted_in": None,
        "mailchimp_data": {"first_name": name, "last_name": ""},
        "mailchimp_interests": {},
        **columns,
    }


def store_members(tx: Connection, rows: list[dict[str, Any]], *, list_id: str = LIST, run_id: int = RUN) -> None:
    members.store_members(tx, list_id, run_id, rows)


def add_row(tx: Connection, **columns: Any) -> int:
    """A cache row as it may have become, by default of nobody in particular."""
    values = {"mailchimp_list_id": LIST, "identity": f"x:{uuid4().hex}", "sync_status": "ok", **columns}
    key = tx.execute(insert(cache).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def row_of(tx: Connection, name: str, list_id: str = LIST) -> dict[str, Any]:
    """The row of a member, as a mapping of its columns."""
    query = select(cache).where(cache.c.mailchimp_list_id == list_id, cache.c.identity == f"m:{name}")
    return dict(tx.execute(query).mappings().one())


def row(tx: Connection, row_id: int) -> dict[str, Any]:
    return dict(tx.execute(select(cache).where(cache.c.id == row_id)).mappings().one())


def identities(tx: Connection) -> set[str]:
    return set(tx.execute(select(cache.c.identity)).scalars())
