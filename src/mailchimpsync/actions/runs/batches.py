"""Results of batches, read outside a run: after a webhook from Mailchimp, or in regular checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.site import Site
from mailchimpsync.errors import BusyError, Code, LeaseLostError, MailchimpsyncError, UsageError
from mailchimpsync.messages import say
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import batches
from mailchimpsync.sync import collect_connection, process_batch

SECONDS_MAX = 120


@dataclass(frozen=True, slots=True)
class ProcessedBatch:
    """The result of a batch: numbers of updates confirmed, refused, and unanswered (those are decided again)."""

    id: int
    mailchimp_batch_id: str | None
    confirmed: int
    refused: int
    unanswered: int


@action("MailchimpsyncBatch", Scope.RUN)
def processcompleted(
    site: Site,
    *,
    id: Annotated[int, Field(description="Our id of the batch.", gt=0, lt=2**63)],  # noqa: A002 (the API's name for it)
    force: Annotated[
        bool, Field(description="Read the results again; results that were already applied don't change.")
    ] = False,
) -> ProcessedBatch:
    """Read the results of a batch that Mailchimp has finished.

    Mailchimp is asked for the batch's progress, even if a caller or webhook says that it is finished.

    Raises:
        UsageError: no such batch, its audience is not connected, it is not finished, or it was already processed.
        RefusedError: `BATCH_LOST`, Mailchimp no longer has it; its rows are decided again.
        BusyError: a run is in progress; it reads the results itself.
        TransientError: Mailchimp can't be reached; call again.
    """
    with site.store.begin() as tx:
        row = batches.batch_row(tx, id)
    if row is None:
        raise UsageError(say("There is no batch %(id)s.", id=id), code=Code.UNKNOWN)
    link = find_audience(site, row.mailchimp_list_id)
    deadline = Deadline.after(site.runtime, SECONDS_MAX)
    read = process_batch(site.systems(link), link.connection, row, deadline, again=force)
    return ProcessedBatch(id, row.mailchimp_batch_id, read.confirmed, read.refused, read.unanswered)


def collectresults(site: Site, *, stop: Callable[[], bool] | None = None) -> int:
    """Check all open batches, read the results of finished ones, and return how many had results.

    Mailchimp is asked only about open batches. A connection with a run in progress is left to that run. If one account
    fails, the others are still checked; the first such error is raised at the end.

    Raises:
        MailchimpsyncError: some batches could not be checked.
    """
    with site.store.begin() as tx:
        waiting = batches.lists_with_open_batches(tx)
    found, problems = 0, []
    for link in site.configuration.connections:
        if link.audience_id not in waiting or (stop is not None and stop()):
            continue
        deadline = Deadline.after(site.runtime, SECONDS_MAX, stop)
        try:
            found += collect_connection(site.systems(link), link.connection, deadline)
        except (BusyError, LeaseLostError):
            continue
        except MailchimpsyncError as error:
            problems.append(error)
    if problems:
        raise problems[0]
    return found
