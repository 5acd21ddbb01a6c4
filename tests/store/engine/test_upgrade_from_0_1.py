"""A database of 0.1, made with its code, is upgraded: nothing in it is lost, and syncs go on where it stopped.

`data_of_0_1/make.txt` made the rows; both sides that belong to them are lived through again in `support.life_of_0_1`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Boolean, Connection, DateTime, MetaData, Table, insert, select

from mailchimpsync.actions import erase
from mailchimpsync.config import Keyring
from mailchimpsync.store import Store
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.engine.dialect import number_after
from mailchimpsync.store.journal.check import check_chain
from mailchimpsync.store.schema import change, metadata
from mailchimpsync.sync import Outcome
from store.conftest import KINDS
from store.databases import own_database
from store.engine.test_store_schema import migrations
from support.life_of_0_1 import ERASED, LEFT, REMOVED, SITE_KEY, guarded, leave_things_open, live
from support.webhook_delivery import site_of
from support.world import LIST, World

SCHEMA_OF_0_1 = "0008"
ROWS: dict[str, Any] = json.loads((Path(__file__).parent / "data_of_0_1" / "rows.json").read_text(encoding="utf-8"))
PREFIX = "civicrm_mailchimpsync_"
ONE_TABLE_NOW = {"plan", "kept_change"}

Values = dict[str, Any]


@pytest.fixture(params=KINDS)
def old_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database as 0.1 left it."""
    with ExitStack() as stack:
        kind = request.param
        url = f"sqlite:///{tmp_path}/site.sqlite" if kind == "sqlite" else stack.enter_context(own_database(kind))
        store = Store(url)
        stack.callback(store.close)
        with store.begin() as tx:
            command.upgrade(migrations(tx), SCHEMA_OF_0_1)
        with store.begin() as tx:
            fill(tx)
        yield store


def fill(tx: Connection) -> None:
    tables = tables_of(tx)
    for table in tables.sorted_tables:
        for row in rows_of(table.name):
            tx.execute(insert(table).values({name: plain(table, name, value) for name, value in row.items()}))
    for table in tables.sorted_tables:
        if "id" in table.columns and (rows := rows_of(table.name)):
            number_after(tx, table, max(row["id"] for row in rows))


def tables_of(tx: Connection) -> MetaData:
    tables = MetaData()
    tables.reflect(tx, only=lambda name, _: name.startswith(PREFIX))
    return tables


def rows_of(table: str) -> list[Values]:
    columns, rows = ROWS[table]["columns"], ROWS[table]["rows"]
    return [dict(zip(columns, row, strict=True)) for row in rows]


def plain(table: Table, name: str, value: Any) -> Any:
    """Return a value that SQLite kept, as the other databases take it."""
    kind = table.columns[name].type
    if value is not None and isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    return bool(value) if value is not None and isinstance(kind, Boolean) else value


def kept(tx: Connection, name: str) -> list[Values]:
    """Return the rows of a table, with no other columns than 0.1 had, as 0.1 ordered them."""
    table, old = tables_of(tx).tables[name], ROWS[name]["columns"]
    columns = [table.columns[column] for column in old]
    return [dict(row) for row in tx.execute(select(*columns)).mappings()]


def as_before(tx: Connection, name: str) -> list[Values]:
    table = tables_of(tx).tables[name]
    return [{column: plain(table, column, value) for column, value in row.items()} for row in rows_of(name)]


def by_values(rows: list[Values]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


def test_the_rows_are_of_every_table_that_0_1_had(old_store: Store) -> None:
    with old_store.begin() as tx:
        assert set(tables_of(tx).tables) == set(ROWS)
    assert {name for name in ROWS if not rows_of(name)} == set()


def test_an_upgrade_loses_no_value_of_0_1(old_store: Store) -> None:
    old_store.migrate()

    with old_store.begin() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
        unmoved = sorted(set(ROWS) - {PREFIX + table for table in ONE_TABLE_NOW})
        assert [name for name in unmoved if by_values(kept(tx, name)) != by_values(as_before(tx, name))] == []


def test_the_changes_of_kept_plans_stay_with_their_plans(old_store: Store) -> None:
    """They are rows of another table now, with other numbers."""
    old_store.migrate()

    with old_store.begin() as tx:
        columns = [change.c.plan_id, change.c.identity, change.c.contact_id, change.c.member_id, change.c.address]
        found = tx.execute(select(*columns).where(change.c.plan_id.is_not(None))).all()
    names = [column.name for column in columns]
    assert sorted(found) == sorted(tuple(row[name] for name in names) for row in rows_of(f"{PREFIX}kept_change"))


@pytest.fixture
def world(old_store: Store) -> Iterator[World]:
    """Both sides as they were when 0.1 was stopped, and its database, upgraded."""
    made = World()
    made.keyring = Keyring([SITE_KEY])
    live(made)
    leave_things_open(made)
    made.connection = guarded(made.connection)
    assert made.sync().outcome is Outcome.HELD
    erase(site_of(made), address=ERASED, confirm=True, by="dora")
    scratch = made.store
    old_store.go_by(lambda: made.now)
    old_store.migrate()
    made.store = old_store
    made.erasure_key = site_of(made).erasure_key()
    made.systems = made.new_systems()
    made.forget_requests()
    yield made
    scratch.close()
    made.close()


def test_a_journal_of_0_1_is_still_proof(world: World) -> None:
    report = check_chain(world.store, LIST, [SITE_KEY])

    assert report.entries == len(rows_of(f"{PREFIX}journal"))


def test_a_plan_that_was_held_by_0_1_is_made_once_it_is_approved_and_then_all_is_quiet(world: World) -> None:
    assert world.sync().outcome is Outcome.HELD
    assert world.writes() == []

    with world.store.begin() as tx:
        plan = kept_plans.open_hold(tx, LIST)
        assert plan is not None
        assert kept_plans.decide_plan(tx, plan.id, [PlanState.OPEN], PlanState.APPROVED, world.now, "ann")
    world.sync()
    assert {world.status(address) for address in REMOVED} == {"unsubscribed"}
    assert world.in_group(world.owners(LEFT)[0]) == "Removed"
    assert ERASED not in world.members()

    world.pass_time(3_600)
    world.forget_requests()
    assert world.sync(everything=True).outcome is Outcome.DONE
    assert world.writes() == []
