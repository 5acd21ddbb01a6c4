"""One bad record never stops the others (docs/decisions/failures-stay-alone.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from mailchimpsync.errors import RefusedError

T = TypeVar("T")


def send_in_halves(records: Sequence[T], send: Callable[[Sequence[T]], None]) -> dict[T, RefusedError]:
    """Send records in one call; where it is refused, in halves, until the bad record stands alone; return the bad ones.

    Raises:
        TransientError, AccessError: some of the records may have been taken; send all again.
    """
    if not records:
        return {}
    try:
        send(records)
    except RefusedError as error:
        if len(records) == 1:
            return {records[0]: error}
        half = len(records) // 2
        return send_in_halves(records[:half], send) | send_in_halves(records[half:], send)
    return {}
