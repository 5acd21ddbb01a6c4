"""The tables of a site in a fleet are the same whether they were created at once or by every migration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from secrets import token_hex

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from mailchimpsync.store.engine.dialect import Namespace, take_namespace
from mailchimpsync.store.fleet import roles, sites
from mailchimpsync.store.fleet.database import FleetStore, make_namespace
from mailchimpsync.store.fleet.sites import FleetSite
from mailchimpsync.store.schema.fleet_tables import fleet_metadata
from store.databases import own_fleet_database

pytestmark = pytest.mark.postgres

FLEET_ID = token_hex(4)  # roles belong to the whole server

DESCRIPTION = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
          pg_get_expr(d.adbin, d.adrelid)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = current_schema()::regnamespace""",
    "indexes": """
        SELECT tablename, indexname, replace(indexdef, current_schema() || '.', '') FROM pg_indexes
        WHERE schemaname = current_schema()""",
    "sequences": "SELECT sequencename, data_type::text FROM pg_sequences WHERE schemaname = current_schema()",
    "version": "SELECT version_num FROM alembic_version",
}


@pytest.fixture(scope="module")
def store() -> Iterator[FleetStore]:
    with own_fleet_database() as url:
        store = FleetStore(url)
        store.migrate()
        yield store
        store.close()


def described(tx: Connection, namespace: Namespace) -> dict[str, set[tuple[object, ...]]]:
    take_namespace(tx, namespace)
    return {what: {tuple(row) for row in tx.execute(text(query))} for what, query in DESCRIPTION.items()}


def test_a_new_site_has_the_tables_that_migrations_lead_to(store: FleetStore) -> None:
    created, migrated = (roles.namespace_of(name, roles.role_of(FLEET_ID, name)) for name in ("created", "migrated"))
    with store.begin() as tx:
        make_namespace(tx, created)
        roles.make_namespace(tx, migrated)
    now = datetime.now(UTC)
    store.store_of(FleetSite("migrated", "Migrated", migrated.role, None, "", now, None)).migrate()

    with store.begin() as tx:
        found, wanted = described(tx, created), described(tx, migrated)
        take_namespace(tx, roles.FLEET)
        for one in (created, migrated):
            roles.drop_namespace(tx, one)

    assert len(wanted["columns"]) > 200
    for what in DESCRIPTION:
        assert found[what] == wanted[what], what


def test_the_migrations_of_a_fleet_make_the_tables_the_code_uses(store: FleetStore) -> None:
    store.check_schema()
    ours = fleet_metadata.tables  # the others are procrastinate's
    with store.begin() as tx:
        options = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name in ours}
        differences = compare_metadata(MigrationContext.configure(tx, opts=options), fleet_metadata)

    assert differences == []


def test_a_fleet_keeps_its_id(store: FleetStore) -> None:
    with store.begin() as tx:
        sites.make_fleet(tx, datetime.now(UTC))
        first = sites.fleet_id(tx)
        sites.make_fleet(tx, datetime.now(UTC))

        assert sites.fleet_id(tx) == first
