"""The seconds in which contacts or groups changed: a small answer that says what to read again.

A mass edit leaves tens of thousands of rows in a few seconds. If two queries find the same number of rows with the
same sum of ids in a second, the rows are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mailchimpsync.civicrm.http.client import Call, Result
from mailchimpsync.errors import RemoteError

SECONDS_MAX = 5_000
"""If there are more seconds, the newest are returned: people who edit one by one need hours for as many."""

CONTACTS, HISTORY = "modified_date", "date"
"""The columns with the time of a change: of a contact, and of a contact's status in a group."""


class Second(NamedTuple):
    """The rows of one second: how many, the sum of their ids, the lowest and highest."""

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
    """Return the call that asks when contacts, trashed ones too, were modified since a time as the site shows it."""
    return _by_second("Contact", CONTACTS, [[CONTACTS, ">=", since], ["is_deleted", "IN", [True, False]]])


def history_call(group_ids: Collection[int], since: str) -> Call:
    """Return the call that asks when the history of groups got its entries, since a time as the site shows it."""
    return _by_second("SubscriptionHistory", HISTORY, [["group_id", "IN", sorted(group_ids)], [HISTORY, ">=", since]])


def _by_second(entity: str, column: str, where: list[list[Any]]) -> Call:
    params = {
        "select": [column, "COUNT(*) AS number", "SUM(id) AS ids", "MIN(id) AS lowest", "MAX(id) AS highest"],
        "where": where,
        "groupBy": [column],
        "orderBy": {column: "DESC"},
        "limit": SECONDS_MAX,
    }
    return entity, "get", params


def seconds_of(since: str, column: str, result: Result | RemoteError | None) -> Seconds | None:
    """Return what was found; None where the site can't answer, which is no error: it only saves work."""
    if not isinstance(result, Result):
        return None
    try:
        return Seconds(since, {str(row[column]): _second(row) for row in result.values})
    except (KeyError, TypeError, ValueError):
        return None


def _second(row: Mapping[str, Any]) -> Second:
    return Second(*(int(row[name]) for name in Second._fields))
