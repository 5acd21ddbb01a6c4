"""What the key's user sees of contacts that are not there any more: the trash, and where merged contacts went.

CiviCRM hides both without a word from a user who lacks the right, so that each looks like a deletion.
Why it is asked so: docs/decisions/what-is-not-visible-is-not-gone.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailchimpsync.civicrm.client import Call, Result
from mailchimpsync.errors import RemoteError

_NO_ACTIVITY = 2_000_000_000
"""An id that no activity has: about it only a user with “view all activities” gets a yes."""

CALLS: Mapping[str, Call] = {
    "trash": ("Contact", "get", {"select": ["id"], "where": [["is_deleted", "=", True]], "limit": 1}),
    "merges": ("Activity", "checkAccess", {"action": "update", "values": {"id": _NO_ACTIVITY}}),
}


@dataclass(frozen=True, slots=True)
class Visibility:
    """Whether contacts in the trash are surely seen, and whether it is seen where merged contacts went.

    A trash in which nothing is seen proves nothing: it may be empty, or hidden.
    """

    trash: bool
    merges: bool


SEES_EVERYTHING = Visibility(trash=True, merges=True)
SEES_NOTHING = Visibility(trash=False, merges=False)


def visibility_of(results: Mapping[str, Result | RemoteError]) -> Visibility:
    """Return what the calls found; what was not answered is not seen."""
    return Visibility(
        trash=any(row.get("id") for row in _rows(results, "trash")),
        merges=any(row.get("access") is True for row in _rows(results, "merges")),
    )


def _rows(results: Mapping[str, Result | RemoteError], name: str) -> list[dict[str, Any]]:
    result = results.get(name)
    return result.values if isinstance(result, Result) else []
