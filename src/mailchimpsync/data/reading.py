"""Reads CiviCRM for plugins in few requests; data missing from a response is an error, never an empty value."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from mailchimpsync.civicrm import succeeded
from mailchimpsync.civicrm.http.paging import may_be_cut_off
from mailchimpsync.data.plugin_api import CannotTellError, Lookup
from mailchimpsync.messages import say

ROWS_MAX = 50_000
"""Rows of a few columns in one response."""

PAGES_MAX = 400
Row = dict[str, Any]


def contacts_with(civicrm: Lookup, contact_ids: Sequence[int], fields: Sequence[str]) -> dict[int, Row]:
    """Return contacts that aren't in the trash, by id; contacts that CiviCRM doesn't show are left out.

    Raises:
        CannotTellError: CiviCRM doesn't know a field, which it then silently leaves out.
    """
    found = civicrm.call("Contact", "get", contacts_call(contact_ids, fields)[2])
    return by_id(found, fields)


def contacts_call(contact_ids: Sequence[int], fields: Sequence[str]) -> tuple[str, str, Mapping[str, Any]]:
    """Return the call that reads contacts."""
    where = [["id", "IN", list(contact_ids)], ["is_deleted", "=", False]]
    return "Contact", "get", {"select": ["id", *fields], "where": where, "limit": len(contact_ids)}


def by_id(found: Sequence[Row], fields: Collection[str]) -> dict[int, Row]:
    """Return contacts by id.

    Raises:
        CannotTellError: a field is missing.
    """
    for missing in (field for field in fields if any(field not in row for row in found[:1])):
        raise CannotTellError(say("CiviCRM knows no contact field %(name)s", name=missing))
    return {row["id"]: row for row in found}


def rows_of(
    civicrm: Lookup, entity: str, fields: Sequence[str], where: list[list[Any]], first: list[Row] | None = None
) -> Iterator[Row]:
    """Yield all rows that match, by id, in pages; `first` is the first page if it was already read with other data.

    Raises:
        CannotTellError: there are more than `PAGES_MAX` pages.
    """
    found = first if first is not None else civicrm.call(entity, "get", rows_call(entity, fields, where)[2])
    for _ in range(PAGES_MAX):
        yield from found
        if not may_be_cut_off(len(found), ROWS_MAX):
            return
        further = [*where, ["id", ">", found[-1]["id"]]]
        found = civicrm.call(entity, "get", rows_call(entity, fields, further)[2])
    raise CannotTellError(say("CiviCRM has more %(entity)s rows than can be read", entity=entity))


def rows_call(entity: str, fields: Sequence[str], where: list[list[Any]]) -> tuple[str, str, Mapping[str, Any]]:
    """Return the call for the first page of rows."""
    return entity, "get", {"select": ["id", *fields], "where": where, "orderBy": {"id": "ASC"}, "limit": ROWS_MAX}


def rows_of_calls(civicrm: Lookup, calls: Mapping[str, tuple[str, str, Mapping[str, Any]]]) -> dict[str, list[Row]]:
    """Return the rows of several calls made in one request.

    Raises:
        RemoteError: one of them failed.
    """
    return {name: succeeded(result).values for name, result in civicrm.multi(calls).items()} if calls else {}
