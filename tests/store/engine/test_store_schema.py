"""The tables: made by migrations, as the code says they are, on every database; and gone again without a trace."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from mailchimpsync.errors import Code, StoreError
from mailchimpsync.store import Store
from mailchimpsync.store.engine.database import MIGRATIONS, newest_schema
from mailchimpsync.store.schema import metadata


def migrations(tx: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    configuration.attributes["connection"] = tx
    return configuration


def test_the_migrations_make_the_tables_the_code_uses(store: Store) -> None:
    with store.begin() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)

    assert differences == []


def test_migrating_again_changes_nothing(store: Store) -> None:
    store.migrate()
    store.check_schema()


def test_migrations_go_down_and_up_again(store: Store) -> None:
    with store.begin() as tx:
        command.downgrade(migrations(tx), "base")
        left = set(inspect(tx).get_table_names())
    store.migrate()
    with store.begin() as tx:
        there = set(inspect(tx).get_table_names())

    assert left == {"alembic_version"}
    assert there == {"alembic_version", *metadata.tables}


def test_a_database_of_another_version_is_not_used(store: Store) -> None:
    with store.begin() as tx:
        version = tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        tx.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StoreError) as caught:
        store.check_schema()
    with store.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    store.check_schema()

    assert caught.value.code is Code.STORE_OLD
    assert "schema 0000" in caught.value.what


def test_a_database_without_tables_is_told_so() -> None:
    store = Store("sqlite://")
    try:
        with pytest.raises(StoreError, match="schema none") as caught:
            store.check_schema()
    finally:
        store.close()

    assert caught.value.code is Code.STORE_OLD
    assert "mailchimpsync migrate" in caught.value.remedy


def test_the_schema_a_command_looks_for_is_the_one_that_migrations_end_at() -> None:
    assert newest_schema() == ScriptDirectory(str(MIGRATIONS)).get_current_head()
