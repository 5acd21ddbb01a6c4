"""Writes are read back, as CiviCRM may lose what it reports as saved (docs/decisions/read-back.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from mailchimpsync.civicrm.http.client import CivicrmClient
from mailchimpsync.errors import Code, RefusedError

WRITES_MAX = 3
"""How often a record is written if CiviCRM loses it each time."""

PAUSE_SECONDS = 2.0
"""A record is lost when many write at once; the next try waits until the others are done."""

T = TypeVar("T")

Lost = Mapping[T, bool]
"""Records that aren't there as written, and whether each may be written again."""


def write_until_kept(
    client: CivicrmClient,
    items: Sequence[T],
    write: Callable[[Sequence[T]], Mapping[T, RefusedError]],
    lost: Callable[[Sequence[T]], Lost[T]],
) -> dict[T, RefusedError]:
    """Write records, read them back, and write again what is lost; return those refused or lost for good, with why.

    `write` returns the records that were refused. What is not in the answer was seen in CiviCRM.
    """
    refused: dict[T, RefusedError] = {}
    left = list(items)
    for turn in range(WRITES_MAX):
        if not left or (turn and not client.wait(PAUSE_SECONDS)):
            break
        refused |= write(left)
        found = lost([one for one in left if one not in refused])
        refused |= {one: _not_kept() for one, may_be_written in found.items() if not may_be_written}
        left = [one for one in left if found.get(one)]
    return refused | {one: _not_kept() for one in left}


def _not_kept() -> RefusedError:
    return RefusedError(Code.CV_NOT_KEPT, "CiviCRM reported the change as saved, but it isn't there")
