"""Browsing, exporting and including cache rows, by the same filters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import RowId
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.entities.cache import ENTITY
from mailchimpsync.actions.entities.filters import Number, Text
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import UsageError
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import groups
from mailchimpsync.store.engine.paging import Key, Order, Place, Turn
from mailchimpsync.store.queries import browse as stored
from mailchimpsync.store.queries.browse import BrowsedRow, Found
from mailchimpsync.store.queries.filters import NONE, RowFilter, Show

__all__ = [
    "NONE",
    "BrowsedRows",
    "InterestState",
    "Key",
    "Order",
    "Place",
    "RowFilter",
    "Show",
    "Turn",
    "browse",
    "make_filter",
]

_ROWS_AT_ONCE = 2_000
_VALUES_MAX = 1_000

TextList = Annotated[list[Text], Field(min_length=1, max_length=_VALUES_MAX)]
TextOrList = Text | TextList | None


@dataclass(frozen=True, slots=True)
class InterestState:
    """One interest on both sides: whether it is ticked, and the contact's status in its group."""

    interest: str
    group_id: int
    is_ticked: bool
    group_status: str | None


@dataclass(frozen=True)
class BrowsedRows:
    """A page of rows; `interests` are the interests of each row, by row id."""

    link: Link
    found: Found
    interests: Mapping[int, Sequence[InterestState]]


def make_filter(site: Site, list_id: str, **filters: Any) -> RowFilter:
    """Return filters over the rows of an audience; see `RowFilter`.

    Raises:
        UsageError: the audience is not connected.
    """
    return RowFilter(list_id, find_audience(site, list_id).group_id, **filters)


def browse(site: Site, wanted: RowFilter, turn: Turn, *, quick: bool = False) -> BrowsedRows:
    """Return a page of rows; with `quick`, only what can be found in a moment, see `Found.is_whole`."""
    link = find_audience(site, wanted.list_id)
    with site.store.reading() as tx:
        found = stored.find(tx, wanted, turn, quick=quick)
        return BrowsedRows(link, found, _interests(tx, link, found.rows))


def _interests(tx: Transaction, link: Link, rows: Sequence[BrowsedRow]) -> dict[int, list[InterestState]]:
    contacts = [row.civicrm_contact_id for row in rows if row.civicrm_contact_id is not None]
    statuses = groups.group_statuses(tx, link.audience_id, contacts) if link.interests and contacts else {}
    return {
        row.id: [
            InterestState(
                interest,
                group,
                bool((row.mailchimp_interests or {}).get(interest)),
                statuses.get((row.civicrm_contact_id or 0, group)),
            )
            for interest, group in link.interests.items()
        ]
        for row in rows
    }


def export_rows(site: Site, wanted: RowFilter) -> Iterator[BrowsedRow]:
    """Yield all matching rows by id, reading page by page."""
    after = 0
    while some := _export_page(site, wanted, after):
        yield from some
        after = some[-1].id


def _export_page(site: Site, wanted: RowFilter, after: int) -> Sequence[BrowsedRow]:
    with site.store.reading() as tx:
        return stored.stream(tx, wanted, after, _ROWS_AT_ONCE)


@action(ENTITY, Scope.RUN, name="include")
def cache_include(
    site: Site,
    *,
    mailchimp_list_id: Annotated[Text, Field(description="The audience.")],
    id: Annotated[  # noqa: A002 (CiviCRM's name)
        RowId | Annotated[list[RowId], Field(min_length=1, max_length=_VALUES_MAX)] | None,
        Field(description="The row's id, or several."),
    ] = None,
    sync_status: Annotated[TextOrList, Field(description="`ok` or `fail`, or both.")] = None,
    mailchimp_status: Annotated[TextOrList, Field(description="For example `subscribed`, or `none`.")] = None,
    mailchimp_email: Annotated[Text | None, Field(description="A part of the member's address.")] = None,
    civicrm_contact_id: Annotated[Number | None, Field(description="The contact.")] = None,
    civicrm_status: Annotated[
        TextOrList, Field(description="Status in the subscription group, for example `Added`, or `none`.")
    ] = None,
    reason: Annotated[TextOrList, Field(description="Codes of reasons, for example `MC_COMPLIANCE`.")] = None,
    show: Annotated[
        Show | list[Show] | None, Field(description="Rows that are counted together in the comparison of both sides.")
    ] = None,
    everybody: Annotated[bool, Field(description="Confirms that all rows are meant, without any filter.")] = False,
) -> dict[str, int]:
    """Have the next run decide again about all matching rows, and return their number (`affected`).

    A row has to match all filters, and any one of several values of a filter. Rows that are already due, or have an
    update under way, are left alone: they will be decided anyway.

    Raises:
        UsageError: the audience is not connected; there is no filter, and `everybody` is not set.
    """
    given = {
        "ids": _several(id),
        "sync_status": _several(sync_status),
        "mailchimp_status": _several(mailchimp_status),
        "email": mailchimp_email or "",
        "contact_id": civicrm_contact_id,
        "civicrm_status": _several(civicrm_status),
        "reason": _several(reason),
        "show": _several(show),
    }
    wanted = make_filter(site, mailchimp_list_id, **given)
    if wanted == make_filter(site, mailchimp_list_id) and not everybody:
        raise UsageError("Give a filter, for example id or reason, or everybody=true for all rows.")
    return {"affected": include_rows(site, wanted)}


def include_rows(site: Site, wanted: RowFilter) -> int:
    """Have the next run decide again about all matching rows, page by page, and return their number."""
    affected, after = 0, 0
    while True:
        with site.store.begin() as tx:
            last, number = stored.include_some(tx, wanted, after)
        affected += number
        if last is None:
            return affected
        after = last


def _several(given: Any) -> tuple[Any, ...]:
    if given is None:
        return ()
    return tuple(given) if isinstance(given, list) else (given,)
