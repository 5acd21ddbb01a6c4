"""Aborting: stop a run, and drop what isn't finished at Mailchimp.

See docs/reference/php-extension.md#abortsync.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailchimpsync.errors import Code, RemoteError, TransientError
from mailchimpsync.mailchimp import delete_batch
from mailchimpsync.model import Connection, Lane
from mailchimpsync.runtime import Deadline
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import batches, kept_plans, updates
from mailchimpsync.store.changes.batches import BatchRow
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.context import Work
from mailchimpsync.sync.lease.lease import is_held, writing_under
from mailchimpsync.sync.lease.stopping import take_over_lease
from mailchimpsync.sync.opening import drop_run
from mailchimpsync.sync.options import Outcome, Systems
from mailchimpsync.sync.outside_runs import work_under_lease
from mailchimpsync.sync.updates.lost_batches import find_lost_batch

SECONDS_MAX = 120
UPDATES_PER_STEP = 5_000
STATUS = "aborted"
BY = "abort"
"""Recorded as having dropped the plan that an aborted run was carrying out."""


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """A batch that could not be deleted at Mailchimp, and why."""

    batch_id: int
    mailchimp_batch_id: str | None
    error: RemoteError | None


@dataclass(frozen=True, slots=True)
class AbortResult:
    """What an abort did.

    Attributes:
        was_at_work: whether a process held the lease, and was stopped.
        run_id: the run that was ended, if one was running or interrupted.
        batches_deleted: how many batches were deleted at Mailchimp.
        updates_aborted: how many updates were dropped; as many rows failed, until the next run decides again.
        kept: batches that couldn't be deleted; their updates stay in flight.
    """

    was_at_work: bool
    run_id: int | None
    batches_deleted: int
    updates_aborted: int
    kept: tuple[KeptBatch, ...]


def abort_connection(systems: Systems, connection: Connection) -> AbortResult:
    """Stop whatever is running on a connection, delete its batches at Mailchimp, and drop what isn't finished.

    What Mailchimp has already done of a batch stays done; no results are reported, so the next run reads it from the
    members. If a batch can't be deleted, Mailchimp will still work on it: its updates stay open, and the next run reads
    its results, or another abort deletes it.
    """
    store, list_id, runtime = systems.store, connection.list_id, systems.runtime
    was_at_work = is_held(store, list_id)
    deadline = Deadline.after(runtime, SECONDS_MAX)
    with systems.until(deadline), take_over_lease(store, list_id, runtime) as lease, writing_under(systems, lease):
        work = work_under_lease(systems, connection, deadline, lease)
        deleted, kept, aborted = _abort_batches(work)
        aborted += _abort_updates(work, None)
        run_id = _end_run(work)
        _log_abort(replace(work, id=run_id or work.id), deleted, aborted, kept)
    return AbortResult(was_at_work, run_id, deleted, aborted, tuple(kept))


def _abort_batches(work: Work) -> tuple[int, list[KeptBatch], int]:
    """Delete all batches whose results haven't been processed; a failure doesn't affect the others."""
    with work.transaction() as tx:
        rows = batches.unhandled_batches(tx, work.list_id)
    deleted, kept, aborted = 0, [], 0
    for row in rows:
        if work.deadline.reached:
            kept.append(KeptBatch(row.id, row.mailchimp_batch_id, None))
            continue
        try:
            deleted += _delete(work, row)
        except RemoteError as error:
            kept.append(KeptBatch(row.id, row.mailchimp_batch_id, error))
            continue
        aborted += _abort_updates(work, row.id)
    return deleted, kept, aborted


def _delete(work: Work, row: BatchRow) -> bool:
    """Delete a batch at Mailchimp, even one whose response was lost; return whether it existed."""
    if row.lane != Lane.BATCH:
        return False
    batch_id = row.mailchimp_batch_id
    if batch_id is None:
        search = find_lost_batch(work, row)
        if search.undecided:
            raise TransientError(Code.BATCH_UNPROVED, "It isn't known which of the account's batches this is")
        if search.found is None:
            return False
        batch_id = search.found.id
    delete_batch(work.mailchimp, batch_id)
    return True


def _abort_updates(work: Work, batch_id: int | None) -> int:
    """Drop the open updates of a batch, which then counts as processed, or those in no batch."""
    aborted = 0
    while True:
        with work.transaction() as tx:
            number = updates.abort_updates(tx, work.list_id, batch_id, UPDATES_PER_STEP)
            if not number and batch_id is not None:
                batches.set_batch(tx, batch_id, status=STATUS, response_processed=batches.HANDLED)
        if not number:
            return aborted
        aborted += number


def _end_run(work: Work) -> int | None:
    with work.transaction() as tx:
        found = runs.stored_status(tx, work.list_id)
        if found.run_id is not None:
            _drop_kept_plan(tx, work, found.run_id)
            drop_run(tx, found, work.runtime.now(), Outcome.ABORTED.value)
    return found.run_id


def _drop_kept_plan(tx: Transaction, work: Work, run_id: int) -> None:
    """Drop the approved plan of the aborted run; otherwise the next run would carry it out."""
    plan_id = runs.run_start(tx, run_id).kept_plan_id
    if plan_id is not None:
        kept_plans.decide_plan(tx, plan_id, [PlanState.APPROVED], PlanState.DROPPED, work.runtime.now(), BY)


def _log_abort(work: Work, deleted: int, aborted: int, kept: list[KeptBatch]) -> None:
    left = f"; {len(kept)} batches couldn't be deleted" if kept else ""
    work.log(f"Aborted: {deleted} batches were deleted at Mailchimp, and {aborted} updates were dropped{left}.")
