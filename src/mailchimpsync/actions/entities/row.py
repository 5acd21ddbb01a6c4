"""All that is known of one row, for people: both sides, its last updates, and what to do about errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailchimpsync.actions.entities.browse import Browsed, Turn, browse, want
from mailchimpsync.actions.entities.editing import look_at
from mailchimpsync.actions.entities.troubleshoot import troubleshoot_rows
from mailchimpsync.actions.explained import explained
from mailchimpsync.actions.said import say
from mailchimpsync.actions.selection import find_audience
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import Code, Entry, UsageError
from mailchimpsync.store.schema import cache


@dataclass(frozen=True)
class RowDetails:
    """A row with its connection; `row` also has what `MailchimpsyncCache.get` adds by `troubleshoot`, but the name."""

    link: Link
    row: Mapping[str, Any]
    browsed: Browsed
    reason: Entry | None


def describe_row(site: Site, row_id: int) -> RowDetails:
    """Return all that is known of a row, without asking either side.

    Raises:
        UsageError: there is no such row, or its audience is not connected any more.
    """
    whole = look_at(site, cache, row_id, "row")
    link = find_audience(site, whole["mailchimp_list_id"])
    browsed = browse(site, want(site, link.audience_id, ids=(row_id,)), Turn())
    if not browsed.found.rows:
        raise UsageError(say("There is no row %(id)s.", id=row_id), code=Code.UNKNOWN)
    row = {**whole, **browsed.found.rows[0]}
    troubleshoot_rows(site, link, [row], with_names=False)
    return RowDetails(link, row, browsed, explained(row["reason"]) if row["reason"] else None)
