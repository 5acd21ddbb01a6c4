"""The extension's tables are read from CiviCRM's own database, which can't be changed by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from mailchimpsync.actions.takeover.switch import take_over
from mailchimpsync.actions.takeover.understanding import Source, understand
from mailchimpsync.civicrm.extension import by_database
from mailchimpsync.civicrm.extension.by_database import TablesByDatabase
from mailchimpsync.errors import BusyError, Code, ConfigurationError, StoreError
from store.databases import DRIVERS, own_database
from support.extension import serialise
from support.extension_world import LIST, WALK, ExtensionWorld

pytestmark = pytest.mark.mariadb

TABLES = {
    "cache": "id INT UNSIGNED PRIMARY KEY, mailchimp_list_id VARCHAR(32), mailchimp_member_id CHAR(32), mailchimp_email "
    "VARCHAR(255), mailchimp_status VARCHAR(20), mailchimp_updated DATETIME, mailchimp_data BLOB, civicrm_data BLOB, "
    "civicrm_groups TEXT, civicrm_contact_id INT UNSIGNED, sync_status VARCHAR(10)",
    "update": "id INT UNSIGNED PRIMARY KEY, mailchimpsync_cache_id INT UNSIGNED, mailchimpsync_batch_id INT UNSIGNED, "
    "data TEXT, completed TINYINT DEFAULT 0, error_response TEXT",
    "batch": "id INT UNSIGNED PRIMARY KEY, mailchimp_list_id VARCHAR(32), mailchimp_batch_id VARCHAR(32), "
    "status VARCHAR(20), response_processed TINYINT DEFAULT 0",
    "status": "list_id VARCHAR(32) PRIMARY KEY, data BLOB",
}


@pytest.fixture
def database(world: ExtensionWorld) -> Iterator[tuple[str, Connection]]:
    """CiviCRM's database with the extension's tables, and a connection that may write to it."""
    with own_database("mariadb") as url:
        engine = create_engine(make_url(url).set(drivername=DRIVERS["mariadb"]), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for table, columns in TABLES.items():
                connection.execute(text(f"CREATE TABLE civicrm_mailchimpsync_{table} ({columns})"))
            for one in world.civicrm.extension.cache:
                add(connection, "cache", **one)
            yield url, connection
        engine.dispose()


def add(connection: Connection, table: str, **columns: object) -> None:
    names, places = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    connection.execute(text(f"INSERT INTO civicrm_mailchimpsync_{table} ({names}) VALUES ({places})"), columns)  # noqa: S608 (its own names)


def source(world: ExtensionWorld, url: str) -> Source:
    return replace(world.source, database_url=SecretStr(url))


def test_rows_are_the_same_by_both_ways(
    world: ExtensionWorld, database: tuple[str, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_database, "ROWS_PER_PAGE", 2)
    with world.site() as site:
        by_api = understand(site, world.source)
        found = understand(site, source(world, database[0]))

    assert found.rows == by_api.rows
    assert found.rows[LIST].rows == 6


def test_a_takeover_reads_from_there(world: ExtensionWorld, database: tuple[str, Connection]) -> None:
    world.civicrm.extension.cache.clear()

    with world.site() as site:
        take_over(site, source(world, database[0]), by="ann")

    assert world.bases()["bella@example.org"] == (True, {WALK: True})


def test_nothing_can_be_written_there(world: ExtensionWorld, database: tuple[str, Connection]) -> None:
    tables = TablesByDatabase(database[0])

    with pytest.raises(OperationalError) as caught, tables._engine.begin() as connection:
        connection.execute(text("DELETE FROM civicrm_mailchimpsync_cache"))

    assert "READ ONLY" in str(caught.value)
    assert len(list(tables.pages(LIST))) == len(world.civicrm.extension.cache) // 6
    tables.close()


def test_errors_and_open_work_are_found(world: ExtensionWorld, database: tuple[str, Connection]) -> None:
    url, connection = database
    add(connection, "update", id=1, mailchimpsync_cache_id=5, completed=1, error_response="old")
    add(connection, "update", id=2, mailchimpsync_cache_id=5, completed=1, error_response="new")
    add(connection, "update", id=3, mailchimpsync_cache_id=1)
    add(connection, "batch", id=7, mailchimp_list_id=LIST, mailchimp_batch_id="abc123def4")
    tables = TablesByDatabase(url)

    work = tables.open_work([link["mailchimp_list_id"] for link in world.civicrm.extension.cache])

    assert tables.errors_of([5, 6]) == {5: "new"}
    assert (work.unsent, work.sent, len(work.batches)) == (1, 0, 1)
    tables.close()


@pytest.mark.parametrize(("minutes", "waits"), [(1, True), (31, False)])
def test_a_run_at_work_is_told_from_one_that_crashed(
    world: ExtensionWorld, database: tuple[str, Connection], minutes: int, *, waits: bool
) -> None:
    url, connection = database
    now: datetime = connection.execute(text("SELECT NOW()")).scalar_one()
    log = {0: {"time": f"{now - timedelta(minutes=minutes)}", "message": "Fetching"}}
    state = {"lastSyncTime": None, "locks": {"fetchAndReconcile": "busy"}, "log": log, "fetch": {}}
    add(connection, "status", list_id=LIST, data=serialise(state))

    with world.site() as site:
        if waits:
            with pytest.raises(BusyError):
                take_over(site, source(world, url), by="ann")
        else:
            take_over(site, source(world, url), by="ann")

    assert world.job_is_on() is waits


def test_a_database_without_the_tables_is_an_error_without_its_password(world: ExtensionWorld) -> None:
    with own_database("mariadb") as url, world.site() as site, pytest.raises(StoreError) as caught:
        take_over(site, source(world, url), by="ann")

    assert caught.value.code is Code.STORE_UNAVAILABLE
    assert world.job_is_on()


@pytest.mark.parametrize("url", ["sqlite:///x.sqlite", "nonsense", "postgresql://ann:s3cret@127.0.0.1/x"])
def test_another_kind_of_database_is_refused(world: ExtensionWorld, url: str) -> None:
    with world.site() as site, pytest.raises(ConfigurationError) as caught:
        understand(site, source(world, url))

    assert "s3cret" not in caught.value.what
