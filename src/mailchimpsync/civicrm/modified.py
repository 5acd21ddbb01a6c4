"""The seconds in which contacts were modified: a small answer that says which contacts to read again.

A mass edit leaves tens of thousands of contacts in a few seconds. If two queries find the same number of contacts with
the same sum of ids in a second, the contacts are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mailchimpsync.civicrm.http.client import Call, Result
from mailchimpsync.errors import RemoteError

SECONDS_MAX = 1_000
"""If there are more seconds, the newest are returned."""


class Second(NamedTuple):
    """The contacts that were last modified in one second: how many, the sum of their ids, the lowest and highest."""

    number: int
    ids: int
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Seconds:
    """The seconds, as the site shows them, from `since` on; `complete`: all of them."""

    since: str
    found: Mapping[str, Second]

    @property
    def complete(self) -> bool:
        """Whether no second was left out."""
        return len(self.found) < SECONDS_MAX


def call(since: str) -> Call:
    """Return the call that asks for the seconds since one, as the site shows it; contacts in the trash count too."""
    params = {
        "select": ["modified_date", "COUNT(*) AS number", "SUM(id) AS ids", "MIN(id) AS lowest", "MAX(id) AS highest"],
        "where": [["modified_date", ">=", since], ["is_deleted", "IN", [True, False]]],
        "groupBy": ["modified_date"],
        "orderBy": {"modified_date": "DESC"},
        "limit": SECONDS_MAX,
    }
    return "Contact", "get", params


def seconds_of(since: str, result: Result | RemoteError | None) -> Seconds | None:
    """Return what was found; None where the site can't answer, which is no error: it only saves work."""
    if not isinstance(result, Result):
        return None
    try:
        return Seconds(since, {str(row["modified_date"]): _second(row) for row in result.values})
    except (KeyError, TypeError, ValueError):
        return None


def _second(row: Mapping[str, Any]) -> Second:
    return Second(*(int(row[name]) for name in Second._fields))
