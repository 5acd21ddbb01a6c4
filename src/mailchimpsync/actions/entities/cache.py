"""`MailchimpsyncCache.get` (existing-extension.md 15.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.described import Scope, action
from mailchimpsync.actions.entities import filters
from mailchimpsync.actions.entities.filters import IsCount, Limit, NumberFilter, Offset, Page, Sort, Text, TextFilter
from mailchimpsync.actions.entities.troubleshoot import troubleshoot_rows
from mailchimpsync.actions.envelope import plain
from mailchimpsync.actions.selection import find_audience
from mailchimpsync.actions.site import Site
from mailchimpsync.store import Transaction, lookup
from mailchimpsync.store.lookup import Condition

ENTITY = "MailchimpsyncCache"
NO_STATUS = "none"


@action(ENTITY, Scope.READ, name="get", present=plain)
def cache_get(
    site: Site,
    *,
    mailchimp_list_id: Annotated[Text, Field(description="The audience.")],
    id: Annotated[NumberFilter, Field(description="The row's number.")] = None,  # noqa: A002 (CiviCRM's name)
    sync_status: Annotated[TextFilter, Field(description="`todo`, `live`, `redo`, `ok` or `fail`.")] = None,
    mailchimp_status: Annotated[TextFilter, Field(description="The member's status, such as `subscribed`.")] = None,
    mailchimp_email: Annotated[TextFilter, Field(description="The member's address; case does not matter.")] = None,
    mailchimp_member_id: Annotated[TextFilter, Field(description="The member's id.")] = None,
    civicrm_contact_id: Annotated[NumberFilter, Field(description="The contact.")] = None,
    civicrm_status: Annotated[
        TextFilter,
        Field(description="The contact's status in the subscription group: `Added`, `Removed` … or `none`."),
    ] = None,
    reason: Annotated[TextFilter, Field(description="The reason's code, such as `MAILCHIMP_LEFT`.")] = None,
    limit: Limit = filters.LIMIT,
    offset: Offset = 0,
    sort: Sort = "id",
    is_count: IsCount = False,
    troubleshoot: Annotated[
        bool, Field(description="Add names, groups, the last updates, and errors with what to do about them.")
    ] = False,
) -> list[dict[str, Any]] | int:
    """Look up what is known of the people of an audience.

    A filter is a value, or an operator with a value: `{"LIKE": "%ann%"}`, `{"IN": ["ok", "fail"]}`, `{"IS NULL": 1}`.
    Rows have the columns of the table `civicrm_mailchimpsync_cache`; besides, `civicrm_status` (also as `status`) and
    `civicrm_updated` say what CiviCRM said last of the contact in the subscription group. `troubleshoot` asks CiviCRM
    for the names; if it can't be reached, `civicrm_problem` says so. With `is_count` a number is returned.

    Raises:
        UsageError: the audience is not connected; no such column; too many rows for one answer.
    """
    link = find_audience(site, mailchimp_list_id)
    given = {
        "id": id,
        "sync_status": sync_status,
        "mailchimp_status": mailchimp_status,
        "mailchimp_email": mailchimp_email,
        "mailchimp_member_id": mailchimp_member_id,
        "civicrm_contact_id": civicrm_contact_id,
        "civicrm_status": {"IS NULL": True} if civicrm_status == NO_STATUS else civicrm_status,
        "reason": reason,
    }
    page = Page(limit, offset, sort, is_count)
    with site.store.begin() as tx:
        wanted = _conditions(tx, mailchimp_list_id, given)
        rows = filters.look_up(tx, lookup.cache_with_group(link.group_id), wanted, page)
    if isinstance(rows, int):
        return rows
    if troubleshoot:
        troubleshoot_rows(site, link, rows)
    return [_shown(row) for row in rows]


def _conditions(tx: Transaction, list_id: str, given: Mapping[str, Any]) -> list[Condition]:
    """Return the conditions; an address is looked for in any spelling."""
    address = given["mailchimp_email"]
    operators = {"=": address} if isinstance(address, str) else dict(address or {})
    exact = operators.pop("=", None)
    wanted: list[Condition] = [("mailchimp_list_id", "=", list_id)]
    if exact is not None:
        wanted.append(lookup.with_address(tx, list_id, exact))
    return wanted + filters.conditions({**given, "mailchimp_email": operators})


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """The group status is called `status` in the PHP extension."""
    return {name: value for name, value in row.items() if name != "ours"} | {"status": row["civicrm_status"]}
