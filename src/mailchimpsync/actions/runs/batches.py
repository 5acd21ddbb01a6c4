"""Results of batches, read outside a run: because Mailchimp announced a batch, or somebody looks from time to time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.site import Site
from mailchimpsync.errors import BusyError, Code, LeaseLostError, MailchimpsyncError, UsageError
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import updates
from mailchimpsync.sync import collect_connection, process_batch

SECONDS_MAX = 120


@dataclass(frozen=True, slots=True)
class Processed:
    """What a batch brought: numbers of updates confirmed, refused, and without an answer, which are decided again."""

    id: int
    mailchimp_batch_id: str | None
    confirmed: int
    refused: int
    unanswered: int


def in_wire_form(processed: Processed) -> dict[str, Any]:
    """Return it as an object."""
    return asdict(processed)


@action("MailchimpsyncBatch", Scope.RUN, present=in_wire_form)
def processcompleted(
    site: Site,
    *,
    id: Annotated[int, Field(description="Our id of the batch.", gt=0, lt=2**63)],  # noqa: A002 (the API's name for it)
    force: Annotated[bool, Field(description="Read the results again; what has been taken in stays as it is.")] = False,
) -> Processed:
    """Read the results of a batch that Mailchimp has finished.

    Mailchimp is asked how far the batch is, whoever says that it is finished.

    Raises:
        UsageError: no such batch, its audience is not connected, it is not finished, or has been processed already.
        RefusedError: `BATCH_LOST`, Mailchimp no longer has it; its rows are decided again.
        BusyError: a run is at work; it reads the results itself.
        TransientError: Mailchimp can't be reached; call again.
    """
    with site.store.begin() as tx:
        row = updates.batch_row(tx, id)
    if row is None:
        raise UsageError(f"There is no batch {id}.", code=Code.UNKNOWN)
    link = find_audience(site, row["mailchimp_list_id"])
    deadline = Deadline.after(site.runtime, SECONDS_MAX)
    read = process_batch(site.systems(link), link.connection, row, deadline, again=force)
    return Processed(id, row["mailchimp_batch_id"], read.confirmed, read.refused, read.unanswered)


def collectresults(site: Site, *, stop: Callable[[], bool] | None = None) -> int:
    """Look at all open batches, read the results of finished ones, and return of how many something came.

    Nothing is asked where no batch is open. Connections with a run at work are left to it. One whose account fails
    does not keep the others from being looked at; the first such error is raised at the end.

    Raises:
        MailchimpsyncError: why some could not be looked at.
    """
    with site.store.begin() as tx:
        waiting = updates.lists_with_open_batches(tx)
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
