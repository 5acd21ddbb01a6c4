"""What the views share: the site, and what the process passed to `make_application`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Protocol, cast

from django.http import HttpRequest

from mailchimpsync.actions import Site
from mailchimpsync.actions.configuration.tokens import Owner
from mailchimpsync.config import Settings
from mailchimpsync.web.background_tasks import BackgroundTasks
from mailchimpsync.web.cached_counts import CachedCounts
from mailchimpsync.web.limits import Limits, TooManyCallsError

ENVIRON_KEY = "mailchimpsync.service"
BUSY_SECONDS = 5
REFRESH_SECONDS = 1.0


class Door(Protocol):
    """What is at the other end of a request: a site, or the fleet itself."""

    limits: Limits
    metrics: Callable[[], tuple[bytes, str]] | None
    is_alive: Callable[[], bool] | None

    @property
    def settings(self) -> Settings:
        """The settings of the site or of the fleet."""
        ...

    @property
    def owner(self) -> Owner:
        """What tokens give access to."""
        ...

    def check_schema(self) -> None:
        """Check that the database can be used.

        Raises:
            StoreError: it can't.
        """
        ...


class Operators(Protocol):
    """The operators of the fleet that a site is in."""

    def use_link(self, site: str, word: str) -> str | None:
        """Return the operator who opens a site by a link, and use it up; None: it is not valid."""
        ...

    def role_of(self, name: str) -> str | None:
        """Return the role of an operator; None: there is none of this name."""
        ...


@dataclass
class Service:
    """One running service.

    Attributes:
        site: shared by the web threads only; code that needs clients uses `open_site`.
        limits: how often it may be called.
        metrics: returns the text and the content type of `/metrics`.
        is_alive: says whether the worker is running.
        stop: says whether the process is about to end, for runs that were started over HTTP.
        tasks: background tasks started by screens.
        counts: numbers of people for the screens.
        operators: of the fleet, who may come in from its overview.
        shared_slots: what all sites of a fleet have together of the slots for calls.
    """

    site: Site
    limits: Limits
    metrics: Callable[[], tuple[bytes, str]] | None = None
    is_alive: Callable[[], bool] | None = None
    stop: Callable[[], bool] | None = None
    tasks: BackgroundTasks = field(default_factory=BackgroundTasks)
    counts: CachedCounts = field(default_factory=CachedCounts)
    operators: Operators | None = None
    shared_slots: BoundedSemaphore | None = None
    _slots: BoundedSemaphore = field(init=False)
    _refreshed: float = field(init=False, default=float("-inf"))
    _newest_checked: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        self._slots = BoundedSemaphore(self.limits.calls_at_once)

    @property
    def settings(self) -> Settings:
        """Those of the site."""
        return self.site.settings

    @property
    def owner(self) -> Owner:
        """The site."""
        return self.site

    def check_schema(self) -> None:
        """Check that the site's database can be used, or raise a `StoreError`."""
        self.site.store.check_schema()

    def site_for_webhooks(self, *, newest: bool = False) -> Site:
        """Return the shared site with a configuration that is at most a second old, or with the newest.

        Each check needs a turn at the database, and a burst of webhooks would queue for it. So forged webhooks cause
        one check a second at most.
        """
        now = time.monotonic()
        checked = self._newest_checked if newest else self._refreshed
        if now - checked > REFRESH_SECONDS:
            self.site.refresh()
            self._refreshed = now
            if newest:
                self._newest_checked = now
        return self.site

    @contextmanager
    def open_site(self) -> Iterator[Site]:
        """Yield a separate site with the newest configuration and the same store."""
        site = self.site.for_another_thread()
        try:
            site.refresh()
            yield site
        finally:
            site.close_clients()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Take one of the slots for calls, so that long calls leave threads free for webhooks and health checks.

        Raises:
            TooManyCallsError: all are taken.
        """
        with ExitStack() as taken:
            for slots in (self._slots, self.shared_slots):
                if slots is None:
                    continue
                if not slots.acquire(blocking=False):
                    raise TooManyCallsError(f"{self.limits.calls_at_once} calls are already running.", BUSY_SECONDS)
                taken.callback(slots.release)
            yield


def door_of(request: HttpRequest) -> Door:
    """Return what a request is made to: a service, or the fleet's own pages."""
    return cast("Door", request.META[ENVIRON_KEY])


def service_of(request: HttpRequest) -> Service:
    """Return the service that a request is made to."""
    return cast("Service", request.META[ENVIRON_KEY])
