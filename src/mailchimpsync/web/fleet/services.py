"""The services of a fleet's sites: one for each that was asked for lately."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock

from django.db import connections
from sqlalchemy import text

from mailchimpsync.actions import Fleet
from mailchimpsync.actions.configuration.tokens import Owner
from mailchimpsync.actions.fleet_operations import carry_out, use_link
from mailchimpsync.config import Settings
from mailchimpsync.store.fleet import sites
from mailchimpsync.store.fleet.sites import FleetSite
from mailchimpsync.web import tables
from mailchimpsync.web.background_tasks import TASKS_OF_FLEET_MAX, BackgroundTasks
from mailchimpsync.web.cached_counts import CachedCounts, counting_threads
from mailchimpsync.web.limits import Limits
from mailchimpsync.web.responses import log_unexpected
from mailchimpsync.web.service import Service

FLEET_URLCONF = "mailchimpsync.web.fleet.urls"

KEPT_MAX = 200
"""How many sites are kept open. Opening one takes some queries, and each keeps its configuration in memory."""

GOOD_FOR_SECONDS = 1.0
"""How long a site's row is believed: then it may have been removed, or have other keys or another host name."""

CALLS_AT_ONCE_MAX = 10
"""How many of the server's threads long calls of all sites may keep: the others are for webhooks and health."""

_ROLE = text("SELECT role FROM mailchimpsync_user WHERE name = :name")  # `models.User`, which needs Django set up


@dataclass
class _Kept:
    site: FleetSite
    keys: str
    service: Service
    checked_at: float


@dataclass
class FleetService:
    """What the fleet's own pages are given, and where the services of its sites are found. Threads share it.

    Attributes:
        metrics: returns the text and the content type of `/metrics`.
        is_alive: not used: workers are processes of their own.
        stop: says whether the process is about to end.
    """

    fleet: Fleet
    limits: Limits
    metrics: Callable[[], tuple[bytes, str]] | None = None
    is_alive: Callable[[], bool] | None = None
    stop: Callable[[], bool] | None = None
    kept_max: int = KEPT_MAX
    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)
    _slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(CALLS_AT_ONCE_MAX))
    _task_slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(TASKS_OF_FLEET_MAX))
    _threads: ThreadPoolExecutor = field(default_factory=counting_threads)
    _operations: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "mailchimpsync-operation"))

    @property
    def settings(self) -> Settings:
        """The fleet's own."""
        return self.fleet.settings

    @property
    def owner(self) -> Owner:
        """The fleet."""
        return self.fleet

    def check_schema(self) -> None:
        """Check that the fleet's database can be used, or raise a `StoreError`."""
        self.fleet.store.check_schema()

    def service_of(self, name: str) -> Service | None:
        """Return the service of a site; None: there is no such site.

        Raises:
            ConfigurationError: its key or configuration can't be used.
            StoreError: the database can't be used, or the site has the schema of another version.
        """
        kept = self._kept.get(name)
        if kept is None or time.monotonic() - kept.checked_at > GOOD_FOR_SECONDS:
            kept = self._checked(name, kept)
        if kept is None:
            return None
        with self._lock:
            self._kept[name] = kept
            self._kept.move_to_end(name)
            self._close_oldest()
        return kept.service

    def name_at(self, host: str) -> str | None:
        """Return the name of the site with this host name of its own; None: no site has it."""
        with self.fleet.store.reading() as tx:
            return sites.name_at(tx, host)

    def use_link(self, site: str, word: str) -> str | None:
        """Return the operator who opens a site by a link, and use it up; None: it is not valid."""
        return use_link(self.fleet, site, word)

    def role_of(self, name: str) -> str | None:
        """Return the role of an operator, as it is now; None: there is none of this name."""
        with self.fleet.store.reading() as tx:
            found = tx.execute(_ROLE, {"name": name}).scalar_one_or_none()
        return str(found) if found is not None else None

    def carry_out(self, number: int) -> None:
        """Carry an operation out after those that were begun before, in a thread of its own."""
        self._operations.submit(self._carry_out, number)

    def _carry_out(self, number: int) -> None:
        try:
            carry_out(self.fleet, number, self.stop or (lambda: False))
        except Exception:  # noqa: BLE001 (its page shows which sites it didn't reach)
            log_unexpected()
        finally:
            connections.close_all()  # an upgrade opens Django's in this thread, which lives on

    def _checked(self, name: str, kept: _Kept | None) -> _Kept | None:
        """Read a site's row, and open the site again if it isn't the same any more."""
        now = time.monotonic()
        with self.fleet.store.reading() as tx:
            site = sites.find_site(tx, name)
            keys = sites.keys_of(tx, name) if site is not None else ""
        if site is None:
            with self._lock:
                self._kept.pop(name, None)
            return None
        if kept is not None and (kept.site, kept.keys) == (site, keys):
            kept.checked_at = now
            return kept
        return _Kept(site, keys, self._opened(name, kept), now)

    def _opened(self, name: str, kept: _Kept | None) -> Service:
        """Open a site. Tasks that were started in a service go on in the next."""
        site = self.fleet.open(name)
        tables.bring_up(site.store)
        return Service(
            site,
            self.limits,
            stop=self.stop,
            tasks=kept.service.tasks if kept is not None else BackgroundTasks(self._task_slots),
            counts=CachedCounts(threads=self._threads),
            operators=self,
            shared_slots=self._slots,
        )

    def _close_oldest(self) -> None:
        """Forget the sites that nobody has asked for in the longest time, but none with a task under way."""
        for name in [*self._kept][: max(0, len(self._kept) - self.kept_max)]:
            if not self._kept[name].service.tasks.are_under_way:
                self._kept.pop(name).service.site.close_clients()

    def close(self) -> None:
        """Close everything but the fleet."""
        self._threads.shutdown(wait=False)
        self._operations.shutdown(wait=False, cancel_futures=True)
        for kept in self._kept.values():
            kept.service.site.close_clients()
