"""Every test that asks for a `store` runs on SQLite, PostgreSQL and MariaDB, each over real connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import delete

from mailchimpsync.store import Store
from mailchimpsync.store.schema import metadata
from store.databases import own_database

KINDS = [
    "sqlite",
    pytest.param("postgres", marks=pytest.mark.postgres),
    pytest.param("mariadb", marks=pytest.mark.mariadb),
]


@pytest.fixture(scope="session", params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database of our own."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('store')}/store.sqlite"
        else:
            url = stack.enter_context(own_database(request.param))
        store = Store(url)
        store.migrate()
        store.close()
        yield url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """The store, with empty tables."""
    store = Store(database_url)
    with store.begin() as tx:
        for table in reversed(metadata.sorted_tables):
            tx.execute(delete(table))
    yield store
    store.close()


@pytest.fixture
def second_store(store: Store, database_url: str) -> Iterator[Store]:
    """The same database, as another process sees it."""
    second = Store(database_url)
    yield second
    second.close()
