"""A lock that threads get in the order in which they asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class FairLock:
    """One thread at a time, first come, first served.

    SQLite lets one connection write at a time, and the others retry at longer and longer intervals: a thread that
    writes much keeps out those that write a little now and then, for seconds.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._is_taken = False
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def turn(self, patience_seconds: float) -> Iterator[None]:
        """Hold the lock, after waiting for it.

        Raises:
            TimeoutError: the lock wasn't free in time.
        """
        self._take(patience_seconds)
        try:
            yield
        finally:
            self._hand_on()

    def _take(self, patience_seconds: float) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        if not mine.acquire(timeout=patience_seconds):
            self._give_up(mine)

    def _give_up(self, mine: Lock) -> None:
        with self._guard:
            if mine not in self._waiting:
                return  # it was handed over to us in this moment
            self._waiting.remove(mine)
        raise TimeoutError("no turn")

    def _hand_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False
