"""What is looked at on this machine: the home, the secret key, the database, the disk, versions, the configuration."""

from __future__ import annotations

import platform
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from mailchimpsync import __version__
from mailchimpsync.actions.finding import Finding, Level, good, trouble
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Settings, read_keys
from mailchimpsync.errors import Code
from mailchimpsync.store import Store

OLDEST_SERVERS = {"SQLite": (3, 35), "PostgreSQL": (13,), "MariaDB": (10, 6)}
"""The oldest versions this program is made for; there is none of MySQL."""

DISK_BYTES_MIN = 500 * 1024 * 1024
_SQLITE = "sqlite:///"


def check_versions(_settings: Settings) -> Iterator[Finding]:
    """Say which versions run."""
    yield good("Versions", f"mailchimpsync {__version__}, Python {platform.python_version()}.")


def check_home(settings: Settings) -> Iterator[Finding]:
    """See that nobody else can look into the home."""
    if not settings.home.is_dir():
        yield good("Home", "There is none; everything is set in the environment.")
        return
    mode = stat.S_IMODE(settings.home.stat().st_mode)
    remedy = f"Run `chmod 700 {settings.home}`."
    if mode & stat.S_IWOTH:
        what = f"Everybody on this machine can write in {settings.home}, and so put another key there."
        yield Finding(Level.BAD, "Home", what, remedy)
    elif mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield Finding(Level.WARNING, "Home", f"Others on this machine can get into {settings.home}.", remedy)
    else:
        yield good("Home", f"{settings.home} is open to nobody else.")


def check_key(settings: Settings) -> Iterator[Finding]:
    """See that there is a secret key which nobody else can read."""
    read_keys(settings)
    where = "the environment" if settings.secret_key is not None else f"{settings.key_path}, open to nobody else"
    yield good("Secret key", f"It is in {where}.")


def check_database(settings: Settings) -> Iterator[Finding]:
    """See that the database can be reached, is new enough, and has this version's tables."""
    url = settings.database_url
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).is_file():
        what = f"There is no file {url.removeprefix(_SQLITE)}."
        yield trouble("Database", what, Code.STORE_UNAVAILABLE, remedy="Run `mailchimpsync init`, or restore a backup.")
        return
    store = Store(url)
    try:
        name, version = store.server()
        yield _server(name, version)
        store.check_schema()
        yield good("Tables", "They are those of this version.")
    finally:
        store.close()


def _server(name: str, version: tuple[int, ...]) -> Finding:
    said = f"{name} {'.'.join(map(str, version))}"
    oldest = OLDEST_SERVERS.get(name)
    if oldest is None:
        return Finding(Level.BAD, "Database", f"{said} is none that this program is made for.", "Use MariaDB instead.")
    if version < oldest:
        remedy = f"Use {name} {'.'.join(map(str, oldest))} or newer."
        return Finding(Level.BAD, "Database", f"{said} is too old.", remedy)
    return good("Database", f"{said} is reached.")


def check_disk(settings: Settings) -> Iterator[Finding]:
    """See that there is room where the database is, if it is a file, and where the home is."""
    url = settings.database_url
    places = [Path(url.removeprefix(_SQLITE)).parent] if url.startswith(_SQLITE) else []
    for place in dict.fromkeys([*places, settings.home]):
        if not place.is_dir():
            continue
        free = shutil.disk_usage(place).free
        said = f"{free / 1e9:,.1f} GB are free in {place}."
        yield trouble("Disk", said, Code.DISK_LOW) if free < DISK_BYTES_MIN else good("Disk", said)


def check_configuration(site: Site) -> Iterator[Finding]:
    """See that there is something to sync."""
    connections, accounts = site.configuration.connections, site.configuration.accounts
    if site.configuration.civicrm is None:
        yield Finding(Level.BAD, "Configuration", "There is no CiviCRM site.", "Run `mailchimpsync init`.")
    elif not connections:
        remedy = "Run `mailchimpsync connect`."
        yield Finding(Level.WARNING, "Configuration", "No audience is connected yet.", remedy)
    else:
        said = f"Version {site.version} is valid; connections: {len(connections)}, accounts: {len(accounts)}."
        yield good("Configuration", said)
