"""The role and the schema of each site: what PostgreSQL itself keeps apart.

Roles belong to the whole server, so their names contain the fleet's id: several fleets may share one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection, text

from mailchimpsync.store.engine.dialect import Namespace, take_namespace

FLEET = Namespace(schema="fleet")
"""The namespace of what is the fleet's own."""


_GRANTS_HAVE_OPTIONS = (16,)
"""The version of PostgreSQL from which on a grant says whether rights are inherited; before, the user did."""


class Rights(NamedTuple):
    """What the user that signed in to the database may do, and its name.

    `reads_everything`: it needs no site's role to read that site's tables.
    """

    user: str
    database: str
    can_create_roles: bool
    can_create_schemas: bool
    reads_everything: bool


def rights(tx: Connection) -> Rights:
    """Return what the user that signed in may do."""
    query = (
        "SELECT session_user, current_database(), rolsuper OR rolcreaterole,"
        " has_database_privilege(current_database(), 'CREATE'),"
        " rolsuper OR (rolinherit AND current_setting('server_version_num')::int < 160000)"
        " FROM pg_roles WHERE rolname = session_user"
    )
    return Rights._make(tx.execute(text(query)).one())


def role_of(fleet_id: str, name: str) -> str:
    """Return the name of a site's role."""
    return f"mailchimpsync_{fleet_id}_{name}"


def namespace_of(name: str, role: str) -> Namespace:
    """Return the namespace of a site's transactions."""
    return Namespace(role, f"site_{name}")


def make_fleet_schema(tx: Connection) -> None:
    """Create the fleet's own schema, unless it exists."""
    tx.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {FLEET.schema}")


def make_namespace(tx: Connection, namespace: Namespace) -> None:
    """Create a role that can't sign in, let the user that signed in take it, and create the schema that it owns.

    That user must not inherit the role's rights, else it could read a site's tables without taking its role.
    """
    role, schema = (_quoted(tx, one) for one in namespace)
    tx.exec_driver_sql(f"CREATE ROLE {role} NOLOGIN NOINHERIT")
    options = (
        " WITH INHERIT FALSE, SET TRUE" if (tx.dialect.server_version_info or (0,)) >= _GRANTS_HAVE_OPTIONS else ""
    )
    tx.exec_driver_sql(f"GRANT {role} TO CURRENT_USER{options}")
    tx.exec_driver_sql(f"CREATE SCHEMA {schema} AUTHORIZATION {role}")


@contextmanager
def within(tx: Connection, namespace: Namespace) -> Iterator[None]:
    """Have a site's namespace for a part of a transaction of the fleet."""
    take_namespace(tx, namespace)
    yield
    take_namespace(tx, FLEET)


def drop_namespace(tx: Connection, namespace: Namespace) -> None:
    """Drop a site's schema with all its tables, which only their owner may do, and its role."""
    role, schema = (_quoted(tx, one) for one in namespace)
    with within(tx, namespace):
        tx.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    tx.exec_driver_sql(f"DROP ROLE {role}")


def _quoted(tx: Connection, name: str) -> str:
    return tx.dialect.identifier_preparer.quote_identifier(name)
