"""Rows of the sites of a fleet, within transactions for the fleet."""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, inspect, select, update

from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.schema.fleet_tables import fleet, fleet_site

_ID_BYTES = 4


class FleetSite(NamedTuple):
    """A site of a fleet.

    Attributes:
        name: what it is called in addresses and commands.
        title: what people call it.
        role: the role of PostgreSQL that owns its tables.
        host: the host name at which it is reached; None: by its name in the path.
        schema_number: the schema that its tables have.
        created_at: when it was added.
        disabled_at: since when nothing is done for it; None: it is in use.
    """

    name: str
    title: str
    role: str
    host: str | None
    schema_number: str
    created_at: datetime
    disabled_at: datetime | None


def make_fleet(tx: Connection, now: datetime) -> None:
    """Give a new fleet its id; one that has an id keeps it."""
    if tx.execute(select(fleet.c.id)).first() is None:
        tx.execute(insert(fleet).values(id=token_hex(_ID_BYTES), created_at=now))


def fleet_id(tx: Connection) -> str:
    """Return the fleet's id."""
    found: str = tx.execute(select(fleet.c.id)).scalar_one()
    return found


def add_site(tx: Connection, site: FleetSite, secret_keys: str) -> None:
    """Add a row; the keys are encrypted."""
    tx.execute(insert(fleet_site).values(secret_keys=secret_keys, **site._asdict()))


def all_sites(tx: Connection) -> list[FleetSite]:
    """Return all sites, by name."""
    return fetch(tx, FleetSite, select_as(FleetSite, fleet_site).order_by(fleet_site.c.name))


def all_names(tx: Connection) -> list[str]:
    """Return the names of all sites, in their order."""
    return [*tx.execute(select(fleet_site.c.name).order_by(fleet_site.c.name)).scalars()]


def find_site(tx: Connection, name: str) -> FleetSite | None:
    """Return the site of this name; None: there is none."""
    return fetch_one(tx, FleetSite, select_as(FleetSite, fleet_site).where(fleet_site.c.name == name))


def name_at(tx: Connection, host: str) -> str | None:
    """Return the name of the site with this host name; None: there is none."""
    found: str | None = tx.execute(select(fleet_site.c.name).where(fleet_site.c.host == host)).scalar_one_or_none()
    return found


def keys_of(tx: Connection, name: str) -> str:
    """Return the secret keys of a site that exists, as stored, encrypted."""
    found: str = tx.execute(select(fleet_site.c.secret_keys).where(fleet_site.c.name == name)).scalar_one()
    return found


def lock_keys_of(tx: Connection, name: str) -> str:
    """Return the secret keys as `keys_of`; nobody else replaces them before the end of the transaction."""
    query = select(fleet_site.c.secret_keys).where(fleet_site.c.name == name).with_for_update()
    found: str = tx.execute(query).scalar_one()
    return found


def change_site(tx: Connection, name: str, **values: Any) -> None:
    """Change columns of a site's row."""
    tx.execute(update(fleet_site).where(fleet_site.c.name == name).values(**values))


def some_keys(tx: Connection, most: int) -> list[str]:
    """Return the secret keys of some sites, as stored, encrypted; none if there isn't even a table of sites."""
    if not inspect(tx).has_table(fleet_site.name):
        return []
    return [*tx.execute(select(fleet_site.c.secret_keys).order_by(fleet_site.c.name).limit(most)).scalars()]


def use_master_key(tx: Connection) -> None:
    """Let nobody replace the master key before the end of the transaction; others may use it meanwhile."""
    tx.execute(select(fleet.c.id).with_for_update(read=True))


def lock_master_key(tx: Connection) -> None:
    """Wait until no transaction uses the master key, and let none begin to before the end of this one."""
    tx.execute(select(fleet.c.id).with_for_update())


def remove_site(tx: Connection, name: str) -> None:
    """Remove a site's row."""
    tx.execute(delete(fleet_site).where(fleet_site.c.name == name))
