"""Checks this machine: home, secret key, database, disk, versions and configuration."""

from __future__ import annotations

import platform
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from mailchimpsync import __version__
from mailchimpsync.actions.finding import Finding, Level, Step, ok, trouble
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Settings, read_keys
from mailchimpsync.errors import Code
from mailchimpsync.messages import say
from mailchimpsync.store import Store

OLDEST_SERVERS = {"SQLite": (3, 35), "PostgreSQL": (13,), "MariaDB": (10, 6)}
"""The oldest supported versions; MySQL is not supported."""

DISK_BYTES_MIN = 500 * 1024 * 1024
_SQLITE = "sqlite:///"


def check_versions(_settings: Settings) -> Iterator[Finding]:
    """Say which versions are in use."""
    yield ok(say("Versions"), f"mailchimpsync {__version__}, Python {platform.python_version()}.")


def check_home(settings: Settings) -> Iterator[Finding]:
    """Check that no other user of the machine has access to the home directory."""
    if not settings.home.is_dir():
        yield ok(say("Home"), say("There is no home directory; all settings are in the environment."))
        return
    mode = stat.S_IMODE(settings.home.stat().st_mode)
    remedy = say("Run `chmod 700 %(place)s`.", place=settings.home)
    if mode & stat.S_IWOTH:
        what = say(
            "Everyone on this machine can write to %(place)s, and so replace the key there.", place=settings.home
        )
        yield Finding(Level.BAD, say("Home"), what, remedy)
    elif mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield Finding(
            Level.WARNING,
            say("Home"),
            say("Other users of this machine have access to %(place)s.", place=settings.home),
            remedy,
        )
    else:
        yield ok(say("Home"), say("No one else has access to %(place)s.", place=settings.home))


def check_key(settings: Settings) -> Iterator[Finding]:
    """Check that there is a secret key that no one else can read."""
    read_keys(settings)
    in_file = say("It is in %(file)s, and no one else has access to it.", file=settings.key_path)
    yield ok(say("Secret key"), in_file if settings.secret_key is None else say("It is in the environment."))


def check_database(settings: Settings) -> Iterator[Finding]:
    """Check that the database can be reached, is new enough, and has this version's tables."""
    url = settings.database_url
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).is_file():
        what = say("There is no file %(file)s.", file=url.removeprefix(_SQLITE))
        yield trouble(
            say("Database"), what, Code.STORE_UNAVAILABLE, remedy=say("Run `mailchimpsync init`, or restore a backup.")
        )
        return
    if settings.fleet:
        yield from _check_fleet_database(url)
        return
    store = Store(url)
    try:
        name, version = store.server()
        yield _server(name, version)
        store.check_integrity()
        store.check_schema()
        yield ok(say("Tables"), say("They match this version."))
    finally:
        store.close()


def _check_fleet_database(url: str) -> Iterator[Finding]:
    """Check the fleet's own tables, and that its user of the database may not read a site's without taking its role."""
    from mailchimpsync.store.fleet import roles  # noqa: PLC0415 (a single site needs none of it)
    from mailchimpsync.store.fleet.database import FleetStore  # noqa: PLC0415 (likewise)

    store = FleetStore(url)
    try:
        name, version = store.server()
        yield _server(name, version)
        store.check_schema()
        with store.reading() as tx:
            found = roles.rights(tx)
        yield ok(say("Tables"), say("They match this version."))
        if found.reads_everything:
            yield Finding(
                Level.WARNING,
                say("Database"),
                say("The user %(user)s may read the tables of every site.", user=found.user),
                say(
                    'As an administrator of the database, run: ALTER ROLE "%(user)s" NOSUPERUSER NOINHERIT CREATEROLE;',
                    user=found.user,
                ),
            )
    finally:
        store.close()


def _server(name: str, version: tuple[int, ...]) -> Finding:
    server = f"{name} {'.'.join(map(str, version))}"
    oldest = OLDEST_SERVERS.get(name)
    if oldest is None:
        return Finding(
            Level.BAD,
            say("Database"),
            say("%(server)s isn't supported.", server=server),
            say("Use MariaDB instead."),
        )
    if version < oldest:
        remedy = say("Use %(server)s or newer.", server=f"{name} {'.'.join(map(str, oldest))}")
        return Finding(Level.BAD, say("Database"), say("%(server)s is too old.", server=server), remedy)
    return ok(say("Database"), say("%(server)s can be reached.", server=server))


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Check that there is free space for the database, if it is a file, and for the home directory."""
    url = settings.database_url
    places = [Path(url.removeprefix(_SQLITE)).parent] if url.startswith(_SQLITE) else []
    for place in dict.fromkeys([*places, settings.home]):
        if not place.is_dir():
            continue
        free = shutil.disk_usage(place).free
        free_space = say("%(size)s GB free in %(place)s.", size=f"{free / 1e9:,.1f}", place=place)
        yield trouble(say("Disk"), free_space, Code.DISK_LOW) if free < DISK_BYTES_MIN else ok(say("Disk"), free_space)


def check_configuration(site: Site) -> Iterator[Finding]:
    """Check that there is something to sync."""
    connections, accounts = site.configuration.connections, site.configuration.accounts
    if site.configuration.civicrm is None:
        yield Finding(Level.BAD, say("Configuration"), say("No CiviCRM site is configured."), Step.SET_UP_CIVICRM)
    elif not connections:
        yield Finding(Level.WARNING, say("Configuration"), say("No audience is connected yet."), Step.CONNECT)
    else:
        summary = say(
            "Version %(version)s is valid; connections: %(connections)s, accounts: %(accounts)s.",
            version=site.version,
            connections=len(connections),
            accounts=len(accounts),
        )
        yield ok(say("Configuration"), summary)
