"""Time limits for requests to a side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from mailchimpsync.runtime import Deadline

if TYPE_CHECKING:
    from mailchimpsync.http import Remote

R = TypeVar("R", bound="Remote")

SECONDS_LEAST = 1.0


def seconds_for_call(deadline: Deadline, max_time: float) -> float:
    """Return the time that is left of `max_time` for a call to which 0 means no limit: never 0, unless that is so."""
    return max(deadline.seconds_left(max_time), SECONDS_LEAST) if max_time > 0 else 0


@contextmanager
def within(client: R, seconds: float) -> Iterator[R]:
    """Let a client retry for at most this many seconds, and no longer than it would anyway."""
    before = client.deadline
    left = seconds if before is None else before.seconds_left(seconds)
    end = client.runtime.now() + timedelta(seconds=left)  # `Deadline.after` would take 0 for no limit
    client.deadline = Deadline(client.runtime, end, before.stop if before else None)
    try:
        yield client
    finally:
        client.deadline = before
