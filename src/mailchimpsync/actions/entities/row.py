"""Details of one row for people: both sides, its last updates, and remedies for errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.entities.browse import BrowsedRows, Turn, browse, make_filter
from mailchimpsync.actions.entities.editing import read_row
from mailchimpsync.actions.entities.troubleshoot import troubleshoot_rows
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.config import Link
from mailchimpsync.errors import Code, Entry, UsageError
from mailchimpsync.messages import say
from mailchimpsync.store.schema import cache


@dataclass(frozen=True)
class RowDetails:
    """A row with its connection; `row` includes what `MailchimpsyncCache.get` adds by `troubleshoot`, except names."""

    link: Link
    row: Mapping[str, Any]
    browsed: BrowsedRows
    reason: Entry | None


def describe_row(site: Site, row_id: int) -> RowDetails:
    """Return all that is known about a row, without asking either side.

    Raises:
        UsageError: no such row, or its audience is no longer connected.
    """
    whole = read_row(site, cache, row_id, "row")
    link = find_audience(site, whole["mailchimp_list_id"])
    browsed = browse(site, make_filter(site, link.audience_id, ids=(row_id,)), Turn())
    if not browsed.found.rows:
        raise UsageError(say("There is no row %(id)s.", id=row_id), code=Code.UNKNOWN)
    row = {**whole, **browsed.found.rows[0]._asdict()}
    troubleshoot_rows(site, link, [row], with_names=False)
    return RowDetails(link, row, browsed, explain_code(row["reason"]) if row["reason"] else None)
