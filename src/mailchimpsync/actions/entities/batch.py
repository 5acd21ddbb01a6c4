"""`MailchimpsyncBatch.get`, `.create` and `.delete`: updates that were sent together."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict, Unpack

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import RowId
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.entities import filters
from mailchimpsync.actions.entities.editing import exclusive_transaction, existing, read_row
from mailchimpsync.actions.entities.filters import (
    NumberFilter,
    Paging,
    TextFilter,
    TimeFilter,
)
from mailchimpsync.actions.site import Site
from mailchimpsync.errors import UsageError
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import edits
from mailchimpsync.store.changes import batches
from mailchimpsync.store.queries import lookup
from mailchimpsync.store.schema import batch

ENTITY = "MailchimpsyncBatch"
WHAT = "batch"


class _Filters(TypedDict, total=False):
    """The columns of a batch, as filters."""

    id: Annotated[NumberFilter, Field(description="Our id of the batch.")]
    mailchimp_list_id: Annotated[TextFilter, Field(description="The audience.")]
    mailchimp_batch_id: Annotated[TextFilter, Field(description="Mailchimp's id of the batch.")]
    status: Annotated[TextFilter, Field(description="Mailchimp's status, such as `finished`, or `aborted`.")]
    created_date: Annotated[TimeFilter, Field(description="When it was created.")]
    submitted_at: Annotated[TimeFilter, Field(description="When Mailchimp accepted it.")]
    completed_at: Annotated[TimeFilter, Field(description="When Mailchimp finished it.")]
    finished_operations: Annotated[NumberFilter, Field(description="How many of its updates are done.")]
    errored_operations: Annotated[NumberFilter, Field(description="How many of them were refused.")]
    total_operations: Annotated[NumberFilter, Field(description="How many updates it has.")]
    response_processed: Annotated[NumberFilter, Field(description="2: its results have been read.")]


class BatchGet(_Filters, Paging, total=False):
    """The parameters of `get`."""


@action(ENTITY, Scope.READ, name="get")
def batch_get(site: Site, **given: Unpack[BatchGet]) -> list[dict[str, Any]] | int:
    """Look up batches: up to 1,000 updates that were sent together.

    A filter is a value, or an operator with a value, as in `MailchimpsyncCache.get`. Rows have the columns of the
    table `civicrm_mailchimpsync_batch`. With `is_count`, the number of rows is returned.

    Raises:
        UsageError: no such column; too many rows for one response.
    """
    return filters.rows_or_count(site.store, lookup.batches, given)


@action(ENTITY, Scope.CONFIGURE, name="create")
def batch_create(
    site: Site,
    *,
    id: Annotated[RowId | None, Field(description="The batch to change. Default: add a new one.")] = None,  # noqa: A002 (CiviCRM's name)
    mailchimp_list_id: Annotated[str | None, Field(description="The audience of a new batch.", max_length=32)] = None,
    mailchimp_batch_id: Annotated[
        str | None, Field(description="Mailchimp's id of the batch.", pattern="^[A-Za-z0-9_-]{1,64}$")
    ] = None,
    response_processed: Annotated[
        int | None,
        Field(description="0: its results have to be read (again); 2: they have been read.", ge=0, le=2, multiple_of=2),
    ] = None,
) -> list[dict[str, Any]]:
    """Add a batch that exists at Mailchimp, or change a known one; the next run reads its results.

    Results that belong to none of our updates are ignored. Returns the batch.

    Raises:
        UsageError: no such batch or audience; the id belongs to another batch; its updates are waiting for results.
        BusyError: a run on the audience is in progress.
    """
    list_id = read_row(site, batch, id, WHAT)["mailchimp_list_id"] if id else mailchimp_list_id
    if list_id is None or mailchimp_list_id not in (None, list_id):
        raise UsageError("mailchimp_list_id: give the audience of a new batch; that of an existing one can't change.")
    find_audience(site, list_id)
    values = {"mailchimp_batch_id": mailchimp_batch_id, "response_processed": response_processed}
    given = {name: value for name, value in values.items() if value is not None}
    with exclusive_transaction(site, list_id) as tx:
        _check(tx, id, given)
        if id:
            edits.change(tx, batch, id, given)
            return [existing(tx, batch, id, WHAT)]
        new = {"mailchimp_list_id": list_id, "created_date": site.runtime.now(), **given}
        return [existing(tx, batch, edits.add(tx, batch, new), WHAT)]


@action(ENTITY, Scope.CONFIGURE, name="delete")
def batch_delete(
    site: Site,
    *,
    id: Annotated[RowId, Field(description="Our id of the batch.")],  # noqa: A002 (CiviCRM's name)
) -> list[dict[str, Any]]:
    """Delete a batch here with its updates, which must all have their results. Nothing changes at Mailchimp.

    Returns the batch's id.

    Raises:
        UsageError: no such batch, or its updates are waiting for results.
        BusyError: a run on the audience is in progress.
    """
    with exclusive_transaction(site, read_row(site, batch, id, WHAT)["mailchimp_list_id"]) as tx:
        existing(tx, batch, id, WHAT)
        _settled(tx, id)
        edits.remove(tx, batch, id)
    return [{"id": id}]


def _check(tx: Transaction, batch_id: int | None, given: dict[str, Any]) -> None:
    before = existing(tx, batch, batch_id, WHAT)["mailchimp_batch_id"] if batch_id else None
    name = given.get("mailchimp_batch_id", before)
    if name is None:
        raise UsageError("mailchimp_batch_id: give Mailchimp's id of the new batch.")
    if name != before and name in batches.own_batch_ids(tx):
        raise UsageError("mailchimp_batch_id: this batch is already known.")
    if batch_id and (name != (before or name) or given.get("response_processed") == batches.HANDLED):
        _settled(tx, batch_id)


def _settled(tx: Transaction, batch_id: int) -> None:
    if number := edits.count_open_updates_of(tx, batch_id):
        raise UsageError(
            f"Batch {batch_id} has updates that wait for results: {number}. Sync until they arrive, or abort."
        )
