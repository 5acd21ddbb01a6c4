"""A process that can die between any two steps: after its death it reaches neither the store nor the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from mailchimpsync.store import Store


class KilledError(BaseException):
    """The process was killed: nothing in it runs any more, not even what is meant for errors."""


class Life:
    """Counts the durable and remote steps of a process, and ends at one of them."""

    def __init__(self) -> None:
        self.steps = 0
        self.ends_at: int | None = None
        self.is_over = False

    def begin(self, ends_at: int | None = None) -> None:
        """Start a new process."""
        self.steps, self.ends_at, self.is_over = 0, ends_at, False

    def step(self) -> None:
        """Go a step on, or die."""
        self.steps += 1
        if self.is_over or (self.ends_at is not None and self.steps >= self.ends_at):
            self.is_over = True
            raise KilledError


class MortalStore(Store):
    """A store in memory, whose process may die before, within or after each transaction."""

    def __init__(self) -> None:
        super().__init__("sqlite://")
        self.life = Life()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        self.life.step()
        with super().begin() as tx:
            yield tx
            self.life.step()
        self.life.step()
