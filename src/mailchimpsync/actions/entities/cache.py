"""`MailchimpsyncCache.get` (docs/reference/php-extension.md#mailchimpsynccacheget)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict, Unpack

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.selection import find_audience, find_links
from mailchimpsync.actions.entities import filters
from mailchimpsync.actions.entities.filters import (
    NumberFilter,
    Paging,
    TextFilter,
    TimeFilter,
)
from mailchimpsync.actions.entities.troubleshoot import troubleshoot_rows
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.store import Transaction
from mailchimpsync.store.queries import lookup
from mailchimpsync.store.queries.lookup import Condition

ENTITY = "MailchimpsyncCache"
NO_STATUS = "none"
ADDED = ("status",)
"""What a row has in addition to its columns."""

TROUBLESHOOT = (
    "civicrm_display_name",
    "civicrm_problem",
    "civicrm_other_groups",
    "most_recent",
    "updates",
    "errors",
)
"""What `troubleshoot` adds."""


class _Filters(TypedDict, total=False):
    """The columns of a row, as filters."""

    mailchimp_list_id: Annotated[TextFilter, Field(description="The audience. Default: all connected audiences.")]
    id: Annotated[NumberFilter, Field(description="The row's id.")]
    sync_status: Annotated[TextFilter, Field(description="`todo`, `live`, `redo`, `ok` or `fail`.")]
    mailchimp_status: Annotated[TextFilter, Field(description="The member's status, such as `subscribed`.")]
    mailchimp_email: Annotated[TextFilter, Field(description="The member's address; case does not matter.")]
    mailchimp_member_id: Annotated[TextFilter, Field(description="The member's id.")]
    civicrm_contact_id: Annotated[NumberFilter, Field(description="The contact.")]
    civicrm_status: Annotated[
        TextFilter,
        Field(description="The contact's status in the subscription group: `Added`, `Removed` … or `none`."),
    ]
    reason: Annotated[TextFilter, Field(description="The reason's code, such as `MAILCHIMP_LEFT`.")]
    mailchimp_updated: Annotated[TimeFilter, Field(description="When the member last changed.")]
    mailchimp_data: Annotated[TextFilter, Field(description="What Mailchimp has about the member, as JSON text.")]
    civicrm_data: Annotated[TextFilter, Field(description="Kept for callers of the PHP extension; empty.")]
    civicrm_groups: Annotated[
        TextFilter,
        Field(description="The contact's status in the connected groups, as `id;status;date` joined by bars."),
    ]


class CacheGet(_Filters, Paging, total=False):
    """The parameters of `get`."""

    troubleshoot: Annotated[
        bool, Field(False, description="Add names, groups, the last updates, and errors with remedies.")
    ]


@action(ENTITY, Scope.READ, name="get")
def cache_get(site: Site, **given: Unpack[CacheGet]) -> list[dict[str, Any]] | int:
    """Look up what is known about people, in one audience or in all connected ones.

    A filter is a value, or an operator with a value: `{"LIKE": "%ann%"}`, `{"IN": ["ok", "fail"]}`, `{"IS NULL": 1}`.
    Rows have the columns of the table `civicrm_mailchimpsync_cache`, and also `civicrm_status` (also as `status`) and
    `civicrm_updated`: the contact's last known status in the subscription group. `troubleshoot` asks CiviCRM for the
    names; if it can't be reached, `civicrm_problem` says so. With `is_count`, the number of rows is returned.

    Raises:
        UsageError: the audience is not connected; no such column; too many rows for one response.
    """
    links = _links(site, given.get("mailchimp_list_id"))
    links_to_ask = links if given.get("troubleshoot") else ()
    source = lookup.cache_with_groups({link.audience_id: link.group_id for link in links})
    with site.store.begin() as tx:
        rows = filters.look_up(tx, source, _conditions(tx, links, given), given)
    if isinstance(rows, list):
        rows = _with_details(site, links_to_ask, rows)
    known = [*source.columns.keys() - {"ours"}, *ADDED, *(TROUBLESHOOT if links_to_ask else ())]
    found: list[dict[str, Any]] | int = filters.select_columns(rows, given.get("columns"), sorted(known))
    return found


def _with_details(site: Site, links: Sequence[Link], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows as they are shown, with what `troubleshoot` adds to those of some connections."""
    for link in links:
        troubleshoot_rows(site, link, [row for row in rows if row["mailchimp_list_id"] == link.audience_id])
    return [_shown(row) for row in rows]


def _links(site: Site, list_id: Any) -> list[Link]:
    """Return the connections to search; one that is named must exist."""
    return [find_audience(site, list_id)] if isinstance(list_id, str) else find_links(site)


def _conditions(tx: Transaction, links: Sequence[Link], given: CacheGet) -> list[Condition]:
    """Return the conditions; an address is found in any spelling."""
    address, status = given.get("mailchimp_email"), given.get("civicrm_status")
    operators: dict[str, Any] = {"=": address} if isinstance(address, str) else dict(address or {})
    lists = [link.audience_id for link in links]
    one, several = operators.pop("=", None), operators.pop("IN", None)
    exact: list[Sequence[str]] = [some for some in ([one] if one is not None else None, several) if some]
    wanted: list[Condition] = [("mailchimp_list_id", "IN", lists)]
    wanted += [lookup.has_address(tx, lists, some) for some in exact]
    filtered = {name: value for name, value in given.items() if name != "troubleshoot"}
    filtered |= {"mailchimp_email": operators, "civicrm_status": {"IS NULL": True} if status == NO_STATUS else status}
    return wanted + filters.conditions(filtered)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """The group status is called `status` in the PHP extension."""
    return {name: value for name, value in row.items() if name != "ours"} | {"status": row["civicrm_status"]}
