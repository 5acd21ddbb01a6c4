"""What can go wrong with a database is told in our words, with a remedy, and without anyone's address."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from mailchimpsync.errors import Code, StoreError, UsageError
from mailchimpsync.store import Store
from mailchimpsync.store.engine import dialect
from mailchimpsync.store.schema import cache
from store.databases import LIST, add_row, identities, member, store_members

SECRET_ADDRESS = "ann.of.cleves@example.org"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


@pytest.fixture
def sqlite(file: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{file}")
    store.migrate()
    yield store
    store.close()


def test_an_error_rolls_everything_back(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as tx:
        add_row(tx, identity="m:ann", mailchimp_status=str(1 // 0))
    with store.begin() as tx:
        assert identities(tx) == set()


def test_no_address_gets_into_an_error(store: Store) -> None:
    twice = {"mailchimp_list_id": LIST, "identity": "m:ann", "mailchimp_email": SECRET_ADDRESS, "sync_status": "ok"}
    with pytest.raises(StoreError) as caught, store.begin() as tx:
        tx.execute(insert(cache), [twice, twice])

    error = caught.value
    assert error.code is Code.STORE_UNAVAILABLE
    assert SECRET_ADDRESS not in f"{error} {error.what} {error.detail} {error.__cause__}"


def test_no_address_gets_into_an_error_about_its_own_column(store: Store) -> None:
    too_long = SECRET_ADDRESS + "x" * 300
    statement = text("INSERT INTO civicrm_mailchimpsync_cache (nothing) VALUES (:address)")
    with pytest.raises(StoreError) as caught, store.begin() as tx:
        tx.execute(statement, {"address": too_long})

    assert SECRET_ADDRESS not in f"{caught.value} {caught.value.detail} {caught.value.__cause__}"


def test_a_database_that_another_program_holds_is_locked(
    sqlite: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialect, "BUSY_TIMEOUT_SECONDS", 0)
    impatient = Store(f"sqlite:///{file}")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreError) as caught, impatient.begin():
            pass
    finally:
        other.close()
        impatient.close()

    assert caught.value.code is Code.STORE_LOCKED
    assert caught.value.exit_code == 3


def test_a_full_disk_is_told_and_nothing_is_half_written(sqlite: Store) -> None:
    with sqlite.begin() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    many = [member(f"{'person' * 20}{number}") for number in range(1_000)]
    with pytest.raises(StoreError) as caught, sqlite.begin() as tx:
        store_members(tx, many)
    with sqlite.begin() as tx:
        assert identities(tx) == set()

    assert caught.value.code is Code.STORE_FULL


def test_a_full_disk_of_temporary_files_has_a_code_of_its_own(tmp_path: Path) -> None:
    scratch = Store(f"sqlite:///{tmp_path / 'scratch.sqlite'}", is_temporary=True)
    scratch.migrate()
    with scratch.begin() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    many = [member(f"{'person' * 20}{number}") for number in range(1_000)]
    with pytest.raises(StoreError) as caught, scratch.begin() as tx:
        store_members(tx, many)
    scratch.close()

    assert caught.value.code is Code.TEMPORARY_FILES


def test_a_file_that_is_no_database_is_told(file: Path) -> None:
    file.write_bytes(b"a letter to the board, and no database\n" * 100)
    store = Store(f"sqlite:///{file}")
    try:
        with pytest.raises(StoreError) as caught, store.begin():
            pass
    finally:
        store.close()

    assert caught.value.code is Code.STORE_DAMAGED


@pytest.mark.parametrize("url", ["postgresql://nobody:s3cret@127.0.0.1:1/x", "mariadb://nobody:s3cret@127.0.0.1:1/x"])
def test_a_server_that_does_not_answer_is_unavailable_and_no_password_is_told(url: str) -> None:
    store = Store(url)
    with pytest.raises(StoreError) as caught, store.begin():
        pass

    assert caught.value.code is Code.STORE_UNAVAILABLE
    assert "s3cret" not in f"{caught.value} {caught.value.detail} {caught.value.__cause__}"


@pytest.mark.parametrize("url", ["", "oracle://somewhere", "sqlserver", "mongodb://127.0.0.1/x"])
def test_another_kind_of_database_is_a_mistake_in_the_call(url: str) -> None:
    with pytest.raises(UsageError, match="database URL cannot be used") as caught:
        Store(url)

    assert caught.value.exit_code == 2


def test_a_url_that_cannot_be_read_does_not_tell_its_password() -> None:
    with pytest.raises(UsageError) as caught:
        Store("postgresql://nobody:s3cret@127.0.0.1:port/x")

    assert "s3cret" not in str(caught.value)


def test_a_damaged_file_is_told_as_such(sqlite: Store, file: Path) -> None:
    with sqlite.begin() as tx:
        store_members(tx, [member(f"p{number}") for number in range(2_000)])
    sqlite.close()
    with file.open("r+b") as raw:
        raw.seek(file.stat().st_size // 2)
        raw.write(b"\xff" * 8_192)
    damaged = Store(f"sqlite:///{file}")

    with pytest.raises(StoreError) as caught:
        damaged.check_integrity()

    assert caught.value.code is Code.STORE_DAMAGED
    damaged.close()
