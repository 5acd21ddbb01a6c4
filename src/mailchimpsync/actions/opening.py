"""Opens, creates and migrates sites."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mailchimpsync.actions.homes import check_initialised, complete
from mailchimpsync.actions.keys import HomeKeys, keyring_of
from mailchimpsync.actions.site import JOURNAL_PURPOSE, Clients, Site, opened
from mailchimpsync.config import (
    Settings,
    load_settings,
    protect_database,
    read_keyring,
    write_settings,
)
from mailchimpsync.errors import UsageError
from mailchimpsync.messages import say
from mailchimpsync.runtime import Runtime
from mailchimpsync.store import Store
from mailchimpsync.store.journal import minimise


def open_site(
    home: Path | str | None = None,
    *,
    site: str | None = None,
    runtime: Runtime | None = None,
    clients: Clients | None = None,
) -> Site:
    """Open the site of a home directory (see `config.find_home`), or a site of the fleet whose home it is.

    Raises:
        UsageError: a site has to be chosen, or the fleet has no such site.
        ConfigurationError: there is no site, or its settings, key or configuration can't be used.
        StoreError: its database can't be used, or has the schema of another version.
    """
    settings = load_settings(Path(home) if home is not None else None)
    check_initialised(settings)
    name = site or settings.site
    if settings.fleet:
        return _open_site_of_fleet(settings, name, runtime, clients)
    if name:
        raise UsageError(
            say(
                "%(home)s is the home of one site, not of a fleet: leave out `--site %(name)s`.",
                home=settings.home,
                name=name,
            )
        )
    return _open_site(settings, runtime, clients)


def _open_site_of_fleet(settings: Settings, name: str | None, runtime: Runtime | None, clients: Clients | None) -> Site:
    if not name:
        raise UsageError(
            say(
                "%(home)s is the home of a fleet. Choose a site with `mailchimpsync --site NAME …`; "
                "`mailchimpsync site list` lists them, `mailchimpsync doctor --all` checks them.",
                home=settings.home,
            )
        )
    from mailchimpsync.actions.fleet.opening import fleet_of  # noqa: PLC0415 (a single site needs none of it)

    fleet = fleet_of(settings, runtime, clients)
    try:
        return replace(fleet.open(name), close_fleet=fleet.close)
    except BaseException:
        fleet.close()
        raise


def _open_site(settings: Settings, runtime: Runtime | None, clients: Clients | None) -> Site:
    keys = HomeKeys(settings)
    keyring, store = keyring_of(keys), Store(settings.database_url)
    return opened(settings, store, keys, keyring, runtime or Runtime(), clients or Clients())


def create_site(
    home: Path | None = None,
    *,
    site: str | None = None,
    database: str | None = None,
    runtime: Runtime | None = None,
    clients: Clients | None = None,
) -> Site:
    """Create what a site lacks of its home directory, key and database, and open it. A site of a fleet lacks nothing.

    Raises:
        UsageError: the site has another database already, or as `open_site`.
        ConfigurationError, StoreError: as `open_site`.
    """
    before = load_settings(home)
    if before.fleet or site:
        return open_site(home, site=site, runtime=runtime, clients=clients)
    write_settings(before.home, database)
    settings = complete(load_settings(before.home), database)
    migrate_site(settings, runtime or Runtime())
    return _open_site(settings, runtime, clients)


def migrate_site(settings: Settings, runtime: Runtime) -> None:
    """Migrate the site's database to this version, or create its tables.

    Raises:
        ConfigurationError: its key can't be used.
        StoreError: its database can't be used.
    """
    key = read_keyring(settings).derive(JOURNAL_PURPOSE)
    protect_database(settings)
    store = Store(settings.database_url)
    try:
        store.migrate()
        _hide_tokens(store, key, runtime)
    finally:
        store.close()


def _hide_tokens(store: Store, key: str, runtime: Runtime) -> None:
    """Remove the personal tokens that earlier versions wrote into the journal."""
    after: int | None = 0
    while after is not None:
        with store.begin() as tx:
            after = minimise.minimise_tokens(tx, after, key, runtime.now())
