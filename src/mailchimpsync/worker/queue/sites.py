"""The sites that a worker has open: the ones used last, so that its memory is bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from mailchimpsync.actions import Fleet, Site

OPEN_MAX = 500
"""How many sites stay open; one takes about 60 kB, and opening it takes about as long as asking for changes."""


class OpenSites:
    """Opens sites, and remembers the ones used last. Threads may share it."""

    def __init__(self, fleet: Fleet, most: int = OPEN_MAX) -> None:
        self._fleet = fleet
        self._most = most
        self._open: OrderedDict[str, Site] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def site(self, name: str) -> Iterator[Site]:
        """Provide a site for this thread alone, with its newest configuration; its clients are closed at the end.

        Its tables must be those of this version.

        Raises:
            UsageError: the fleet has no such site.
            ConfigurationError: its key or its configuration can't be used.
            StoreError: the database can't be used.
        """
        site = self._newest(name)
        try:
            yield site
        finally:
            site.close_clients()

    def _newest(self, name: str) -> Site:
        with self._lock:
            known = self._open.get(name)
        if known is None:
            site = self._fleet.open(name)
        else:
            site = known.for_another_thread()
            site.refresh()
        self._keep(name, site.for_another_thread())
        return site

    def _keep(self, name: str, site: Site) -> None:
        with self._lock:
            self._open[name] = site
            self._open.move_to_end(name)
            while len(self._open) > self._most:
                self._open.popitem(last=False)
