"""A process that can be killed between any two steps; after that it reaches neither store nor network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from mailchimpsync.store import Store


class KilledError(BaseException):
    """The process was killed: nothing in it runs any more, not even error handlers."""


class CrashPoint:
    """Counts the durable and remote steps of a process, and kills it at one of them."""

    def __init__(self) -> None:
        self.steps = 0
        self.at_step: int | None = None
        self.has_crashed = False

    def arm(self, at_step: int | None = None) -> None:
        """Start a new process."""
        self.steps, self.at_step, self.has_crashed = 0, at_step, False

    def step(self) -> None:
        """Count a step, or be killed."""
        self.steps += 1
        if self.has_crashed or (self.at_step is not None and self.steps >= self.at_step):
            self.has_crashed = True
            raise KilledError


class CrashingStore(Store):
    """A store in memory, whose process may be killed before, within or after each transaction."""

    def __init__(self) -> None:
        super().__init__("sqlite://")
        self.crash_point = CrashPoint()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        self.crash_point.step()
        with super().begin() as tx:
            yield tx
            self.crash_point.step()
        self.crash_point.step()
