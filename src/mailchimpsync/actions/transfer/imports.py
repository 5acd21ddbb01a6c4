"""Imports a site from a file: as a new site of a fleet, or into a new home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from mailchimpsync.actions.fleet.fleet import Fleet
from mailchimpsync.actions.opening import migrate_site, open_site
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.transfer.file import reading
from mailchimpsync.actions.transfer.fill import check_schema, fill
from mailchimpsync.actions.transfer.passphrase import Protection
from mailchimpsync.config import CONFIG_FILE, Keyring, Settings, load_settings, write_key_file, write_settings
from mailchimpsync.errors import UsageError
from mailchimpsync.messages import say
from mailchimpsync.runtime import Runtime
from mailchimpsync.store import Transaction, transfer
from mailchimpsync.store.fleet.sites import FleetSite


def import_into_fleet(fleet: Fleet, path: Path, passphrase: str, name: str | None = None) -> FleetSite:
    """Import a site as a new one of a fleet, with the name in the file if none is given. All of it, or nothing.

    Raises:
        UsageError: the file can't be used, or the name, or there is such a site already.
    """
    with reading(path) as reader:
        check_schema(reader)
        wanted = name or reader.header.name
        if wanted is None:
            raise UsageError(say("The site in %(file)s has no name. Give it one.", file=path))
        protection = Protection(passphrase, reader.header.salt)
        keys = protection.unwrap(reader.header.secret_keys)

        def fill_tables(tx: Transaction) -> None:
            fill(tx, reader, protection, Keyring(keys))

        return fleet.add(wanted, reader.header.title, keys=keys, fill=fill_tables)


def import_into_home(
    home: Path | None, path: Path, passphrase: str, prepare: Callable[[Site], None], *, database: str | None = None
) -> None:
    """Import a site into a new home, with any database. All of it, or nothing.

    Args:
        home: where to create the home.
        path: the file.
        passphrase: that of the file.
        prepare: creates what the site needs beside the engine's tables.
        database: the database's URL; None: an SQLite file in the home.

    Raises:
        UsageError: the file can't be used, or there is a site already.
        StoreError: the database can't be used.
    """
    before = load_settings(home)
    _check_new(before.home)
    if before.secret_key is not None:
        raise UsageError(
            say("The site brings its own key, so remove MAILCHIMPSYNC_SECRET_KEY from the environment meanwhile.")
        )
    with reading(path) as reader:
        check_schema(reader)
        protection = Protection(passphrase, reader.header.salt)
        keys = protection.unwrap(reader.header.secret_keys)
        with _new_home(before.home, database) as settings:
            write_key_file(settings.key_path, keys)
            migrate_site(settings, Runtime())
            with open_site(settings.home) as site:
                prepare(site)
                with site.store.begin() as tx:
                    _check_empty(tx)
                    fill(tx, reader, protection, Keyring(keys))


def _check_new(home: Path) -> None:
    if (home / CONFIG_FILE).exists():
        raise UsageError(say("There is a site in %(home)s already. Choose another home.", home=home))
    if home.exists() and any(home.iterdir()):
        raise UsageError(say("%(home)s has other files. Choose another home.", home=home))


@contextmanager
def _new_home(home: Path, database: str | None) -> Iterator[Settings]:
    """Build a home beside its place, and move it there when it is complete; a killed import leaves no home."""
    beside = home.with_name(f"{home.name}.importing")
    rmtree(beside, ignore_errors=True)  # of an import that was killed
    try:
        write_settings(beside, database)
        yield load_settings(beside)
        beside.replace(home)
    finally:
        rmtree(beside, ignore_errors=True)


def _check_empty(tx: Transaction) -> None:
    for name, table in transfer.tables().items():
        if transfer.has_table(tx, table) and transfer.count_rows(tx, table):
            raise UsageError(say("The database has rows in %(table)s already. Choose an empty one.", table=name))
