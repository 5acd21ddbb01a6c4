"""What the engine takes from its environment: time, sleep, randomness, threads, progress and metrics.

All of it is passed in, so that a whole run can be simulated deterministically
(docs/decisions/injected-runtime.md).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from mailchimpsync.errors import Code, StoreError

SPARE_SECONDS_MAX, SPARE_SHARE = 10.0, 0.25
"""The most of a call's time that is reserved for finishing what was already started."""

SLEEP_SLICE_SECONDS = 0.5
"""How often a wait checks whether it should stop: a request to stop is noticed within a second."""


class Progress(Protocol):
    """Is told how far a run is."""

    def stage(self, stage: str) -> None:
        """Report that a stage starts."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Report that `done` more items of the stage are done; `total` where it is known."""

    def message(self, text: str) -> None:
        """Report something worth a line, without addresses or secrets."""


class NoProgress:
    """Ignores progress."""

    def stage(self, stage: str) -> None:
        """Ignore it."""

    def advance(self, done: int, total: int | None = None) -> None:
        """Ignore it."""

    def message(self, text: str) -> None:
        """Ignore it."""


class Observer(Protocol):
    """Collects metrics. It is called from any thread, and must be quick. All times are in seconds."""

    def request(self, service: str, method: str, status: int, seconds: float) -> None:
        """Record that a request was answered; status 0: it was not."""

    def stage(self, list_id: str, stage: str, seconds: float) -> None:
        """Record how long a call worked on a stage."""

    def run(self, list_id: str, outcome: str, seconds: float) -> None:
        """Record how a call of a run ended: its outcome, or the code of the error that ended it."""


class NoObserver:
    """Ignores metrics."""

    def request(self, service: str, method: str, status: int, seconds: float) -> None:
        """Ignore it."""

    def stage(self, list_id: str, stage: str, seconds: float) -> None:
        """Ignore it."""

    def run(self, list_id: str, outcome: str, seconds: float) -> None:
        """Ignore it."""


def wall_clock() -> datetime:
    """Return the time by this machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Runtime:
    """Clock (aware, UTC), sleep (seconds), randomness, executors (by number of threads), and metrics.

    Longer waits are cut into slices of `slice_seconds`: between two of them, a request to stop is noticed.
    """

    now: Callable[[], datetime] = wall_clock
    sleep: Callable[[float], None] = time.sleep
    chance: random.Random = field(default_factory=random.SystemRandom)
    executor: Callable[[int], Executor] = ThreadPoolExecutor
    observer: Observer = field(default_factory=NoObserver)
    slice_seconds: float = SLEEP_SLICE_SECONDS

    def seconds_since(self, moment: datetime) -> float:
        """Return how long ago a moment was."""
        return (self.now() - moment).total_seconds()


@dataclass(frozen=True)
class Deadline:
    """The end of a call's time: a moment (None: none), or as soon as `stop` returns True.

    `stop` is called often, from any thread, never within a transaction. No work is started after the moment. Work that
    was started before may take until `ends_at`, where that is later: a change that is cut off has to be checked.
    """

    runtime: Runtime
    at: datetime | None = None
    stop: Callable[[], bool] | None = None
    ends_at: datetime | None = None

    @classmethod
    def after(cls, runtime: Runtime, seconds: float | None, stop: Callable[[], bool] | None = None) -> Deadline:
        """Return the deadline `seconds` from now; None or 0 means none (docs/reference/php-extension.md#a-sync)."""
        at = runtime.now() + timedelta(seconds=seconds) if seconds else None
        return cls(runtime, at, stop)

    @classmethod
    def of_call(cls, runtime: Runtime, seconds: float | None, stop: Callable[[], bool] | None = None) -> Deadline:
        """Return the deadline of a call that ends after `seconds`; the last of them are for finishing work."""
        if not seconds:
            return cls(runtime, None, stop)
        end = runtime.now() + timedelta(seconds=seconds)
        return cls(runtime, end - timedelta(seconds=min(SPARE_SECONDS_MAX, seconds * SPARE_SHARE)), stop, end)

    @property
    def is_stopped(self) -> bool:
        """Say whether a stop was requested."""
        return self.stop is not None and self.stop()

    @property
    def reached(self) -> bool:
        """Say whether the time is over."""
        return (self.at is not None and self.runtime.now() >= self.at) or self.is_stopped

    def seconds_left(self, at_most: float) -> float:
        """Return the seconds left, never negative, never more than `at_most`; 0 once a stop was requested."""
        if self.is_stopped:
            return 0.0
        if self.at is None:
            return at_most
        return max(0.0, min(at_most, (self.at - self.runtime.now()).total_seconds()))

    def seconds_to_end(self, at_most: float) -> float:
        """Return the seconds left for work that starts now, even if a stop was requested."""
        end = self.ends_at or self.at
        return at_most if end is None else max(0.0, min(at_most, (end - self.runtime.now()).total_seconds()))

    def sleep(self, seconds: float) -> bool:
        """Wait, not beyond the deadline or a slice after a request to stop; return if it waited in full."""
        left = seconds
        while left > 0 and (part := self.seconds_left(min(left, self.runtime.slice_seconds))) > 0:
            self.runtime.sleep(part)
            left -= part
        return left <= 0


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """Provide a directory that is deleted at the end.

    Raises:
        StoreError: `TEMPORARY_FILES`.
    """
    with temporary_files():
        directory = TemporaryDirectory(prefix="mailchimpsync-")
    with directory as name:
        yield Path(name)


@contextmanager
def temporary_files() -> Iterator[None]:
    """Wrap writing of temporary files, whose failure has its own code.

    Raises:
        StoreError: `TEMPORARY_FILES`.
    """
    try:
        yield
    except OSError as error:
        raise no_room(error.strerror or type(error).__name__) from error


def no_room(detail: str) -> StoreError:
    """Return the error for temporary files that can't be written."""
    return StoreError(Code.TEMPORARY_FILES, "Temporary files can't be written.", detail=detail)
