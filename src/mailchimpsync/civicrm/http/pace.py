"""The size of a writing request: as much as took some seconds the last time, so that no host cuts it off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from mailchimpsync.runtime import Runtime

REQUEST_SECONDS = 8.0
"""How long a request should take. Many hosts cut one after 30 or 60 s, and the next may take several times as long."""

IN_FLIGHT = 4
"""Requests at the same time. On CiviCRM 6.13 with six PHP workers and two processors, one request at a time made 10
contacts a second, two made 20, four 23, six 20; the number of processors is the limit, not the number of requests."""

_TELLING = 4
"""A request with less than so large a part of the usual records says little: what every request costs counts most."""

T = TypeVar("T")
U = TypeVar("U")


class Pace:
    """The number of records that a request gets, from `first` up to `most`. Safe to use from several threads."""

    def __init__(self, first: int, most: int) -> None:
        self._size, self._most, self._lock = min(first, most), most, Lock()

    @property
    def size(self) -> int:
        """How many records the next request gets."""
        with self._lock:
            return self._size

    def note(self, size: int, seconds: float) -> None:
        """Record how long a request took: the next are at most twice as large, and small enough for their time."""
        fitting = int(size * REQUEST_SECONDS / seconds) if seconds > 0 else self._most
        with self._lock:
            if fitting < self._size and (size * _TELLING >= self._size or seconds > REQUEST_SECONDS):
                self._size = max(1, fitting)
            elif size >= self._size:
                self._size = min(self._most, fitting, 2 * self._size)


def paced(runtime: Runtime, pace: Pace, items: Sequence[T], work: Callable[[Sequence[T]], U]) -> list[U]:
    """Process all items in pieces, a few at once; return the results in order.

    Once a piece has failed no other is started; its error is raised.
    """
    if len(items) <= pace.size:
        return [_timed(runtime, pace, items, work)] if items else []
    pieces = _Pieces(items, pace)
    done: list[tuple[int, U]] = []

    def keep_at_it() -> None:
        try:
            while (piece := pieces.take()) is not None:
                done.append((piece[0], _timed(runtime, pace, piece[1], work)))
        except BaseException:
            pieces.stop()
            raise

    with runtime.executor(IN_FLIGHT) as executor:
        for worker in [executor.submit(keep_at_it) for _ in range(IN_FLIGHT)]:
            worker.result()
    return [result for _, result in sorted(done, key=lambda one: one[0])]


def _timed(runtime: Runtime, pace: Pace, items: Sequence[T], work: Callable[[Sequence[T]], U]) -> U:
    began = runtime.now()
    result = work(items)
    pace.note(len(items), runtime.seconds_since(began))
    return result


class _Pieces(Generic[T]):
    """Items that are taken by several threads, as many at a time as the pace says."""

    def __init__(self, items: Sequence[T], pace: Pace) -> None:
        self._items, self._pace, self._next, self._lock = items, pace, 0, Lock()

    def take(self) -> tuple[int, Sequence[T]] | None:
        """Return the next items, and the place of the first; None if there are no more."""
        with self._lock:
            start = self._next
            self._next = min(start + self._pace.size, len(self._items))
            return (start, self._items[start : self._next]) if start < self._next else None

    def stop(self) -> None:
        """Return no more items."""
        with self._lock:
            self._next = len(self._items)
