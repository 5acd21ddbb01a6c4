"""What the engine takes from its surroundings: time, sleep, chance, threads, and somebody to tell how far it is.

All of it is passed in, so that a whole run can be simulated deterministically
(docs/decisions/injected-surroundings.md).
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
"""Of the time of a call, so much at most is kept for what was begun before."""

SLEEP_SLICE_SECONDS = 0.5
"""So that a wish to stop is noticed within a second wherever somebody waits."""


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


class Observer(Protocol):
    """Somebody who counts and measures; it is called from any thread, and must be quick. All times are seconds."""

    def request(self, service: str, method: str, status: int, seconds: float) -> None:
        """Say that a request was answered; status 0: it was not."""

    def stage(self, list_id: str, stage: str, seconds: float) -> None:
        """Say how long a call was at work on a stage."""

    def run(self, list_id: str, outcome: str, seconds: float) -> None:
        """Say how a call of a run ended: its outcome, or the code of the error that ended it."""


class NoObserver:
    """Nobody measures."""

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
    """Clock (aware, UTC), sleep (seconds), chance, executors (by number of threads), and who measures."""

    now: Callable[[], datetime] = wall_clock
    sleep: Callable[[float], None] = time.sleep
    chance: random.Random = field(default_factory=random.SystemRandom)
    executor: Callable[[int], Executor] = ThreadPoolExecutor
    observer: Observer = field(default_factory=NoObserver)

    def seconds_since(self, moment: datetime) -> float:
        """Return how long ago a moment was."""
        return (self.now() - moment).total_seconds()


@dataclass(frozen=True)
class Deadline:
    """The end of the time a call may take: a moment (None: none), or as soon as `stop` says that somebody wants it.

    `stop` is asked often, from any thread, never within a transaction. No work is begun after the moment. What was
    begun before may take until `ends_at`, where that is later: a change that is cut off has to be looked into.
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
        """Return the deadline of a call that ends after `seconds`; the last of them are for what was begun before."""
        if not seconds:
            return cls(runtime, None, stop)
        end = runtime.now() + timedelta(seconds=seconds)
        return cls(runtime, end - timedelta(seconds=min(SPARE_SECONDS_MAX, seconds * SPARE_SHARE)), stop, end)

    @property
    def is_stopped(self) -> bool:
        """Say whether somebody wants to stop."""
        return self.stop is not None and self.stop()

    @property
    def reached(self) -> bool:
        """Say whether the time is over."""
        return (self.at is not None and self.runtime.now() >= self.at) or self.is_stopped

    def seconds_left(self, at_most: float) -> float:
        """Return the time left in seconds, never negative, never more than `at_most`; 0 once somebody wants to stop."""
        if self.is_stopped:
            return 0.0
        if self.at is None:
            return at_most
        return max(0.0, min(at_most, (self.at - self.runtime.now()).total_seconds()))

    def seconds_to_end(self, at_most: float) -> float:
        """Return the time that is left for what is begun now, also if somebody wants to stop."""
        end = self.ends_at or self.at
        return at_most if end is None else max(0.0, min(at_most, (end - self.runtime.now()).total_seconds()))

    def sleep(self, seconds: float) -> bool:
        """Wait, but not beyond the deadline, nor half a second after a wish to stop; say if all of it was waited."""
        left = seconds
        while left > 0 and (part := self.seconds_left(min(left, SLEEP_SLICE_SECONDS))) > 0:
            self.runtime.sleep(part)
            left -= part
        return left <= 0


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """Give a directory that goes at the end.

    Raises:
        StoreError: `TEMPORARY_FILES`.
    """
    with temporary_files():
        directory = TemporaryDirectory(prefix="mailchimpsync-")
    with directory as name:
        yield Path(name)


@contextmanager
def temporary_files() -> Iterator[None]:
    """Around writing temporary files: that it is not possible has a code of its own.

    Raises:
        StoreError: `TEMPORARY_FILES`.
    """
    try:
        yield
    except OSError as error:
        raise no_room(error.strerror or type(error).__name__) from error


def no_room(detail: str) -> StoreError:
    """Return the error that there is no room for temporary files."""
    return StoreError(Code.TEMPORARY_FILES, "Temporary files can't be written.", detail=detail)
