"""Reading ahead: the next part is requested and decoded while one is stored."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

T = TypeVar("T")


def read_ahead(executor: Executor, parts: Iterator[T]) -> Iterator[T]:
    """Yield the same parts; each is made by a thread of the executor while the one before is used."""

    def ask() -> Future[list[T]]:
        return executor.submit(lambda: [part for part in (next(parts, None),) if part is not None])

    following = ask()
    while found := following.result():
        following = ask()
        yield from found
