"""Numbers of rows for the screens, cached for some seconds: counting a large audience is too slow for a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

from mailchimpsync.actions import Site
from mailchimpsync.actions.status.counts import RowCounts, count_rows
from mailchimpsync.config import Link

GOOD_FOR_SECONDS = 3.0
"""An open page asks every two seconds, so its numbers are never much older than this plus the time of one count."""

REST = 10
"""How many times as long as a count took it stays good at least: an open page keeps a tenth of one processor busy."""

PATIENCE_SECONDS = 0.1
"""How long a page waits for a count; after that it shows the previous numbers, or none, and asks again."""

AT_ONCE_MAX = 2


def counting_threads() -> ThreadPoolExecutor:
    """Return the threads that count; the sites of a fleet share them."""
    return ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="mailchimpsync-count")


_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class CachedCount:
    """The newest count, None before the first; `is_fresh` says whether it is recent enough."""

    counted: RowCounts | None
    is_fresh: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    counted: RowCounts
    at: float
    took: float

    def is_good(self, now: float, shown: int) -> bool:
        return now - self.at < max(GOOD_FOR_SECONDS, REST * shown * self.took)


@dataclass
class CachedCounts:
    """The numbers of all connections of one service. Safe to use from several threads."""

    clock: Callable[[], float] = time.monotonic
    threads: ThreadPoolExecutor = field(default_factory=counting_threads)
    _kept: dict[_Key, _Kept] = field(default_factory=dict)
    _under_way: dict[_Key, Future[RowCounts]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, site: Site, link: Link, *, patience: float | None = PATIENCE_SECONDS, shown: int = 1) -> CachedCount:
        """Return the numbers of a connection; with `patience` None, wait for a fresh count, however long it takes.

        The more connections are `shown` on a page, the older numbers may be: counting all of them has the same share
        of a processor as counting one.

        Raises:
            StoreError: they can't be counted.
        """
        key = (link.audience_id, link.group_id)
        kept = self._kept.get(key)
        if kept is not None and kept.is_good(self.clock(), shown):
            return CachedCount(kept.counted, is_fresh=True)
        try:
            return CachedCount(self._begin(key, site, link).result(timeout=patience), is_fresh=True)
        except TimeoutError:
            return CachedCount(kept.counted if kept is not None else None, is_fresh=False)

    def forget(self) -> None:
        """Drop all counts, because something has just changed."""
        self._kept.clear()

    def _begin(self, key: _Key, site: Site, link: Link) -> Future[RowCounts]:
        """Return the count that is running, or start one."""
        with self._lock:
            future = self._under_way.get(key)
            if future is None:
                future = self.threads.submit(self._count, key, site.for_another_thread(), link)
                self._under_way[key] = future
            return future

    def _count(self, key: _Key, site: Site, link: Link) -> RowCounts:
        started = self.clock()
        try:
            with site.store.reading() as tx:
                counted = count_rows(tx, link)
            self._kept[key] = _Kept(counted, started, self.clock() - started)
            return counted
        finally:
            with self._lock:
                del self._under_way[key]
