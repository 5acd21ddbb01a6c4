"""What the engine takes from its surroundings: time, sleep, chance, threads, and somebody to tell how far it is.

All of it is passed in, so that a whole run can be simulated deterministically (DESIGN 3.15).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Progress(Protocol):
    """Somebody who wants to know how far a run is."""

    def stage(self, stage: str) -> None:
        """Say that a stage begins."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Say that `done` more items of the stage are done; `total` where it is known."""

    def message(self, text: str) -> None:
        """Say something worth a line, without addresses or secrets."""


class NoProgress:
    """Nobody wants to know."""

    def stage(self, stage: str) -> None:
        """Ignore it."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Ignore it."""

    def message(self, text: str) -> None:
        """Ignore it."""


class InlineExecutor(Executor):
    """Does the work at once, in the caller's thread."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call `fn` now and return a finished future."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 (a future carries every kind of error to whoever asks for it)
            future.set_exception(error)
        return future


@dataclass(frozen=True)
class Runtime:
    """Clock (aware, UTC), sleep (seconds), chance, and executors (by number of threads)."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    chance: random.Random = field(default_factory=random.SystemRandom)
    executor: Callable[[int], Executor] = ThreadPoolExecutor


@dataclass(frozen=True)
class Deadline:
    """The end of the time a call may take; `at` None means no end."""

    runtime: Runtime
    at: datetime | None = None

    @classmethod
    def after(cls, runtime: Runtime, seconds: float | None) -> Deadline:
        """Return the deadline `seconds` from now; None or 0 means none (existing-extension.md 5.1)."""
        return cls(runtime, runtime.now() + timedelta(seconds=seconds) if seconds else None)

    @property
    def reached(self) -> bool:
        """Say whether the time is over."""
        return self.at is not None and self.runtime.now() >= self.at

    def seconds_left(self, at_most: float) -> float:
        """Return the time left in seconds, never negative, never more than `at_most`."""
        if self.at is None:
            return at_most
        return max(0.0, min(at_most, (self.at - self.runtime.now()).total_seconds()))
