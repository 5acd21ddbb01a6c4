"""What the views share: the site, and what the process around them told `make_application`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import cast

from django.http import HttpRequest

from mailchimpsync.actions import Site
from mailchimpsync.web.background_tasks import BackgroundTasks
from mailchimpsync.web.cached_counts import CachedCounts
from mailchimpsync.web.limits import Limits, TooManyCallsError

ENVIRON_KEY = "mailchimpsync.service"
BUSY_SECONDS = 5
REFRESH_SECONDS = 1.0


@dataclass
class Service:
    """One running service.

    Attributes:
        site: shared by all threads of the web, and by nobody else; what needs clients takes `open_site`.
        limits: how often it may be called.
        metrics: returns the text and the content type of `/metrics`.
        is_alive: says whether the worker is at work.
        stop: says whether the process is about to end, for runs that were started over HTTP.
        errands: what screens have begun.
        counts: the numbers that screens show.
    """

    site: Site
    limits: Limits
    metrics: Callable[[], tuple[bytes, str]] | None = None
    is_alive: Callable[[], bool] | None = None
    stop: Callable[[], bool] | None = None
    errands: BackgroundTasks = field(default_factory=BackgroundTasks)
    counts: CachedCounts = field(default_factory=CachedCounts)
    _slots: BoundedSemaphore = field(init=False)
    _refreshed: float = field(init=False, default=float("-inf"))
    _looked_for_newest: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        self._slots = BoundedSemaphore(self.limits.calls_at_once)

    def site_for_webhooks(self, *, newest: bool = False) -> Site:
        """Return the shared site with a configuration that is at most a second old, or with the newest.

        Each look takes a turn at the database, for which a burst of webhooks queues; so forged ones have the newest
        looked for once a second at most.
        """
        now = time.monotonic()
        looked = self._looked_for_newest if newest else self._refreshed
        if now - looked > REFRESH_SECONDS:
            self.site.refresh()
            self._refreshed = now
            if newest:
                self._looked_for_newest = now
        return self.site

    @contextmanager
    def open_site(self) -> Iterator[Site]:
        """Give a site of one's own, with the newest configuration and the same store."""
        site = self.site.another()
        try:
            site.refresh()
            yield site
        finally:
            site.let_go()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Take one of the places for calls, so that long ones leave threads to webhooks and health.

        Raises:
            TooManyCallsError: all are taken.
        """
        if not self._slots.acquire(blocking=False):
            raise TooManyCallsError(f"{self.limits.calls_at_once} calls are at work already.", BUSY_SECONDS)
        try:
            yield
        finally:
            self._slots.release()


def service_of(request: HttpRequest) -> Service:
    """Return the service that a request is made to."""
    return cast("Service", request.META[ENVIRON_KEY])
