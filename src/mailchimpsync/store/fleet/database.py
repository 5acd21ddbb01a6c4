"""The database of a fleet: one pool of connections for the fleet's own tables and for all of its sites."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache as once
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    create_mock_engine,
    insert,
)

from mailchimpsync.store.engine.database import (
    MIGRATIONS,
    VERSION_TABLE,
    VERSIONS,
    Store,
    check_schema,
    newest_schema,
    schema_of,
)
from mailchimpsync.store.engine.dialect import NAMESPACE, Namespace, connect_fleet
from mailchimpsync.store.engine.transactions import Database, connected
from mailchimpsync.store.fleet import roles, sites
from mailchimpsync.store.fleet.roles import FLEET
from mailchimpsync.store.fleet.sites import FleetSite
from mailchimpsync.store.schema import metadata

LOCK_TIMEOUT_SECONDS = 30
"""How long the migration of a site waits for a run that uses a table: while it waits, others wait behind it."""

_LOCK_NUMBER = 5_117_342
"""Of the advisory lock of a migration of the fleet's tables."""


class SiteStore(Store):
    """The store of one site of a fleet, on the fleet's connections: each transaction has the rights of its role."""

    def __init__(self, engine: Engine, namespace: Namespace) -> None:
        Database.__init__(self, engine.execution_options(**{NAMESPACE: namespace}))

    def close(self) -> None:
        """Do nothing: the connections are the fleet's."""


class FleetStore(Database):
    """The fleet's own tables. Its transactions find these alone, with the rights of the user that signed in."""

    def __init__(self, url: str) -> None:
        """Take the URL of a PostgreSQL database.

        Raises:
            UsageError: it is another database.
        """
        self._shared = connected(connect_fleet, url)
        super().__init__(self._shared.execution_options(**{NAMESPACE: FLEET}))

    def store_of(self, site: FleetSite) -> SiteStore:
        """Return the store of a site, which costs nothing."""
        return SiteStore(self._shared, roles.namespace_of(site.name, site.role))

    def migrate(self) -> None:
        """Create the fleet's schema and tables, or bring them up to this version."""
        from mailchimpsync.store.engine.upgrade import upgrade  # noqa: PLC0415 (Alembic is slow to load)
        from mailchimpsync.store.fleet.queue_schema import migrate_queue  # noqa: PLC0415 (likewise procrastinate)

        with self._migrating() as tx:
            roles.make_fleet_schema(tx)
            upgrade(tx, MIGRATIONS, MIGRATIONS / "fleet")
        migrate_queue(self._migrating)

    @contextmanager
    def _migrating(self) -> Iterator[Connection]:
        """Open a transaction that no other process can have at the same time."""
        with self.begin() as tx:
            tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})")
            yield tx

    def check_schema(self) -> None:
        """Check that the fleet's own tables are those of this version.

        Raises:
            StoreError: they aren't, so `migrate` has to be called first.
        """
        with self.begin() as tx:
            check_schema(tx, MIGRATIONS / "fleet")


def make_namespace(tx: Connection, namespace: Namespace) -> str:
    """Create a role, its schema and a site's tables in it, as they are now; return their schema's number.

    All of it is part of the transaction. Afterwards the transaction is the fleet's again.
    """
    roles.make_namespace(tx, namespace)
    with roles.within(tx, namespace):
        tx.exec_driver_sql(_creation(), execution_options={"no_parameters": True})
        tx.execute(insert(_version).values(version_num=newest_schema()))
    return newest_schema()


def migrate_site(tx: Connection, site: FleetSite) -> str:
    """Bring a site's tables up to this version in a transaction of the fleet; return their schema's number."""
    from mailchimpsync.store.engine.upgrade import upgrade  # noqa: PLC0415 (Alembic is slow to load)

    number = newest_schema()
    with roles.within(tx, roles.namespace_of(site.name, site.role)):
        if schema_of(tx) != number:
            tx.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
            upgrade(tx, MIGRATIONS, VERSIONS)
    sites.change_site(tx, site.name, schema_number=number)
    return number


_version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), nullable=False))
PrimaryKeyConstraint(_version.c.version_num, name=f"{VERSION_TABLE}_pkc")


@once
def _creation() -> str:
    """Return the statements that create a site's tables, as one text: one by one they take several times as long."""
    statements: list[str] = []

    def keep(statement: Any, *_parameters: Any, **_options: Any) -> None:
        statements.append(str(statement.compile(dialect=engine.dialect)))

    engine = create_mock_engine("postgresql+psycopg://", keep)
    metadata.create_all(engine, checkfirst=False)
    _version.create(engine, checkfirst=False)
    return ";\n".join(statements)
