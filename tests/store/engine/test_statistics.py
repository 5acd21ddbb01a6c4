"""PostgreSQL knows how large tables are when it chooses how to search them, though nobody has waited for it to look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Select, delete, insert, select, text, update

from mailchimpsync.store import Store
from mailchimpsync.store.schema import cache
from store.databases import LIST, own_database

pytestmark = pytest.mark.postgres

MANY = 3_000


@pytest.fixture(scope="module")
def migrated() -> Iterator[Store]:
    """A store on PostgreSQL, with a table that it was told is empty."""
    with own_database("postgres") as url:
        store = Store(url)
        store.migrate()
        yield store
        store.close()


@pytest.fixture
def store(migrated: Store) -> Store:
    with migrated.begin() as tx:
        tx.execute(delete(cache))
        tx.execute(
            insert(cache),
            [{"mailchimp_list_id": LIST, "identity": f"c:{n}", "civicrm_contact_id": n} for n in range(MANY)],
        )
    return migrated


def expected_rows(tx: Connection, query: Select[Any]) -> str:
    asked = query.compile(dialect=tx.dialect, compile_kwargs={"literal_binds": True})
    planned = str(tx.execute(text(f"EXPLAIN {asked}")).scalars().first())
    return planned.partition("rows=")[2].partition(" ")[0]


def test_a_table_that_has_grown_is_looked_at_at_once(store: Store) -> None:
    store.refresh_statistics()

    with store.begin() as tx:
        assert expected_rows(tx, select(cache.c.id)) == str(MANY)


def test_rows_that_a_full_reading_rewrote_are_looked_at_though_there_are_no_more_of_them(store: Store) -> None:
    store.refresh_statistics()
    with store.begin() as tx:
        tx.execute(update(cache).values(sync_status="fail"))

    store.refresh_statistics(everything_was_read=True)

    with store.begin() as tx:
        assert expected_rows(tx, select(cache.c.id).where(cache.c.sync_status == "fail")) == str(MANY)
