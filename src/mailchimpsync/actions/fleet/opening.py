"""Opens and creates fleets."""

from __future__ import annotations

from pathlib import Path

from mailchimpsync.actions.fleet.fleet import Fleet, check_rights
from mailchimpsync.actions.fleet.keys import check_master_key
from mailchimpsync.actions.homes import check_initialised, complete
from mailchimpsync.actions.site import Clients
from mailchimpsync.config import Settings, load_settings, write_settings
from mailchimpsync.errors import ConfigurationError, UsageError
from mailchimpsync.messages import say
from mailchimpsync.runtime import Runtime
from mailchimpsync.store.fleet import roles, sites
from mailchimpsync.store.fleet.database import FleetStore


def open_fleet(
    home: Path | str | None = None, *, runtime: Runtime | None = None, clients: Clients | None = None
) -> Fleet:
    """Open the fleet of a home directory.

    Raises:
        ConfigurationError: there is none, or its settings or its master key can't be used.
        StoreError: its database can't be used, or has the schema of another version.
    """
    settings = load_settings(Path(home) if home is not None else None)
    check_initialised(settings)
    if not settings.fleet:
        raise ConfigurationError(
            say(
                "%(home)s is the home of one site. `mailchimpsync fleet init` creates a fleet, in another home.",
                home=settings.home,
            )
        )
    return fleet_of(settings, runtime, clients)


def fleet_of(settings: Settings, runtime: Runtime | None, clients: Clients | None) -> Fleet:
    """Open the fleet of these settings; raises what `open_fleet` raises."""
    fleet = Fleet(settings, FleetStore(settings.database_url), runtime or Runtime(), clients or Clients())
    try:
        fleet.store.check_schema()
    except BaseException:
        fleet.close()
        raise
    return fleet


def create_fleet(home: Path | None, database: str, *, runtime: Runtime | None = None) -> Fleet:
    """Create what a fleet lacks of its home directory, master key and tables, and open it.

    Raises:
        UsageError: the database isn't PostgreSQL, or the home has a site, or another database.
        ConfigurationError: the user that signs in to the database may not create roles or schemas; `SECRET`, there is
            a fleet with sites in the database already, and this home doesn't have its master key.
        StoreError: the database can't be used.
    """
    before = load_settings(home)
    if before.is_initialised and not before.fleet:
        raise UsageError(
            say("%(home)s is already the home of one site. Choose another home for the fleet.", home=before.home)
        )
    store = FleetStore(database)
    try:
        with store.begin() as tx:
            check_rights(roles.rights(tx))
            check_master_key(tx, before)
        write_settings(before.home, database, fleet=True)
        settings = complete(load_settings(before.home), database)
        store.migrate()
        with store.begin() as tx:
            sites.make_fleet(tx, (runtime or Runtime()).now())
    finally:
        store.close()
    return fleet_of(settings, runtime, None)
