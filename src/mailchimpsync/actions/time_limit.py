"""Looking at a side for so long, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from mailchimpsync.http import Remote
from mailchimpsync.runtime import Deadline

R = TypeVar("R", bound=Remote)


@contextmanager
def within(client: R, seconds: float) -> Iterator[R]:
    """Let a client wait for better times no longer than until so many seconds from now, nor than it would already."""
    before = client.deadline
    left = seconds if before is None else before.seconds_left(seconds)
    end = client.runtime.now() + timedelta(seconds=left)  # `Deadline.after` takes 0 for none
    client.deadline = Deadline(client.runtime, end, before.stop if before else None)
    try:
        yield client
    finally:
        client.deadline = before
