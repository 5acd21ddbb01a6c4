"""Nothing that a transaction for one site does reaches another site's rows: PostgreSQL refuses it.

Every test tries to cross, as a query of ours could by mistake. The user that signs in has the rights a fleet asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from secrets import token_hex

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from mailchimpsync.errors import StoreError
from mailchimpsync.store import Store
from mailchimpsync.store.engine import dialect
from mailchimpsync.store.fleet import roles, sites
from mailchimpsync.store.fleet.database import FleetStore, SiteStore, make_namespace
from mailchimpsync.store.fleet.sites import FleetSite
from mailchimpsync.store.schema import site as site_table
from store.databases import own_fleet_database

pytestmark = pytest.mark.postgres

GREEN, RED = "green", "charity-red"
VALUE = select(site_table.c.value)


@pytest.fixture(scope="module")
def fleet() -> Iterator[FleetStore]:
    """A fleet with two sites; the table `site` of each has one row, which says whose it is."""
    with own_fleet_database() as url:
        store = FleetStore(url)
        store.migrate()
        now, fleet_id = datetime.now(UTC), token_hex(4)
        for name in (GREEN, RED):
            role = roles.role_of(fleet_id, name)
            with store.begin() as tx:
                number = make_namespace(tx, roles.namespace_of(name, role))
                sites.add_site(tx, FleetSite(name, name, role, None, number, now, None), "")
            with store_of(store, name).begin() as tx:
                tx.execute(insert(site_table).values(name="whose", value=name))
        yield store
        store.close()


def store_of(fleet: FleetStore, name: str) -> SiteStore:
    with fleet.begin() as tx:
        found = sites.find_site(tx, name)
    assert found is not None
    return fleet.store_of(found)


def whose(store: Store) -> list[str]:
    with store.reading() as tx:
        return list(tx.execute(VALUE).scalars())


STATEMENTS = [
    "SELECT * FROM {other}.civicrm_mailchimpsync_site",
    "UPDATE {other}.civicrm_mailchimpsync_site SET value = 'mine'",
    "DELETE FROM {other}.civicrm_mailchimpsync_site",
    "INSERT INTO {other}.civicrm_mailchimpsync_site VALUES ('x', 'y')",
    "DROP TABLE {other}.civicrm_mailchimpsync_site",
    "DROP SCHEMA {other} CASCADE",
    "CREATE TABLE {other}.mine (id int)",
    "CREATE VIEW mine AS SELECT * FROM {other}.civicrm_mailchimpsync_site",
    "TRUNCATE {other}.civicrm_mailchimpsync_site",
    "LOCK TABLE {other}.civicrm_mailchimpsync_site",
    "COPY {other}.civicrm_mailchimpsync_site TO STDOUT",
    "SELECT nextval('{other}.civicrm_mailchimpsync_run_id_seq')",
    "ALTER SCHEMA {own} OWNER TO {role}",
    "GRANT ALL ON SCHEMA {other} TO PUBLIC",
    "SELECT * FROM fleet.site",
    "UPDATE fleet.site SET secret_keys = ''",
    "SELECT * FROM fleet.civicrm_mailchimpsync_connection_slot",
    "CREATE TABLE public.mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "GRANT {role} TO CURRENT_USER",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_that_names_what_is_not_the_sites_is_refused(statement: str, fleet: FleetStore) -> None:
    other = store_of(fleet, RED).namespace
    own = store_of(fleet, GREEN).namespace
    assert other is not None
    assert own is not None
    words = statement.format(other=f'"{other.schema}"', role=f'"{other.role}"', own=own.schema)

    with pytest.raises(StoreError, match=r"permission denied|must (be|have)"), store_of(fleet, GREEN).begin() as tx:
        tx.exec_driver_sql(words)

    assert whose(store_of(fleet, RED)) == [RED]


def test_another_search_path_finds_tables_that_may_not_be_read(fleet: FleetStore) -> None:
    with store_of(fleet, GREEN).begin() as tx:
        tx.exec_driver_sql(f'SET LOCAL search_path = "site_{RED}"')
        with pytest.raises(ProgrammingError, match="does not exist"):
            tx.execute(VALUE)


def test_a_transaction_without_a_site_finds_no_table(fleet: FleetStore) -> None:
    named = STATEMENTS[0].format(other=f"site_{GREEN}")
    with pytest.raises(ProgrammingError, match="does not exist"), fleet._shared.begin() as tx:
        tx.execute(VALUE)
    with pytest.raises(ProgrammingError, match="permission denied"), fleet._shared.begin() as tx:
        tx.exec_driver_sql(named)
    with pytest.raises(StoreError, match="permission denied"), fleet.begin() as tx:
        tx.exec_driver_sql(named)


def alone(fleet: FleetStore) -> FleetStore:
    """The fleet with a pool of one connection, so that every transaction gets the one that was used before."""
    one = FleetStore(fleet._shared.url.render_as_string(hide_password=False).replace("+psycopg", ""))
    one._shared.pool._pool.maxsize = 1  # type: ignore[attr-defined]
    one._shared.pool._max_overflow = 0  # type: ignore[attr-defined]
    return one


LEFT_BEHIND = [
    "SET ROLE {role}",
    'SET search_path = "{schema}"',
    "SET SESSION ROLE {role}",
    "SELECT set_config('role', '{role}', false), set_config('search_path', '{schema}', false)",
    "RESET ROLE",
    "RESET ALL",
    "SELECT set_config('role', 'none', false)",
    "PREPARE kept AS SELECT value FROM civicrm_mailchimpsync_site",
    "CREATE TEMPORARY TABLE kept (id int)",
    "DECLARE kept CURSOR WITH HOLD FOR SELECT value FROM civicrm_mailchimpsync_site",
]


@pytest.mark.parametrize("statement", LEFT_BEHIND)
def test_what_one_transaction_sets_is_gone_in_the_next_on_the_same_connection(
    statement: str, fleet: FleetStore
) -> None:
    one = alone(fleet)
    namespace = store_of(fleet, GREEN).namespace
    assert namespace is not None
    try:
        with store_of(one, GREEN).begin() as tx:
            process = backend(tx)
            tx.exec_driver_sql(statement.format(role=namespace.role, schema=namespace.schema))
        with store_of(one, RED).begin() as tx:
            assert backend(tx) == process
            assert tx.execute(VALUE).scalars().all() == [RED]
            assert tuple(tx.execute(text("SELECT current_user, current_schema()")).one()) == tuple(
                store_of(fleet, RED).namespace or ()
            )
        with pytest.raises(ProgrammingError, match="does not exist"), one._shared.begin() as tx:
            tx.execute(VALUE)
    finally:
        one.close()


def backend(tx: Connection) -> int:
    return int(tx.execute(text("SELECT pg_backend_pid()")).scalar_one())


@pytest.mark.parametrize("statement", ["EXECUTE kept", "FETCH ALL FROM kept", "SELECT * FROM pg_temp.kept"])
def test_what_one_site_left_on_a_connection_shows_another_nothing(statement: str, fleet: FleetStore) -> None:
    one = alone(fleet)
    try:
        with store_of(one, GREEN).begin() as tx:
            tx.exec_driver_sql("PREPARE kept AS SELECT value FROM civicrm_mailchimpsync_site")
            tx.exec_driver_sql("CREATE TEMPORARY TABLE kept AS SELECT value FROM civicrm_mailchimpsync_site")
        with store_of(one, RED).begin() as tx:
            try:
                found = tx.exec_driver_sql(statement).scalars().all()
            except DBAPIError:
                found = []

        assert GREEN not in found
    finally:
        one.close()


def test_a_connection_that_failed_or_was_rolled_back_serves_the_next_site_alone(fleet: FleetStore) -> None:
    one = alone(fleet)
    try:
        for name in (GREEN, RED, GREEN):
            with pytest.raises(StoreError), store_of(one, name).begin() as tx:
                tx.exec_driver_sql("SELECT * FROM nothing")
            with suppress(RuntimeError), store_of(one, name).begin() as tx:
                tx.execute(VALUE)
                raise RuntimeError
            other = RED if name == GREEN else GREEN
            assert whose(store_of(one, other)) == [other]
    finally:
        one.close()


def test_a_connection_that_was_lost_while_it_was_idle_comes_back_for_its_site(
    fleet: FleetStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialect, "IDLE_SECONDS", -1.0)
    one = alone(fleet)
    try:
        with store_of(one, GREEN).begin() as tx:
            process = backend(tx)
        with fleet.begin() as tx:
            ended = tx.execute(text("SELECT pg_terminate_backend(:process, 10000)"), {"process": process})
            assert ended.scalar_one()
        assert whose(store_of(one, GREEN)) == [GREEN]
    finally:
        one.close()


def test_many_threads_share_the_connections_and_never_the_rows(fleet: FleetStore) -> None:
    stores = {name: store_of(fleet, name) for name in (GREEN, RED)}

    def look(place: int) -> bool:
        name = (GREEN, RED)[place % 2]
        return whose(stores[name]) == [name]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(look, range(400)))


def test_a_statement_used_often_is_never_answered_for_the_site_before(fleet: FleetStore) -> None:
    """The server would keep a statement as prepared after some uses, with what it then meant."""
    one = alone(fleet)
    stores = {name: store_of(one, name) for name in (GREEN, RED)}
    try:
        for _ in range(12):
            for name, store in stores.items():
                assert whose(store) == [name]
        with stores[GREEN].begin() as tx:
            assert tx.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one() == 0
    finally:
        one.close()
