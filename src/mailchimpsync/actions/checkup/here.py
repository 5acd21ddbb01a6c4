"""What is looked at on this machine: the home, the secret key, the database, the disk, versions, the configuration."""

from __future__ import annotations

import platform
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from mailchimpsync import __version__
from mailchimpsync.actions.finding import Finding, Level, ok, trouble
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.messages import say
from mailchimpsync.config import Settings, read_keys
from mailchimpsync.errors import Code
from mailchimpsync.store import Store

OLDEST_SERVERS = {"SQLite": (3, 35), "PostgreSQL": (13,), "MariaDB": (10, 6)}
"""The oldest versions this program is made for; there is none of MySQL."""

DISK_BYTES_MIN = 500 * 1024 * 1024
_SQLITE = "sqlite:///"


def check_versions(_settings: Settings) -> Iterator[Finding]:
    """Say which versions run."""
    yield ok(say("Versions"), f"mailchimpsync {__version__}, Python {platform.python_version()}.")


def check_home(settings: Settings) -> Iterator[Finding]:
    """See that nobody else can look into the home."""
    if not settings.home.is_dir():
        yield ok(say("Home"), say("There is none; everything is set in the environment."))
        return
    mode = stat.S_IMODE(settings.home.stat().st_mode)
    remedy = say("Run `chmod 700 %(place)s`.", place=settings.home)
    if mode & stat.S_IWOTH:
        what = say(
            "Everybody on this machine can write in %(place)s, and so put another key there.", place=settings.home
        )
        yield Finding(Level.BAD, say("Home"), what, remedy)
    elif mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield Finding(
            Level.WARNING,
            say("Home"),
            say("Others on this machine can get into %(place)s.", place=settings.home),
            remedy,
        )
    else:
        yield ok(say("Home"), say("%(place)s is open to nobody else.", place=settings.home))


def check_key(settings: Settings) -> Iterator[Finding]:
    """See that there is a secret key which nobody else can read."""
    read_keys(settings)
    in_file = say("It is in %(file)s, open to nobody else.", file=settings.key_path)
    yield ok(say("Secret key"), in_file if settings.secret_key is None else say("It is in the environment."))


def check_database(settings: Settings) -> Iterator[Finding]:
    """See that the database can be reached, is new enough, and has this version's tables."""
    url = settings.database_url
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).is_file():
        what = say("There is no file %(file)s.", file=url.removeprefix(_SQLITE))
        yield trouble(
            say("Database"), what, Code.STORE_UNAVAILABLE, remedy=say("Run `mailchimpsync init`, or restore a backup.")
        )
        return
    store = Store(url)
    try:
        name, version = store.server()
        yield _server(name, version)
        store.check_integrity()
        store.check_schema()
        yield ok(say("Tables"), say("They are those of this version."))
    finally:
        store.close()


def _server(name: str, version: tuple[int, ...]) -> Finding:
    said = f"{name} {'.'.join(map(str, version))}"
    oldest = OLDEST_SERVERS.get(name)
    if oldest is None:
        return Finding(
            Level.BAD,
            say("Database"),
            say("%(server)s is none that this program is made for.", server=said),
            say("Use MariaDB instead."),
        )
    if version < oldest:
        remedy = say("Use %(server)s or newer.", server=f"{name} {'.'.join(map(str, oldest))}")
        return Finding(Level.BAD, say("Database"), say("%(server)s is too old.", server=said), remedy)
    return ok(say("Database"), say("%(server)s is reached.", server=said))


def check_disk(settings: Settings) -> Iterator[Finding]:
    """See that there is room where the database is, if it is a file, and where the home is."""
    url = settings.database_url
    places = [Path(url.removeprefix(_SQLITE)).parent] if url.startswith(_SQLITE) else []
    for place in dict.fromkeys([*places, settings.home]):
        if not place.is_dir():
            continue
        free = shutil.disk_usage(place).free
        said = say("%(size)s GB are free in %(place)s.", size=f"{free / 1e9:,.1f}", place=place)
        yield trouble(say("Disk"), said, Code.DISK_LOW) if free < DISK_BYTES_MIN else ok(say("Disk"), said)


def check_configuration(site: Site) -> Iterator[Finding]:
    """See that there is something to sync."""
    connections, accounts = site.configuration.connections, site.configuration.accounts
    if site.configuration.civicrm is None:
        yield Finding(Level.BAD, say("Configuration"), say("There is no CiviCRM site."), "Run `mailchimpsync init`.")
    elif not connections:
        remedy = "Run `mailchimpsync connect`."
        yield Finding(Level.WARNING, say("Configuration"), say("No audience is connected yet."), remedy)
    else:
        said = say(
            "Version %(version)s is valid; connections: %(connections)s, accounts: %(accounts)s.",
            version=site.version,
            connections=len(connections),
            accounts=len(accounts),
        )
        yield ok(say("Configuration"), said)
