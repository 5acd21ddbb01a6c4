"""`MailchimpsyncUpdate.get`, `.create` and `.delete`: changes on their way to Mailchimp, and their results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, Json, with_config
from typing_extensions import TypedDict, Unpack

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import RowId
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.entities import filters
from mailchimpsync.actions.entities.editing import exclusive_transaction, existing, read_row
from mailchimpsync.actions.entities.filters import (
    NumberFilter,
    Paging,
    Text,
    TextFilter,
    TimeFilter,
)
from mailchimpsync.actions.site import Site
from mailchimpsync.data import holds_token
from mailchimpsync.errors import UsageError
from mailchimpsync.model import MemberStatus, SyncStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import edits
from mailchimpsync.store.changes import updates
from mailchimpsync.store.queries import lookup
from mailchimpsync.store.schema import cache, update

ENTITY = "MailchimpsyncUpdate"
WHAT = "update"

Row = dict[str, Any]


@with_config(extra="forbid", hide_input_in_errors=True)
class MemberChange(TypedDict, total=False):
    """What an update sends about a member (docs/reference/mailchimp-behaviour.md#writing-members)."""

    email_address: Text
    status: MemberStatus
    status_if_new: MemberStatus
    interests: dict[Text, bool]
    merge_fields: dict[Text, str | int | float]


class _Filters(TypedDict, total=False):
    """The columns of an update, as filters."""

    id: Annotated[NumberFilter, Field(description="The update's id.")]
    mailchimpsync_cache_id: Annotated[NumberFilter, Field(description="The row it is for.")]
    mailchimpsync_batch_id: Annotated[NumberFilter, Field(description="The batch it was sent in.")]
    data: Annotated[TextFilter, Field(description="What it sends, as JSON text.")]
    completed: Annotated[NumberFilter, Field(description="0: under way, 1: it has its result.")]
    error_response: Annotated[TextFilter, Field(description="Why it was refused or dropped, as JSON text.")]
    created_date: Annotated[TimeFilter, Field(description="When it was decided.")]
    open_row: Annotated[NumberFilter, Field(description="The row it is for, while it is under way.")]
    attempt: Annotated[TextFilter, Field(description="The attempts so far, as JSON text.")]
    agreed: Annotated[TextFilter, Field(description="What both sides agree on once it is confirmed, as JSON.")]
    run_id: Annotated[NumberFilter, Field(description="The run that decided it.")]


class UpdateGet(_Filters, Paging, total=False):
    """The parameters of `get`."""


@action(ENTITY, Scope.READ, name="get")
def update_get(site: Site, **given: Unpack[UpdateGet]) -> list[dict[str, Any]] | int:
    """Look up updates: changes for single members at Mailchimp.

    A filter is a value, or an operator with a value, as in `MailchimpsyncCache.get`. Rows have the columns of the
    table `civicrm_mailchimpsync_update`. With `is_count`, the number of rows is returned.

    Raises:
        UsageError: no such column; too many rows for one response.
    """
    return filters.rows_or_count(site.store, lookup.updates, given)


@action(ENTITY, Scope.CONFIGURE, name="create")
def update_create(
    site: Site,
    *,
    id: Annotated[RowId | None, Field(description="The update to change. Default: add a new one.")] = None,  # noqa: A002 (CiviCRM's name)
    mailchimpsync_cache_id: Annotated[RowId | None, Field(description="The row a new update is for.")] = None,
    data: Annotated[
        Json[MemberChange] | MemberChange,
        Field(
            description="What to send about the member: `status`, `status_if_new`, `interests`, `merge_fields`. The "
            "`email_address` is added automatically."
        ),
    ],
) -> list[dict[str, Any]]:
    """Queue a change for a member at Mailchimp, or change one that was not sent yet; the next run sends it.

    A row has at most one update under way. After its result, the row is decided again: the manual change counts as a
    change made at Mailchimp. An update that would subscribe a person who has left or must not be mailed is dropped
    instead of being sent, with the reason in `error_response`. Returns the update.

    Raises:
        UsageError: no such update or row; the row already has an update; the update was sent.
        BusyError: a run on the audience is in progress.
    """
    row_id = read_row(site, update, id, WHAT)["mailchimpsync_cache_id"] if id else mailchimpsync_cache_id
    if row_id is None or mailchimpsync_cache_id not in (None, row_id):
        raise UsageError("mailchimpsync_cache_id: give the row of a new update; that of an existing one can't change.")
    list_id = read_row(site, cache, row_id, "row")["mailchimp_list_id"]
    find_audience(site, list_id)
    with exclusive_transaction(site, list_id) as tx:
        row = existing(tx, cache, row_id, "row")
        change = _change(row, data)
        if id:
            _unsent(existing(tx, update, id, WHAT))
            edits.change(tx, update, id, {"data": change, "attempt": {"decided": change, "tries": []}})
            return [existing(tx, update, id, WHAT)]
        return [existing(tx, update, _queue(tx, row, change, site), WHAT)]


@action(ENTITY, Scope.CONFIGURE, name="delete")
def update_delete(
    site: Site,
    *,
    id: Annotated[RowId, Field(description="The update.")],  # noqa: A002 (CiviCRM's name)
) -> list[dict[str, Any]]:
    """Delete an update that has its result, or drop one that was not sent; the next run then decides its row again.

    Returns the update's id.

    Raises:
        UsageError: no such update, or it was sent and has no result yet.
        BusyError: a run on the audience is in progress.
    """
    row_id = read_row(site, update, id, WHAT)["mailchimpsync_cache_id"]
    with exclusive_transaction(site, read_row(site, cache, row_id, "row")["mailchimp_list_id"]) as tx:
        found = existing(tx, update, id, WHAT)
        if not found["completed"]:
            _unsent(found)
            edits.change(tx, cache, row_id, {"sync_status": SyncStatus.TODO.value, "recheck": False})
        edits.remove(tx, update, id)
    return [{"id": id}]


def _change(row: Row, data: Mapping[str, Any]) -> Row:
    """Return what to send: Mailchimp requires the address in every change."""
    change: Row = {"email_address": row["mailchimp_email"], **data}
    if any(holds_token(value) for value in data.get("merge_fields", {}).values()):
        raise UsageError(
            "data: a merge field contains a personal token, which is never stored. Map the source `checksum` instead."
        )
    if not data or change["email_address"] is None:
        raise UsageError("data: give what to change, and the email_address of a person who isn't at Mailchimp yet.")
    return change


def _unsent(found: Row) -> None:
    if found["completed"]:
        raise UsageError(f"Update {found['id']} already has its result. Queue a new one for the row.")
    if found["mailchimpsync_batch_id"] is not None:
        batch_id = found["mailchimpsync_batch_id"]
        raise UsageError(f"Update {found['id']} was sent in batch {batch_id}. Sync until its result arrives, or abort.")


def _queue(tx: Transaction, row: Row, change: Row, site: Site) -> int:
    if (update_id := edits.open_update_of(tx, row["id"])) is not None:
        raise UsageError(f"Row {row['id']} already has update {update_id} under way. Change or delete that update.")
    queued = {
        "mailchimpsync_cache_id": row["id"],
        "data": change,
        "attempt": {"decided": change, "tries": []},
        "agreed": {"subscribed": row["base_subscribed"], "interests": row["base_interests"]},
        "created_date": site.runtime.now(),
        "open_row": row["id"],
        "run_id": None,
    }
    updates.add_updates(tx, [queued])
    edits.drop_plan_of(tx, row["id"])
    edits.change(tx, cache, row["id"], {"sync_status": SyncStatus.LIVE.value, "recheck": True})
    return edits.open_update_of(tx, row["id"]) or 0
