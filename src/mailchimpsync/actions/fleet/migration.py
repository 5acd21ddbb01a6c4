"""Migrates a fleet: its own tables, then each site in a transaction of its own, several at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from os import cpu_count

from mailchimpsync.actions.fleet.fleet import Fleet
from mailchimpsync.config import Settings
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.store.fleet import sites
from mailchimpsync.store.fleet.database import FleetStore, migrate_site

PROCESSES_MAX = 4
ALONE_UP_TO = 8
"""So few sites are migrated by this process: starting others takes longer."""


@dataclass(frozen=True, slots=True)
class MigratedSite:
    """A site that was brought up to this version; `problem` says why it was not."""

    name: str
    problem: str | None


def migrate_fleet(settings: Settings) -> None:
    """Bring the fleet's own tables up to this version.

    Raises:
        StoreError: its database can't be used.
    """
    store = FleetStore(settings.database_url)
    try:
        store.migrate()
    finally:
        store.close()


def migrate_sites(fleet: Fleet, opener: Callable[[], Fleet]) -> Iterator[MigratedSite]:
    """Bring every site up to this version. One that fails keeps its tables as they were, and stops no other.

    Args:
        fleet: whose own tables are up to date.
        opener: opens it again in another process, so it has to be importable there. Alembic migrates one database at a
            time in a process.
    """
    names = fleet.names()
    if len(names) <= ALONE_UP_TO:
        yield from (migrate_one(fleet, name) for name in names)
        return
    number = min(PROCESSES_MAX, cpu_count() or 1)
    with ProcessPoolExecutor(number, get_context("spawn"), initializer=_open, initargs=(opener,)) as pool:
        for done in as_completed([pool.submit(_migrate_here, name) for name in names]):
            yield done.result()


_here: Fleet | None = None
"""The fleet in a process that migrates some of its sites."""


def _open(opener: Callable[[], Fleet]) -> None:
    global _here  # noqa: PLW0603 (how a process of a pool keeps what it needs for each of its tasks)
    _here = opener()


def _migrate_here(name: str) -> MigratedSite:
    if _here is None:
        raise RuntimeError(name)
    return migrate_one(_here, name)


def migrate_one(fleet: Fleet, name: str) -> MigratedSite:
    """Bring a site up to this version; if that fails, its tables stay as they were."""
    try:
        with fleet.store.begin() as tx:
            site = sites.find_site(tx, name)
            if site is None:  # removed meanwhile
                return MigratedSite(name, None)
            migrate_site(tx, site)
        if fleet.more_tables is not None:
            fleet.more_tables.bring_up(fleet.store.store_of(site))
    except MailchimpsyncError as error:
        return MigratedSite(name, str(error))
    except Exception as error:  # noqa: BLE001 (an unexpected error of one site must not stop the others)
        return MigratedSite(name, f"{type(error).__name__}: {error}")
    return MigratedSite(name, None)
