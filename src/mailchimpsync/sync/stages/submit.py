"""Stage `readyToSubmitUpdates`: send queued updates, wait for batches, read their results."""

from __future__ import annotations

from datetime import timedelta

from mailchimpsync.errors import RefusedError, TransientError
from mailchimpsync.model import Lane
from mailchimpsync.store.changes import batches, updates
from mailchimpsync.store.changes.batches import BatchRow
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.context import Run, Work
from mailchimpsync.sync.stages.recheck import drop_outdated_subscriptions
from mailchimpsync.sync.updates.batches import recover_batch, refresh_batch
from mailchimpsync.sync.updates.direct import finish_chunk
from mailchimpsync.sync.updates.lanes import send_all
from mailchimpsync.sync.updates.opt_outs import send_changed_directly
from mailchimpsync.sync.updates.results import give_up_results, read_results, record_batch_failure

POLL_FIRST_SECONDS = 1.0
POLL_LONGEST_SECONDS = 60.0

RESULTS_KEPT = timedelta(days=7)


def submit(run: Run) -> bool:
    """Send and wait until no update is open; return whether the stage is complete.

    It is, for the run, once everything is sent: a batch may take Mailchimp hours, and must not keep the next run from
    noticing people who unsubscribed meanwhile. Every later run checks batches still in flight.
    """
    wait = POLL_FIRST_SECONDS
    with run.transaction() as tx:
        under_way, _ = updates.count_open_updates(tx, run.list_id)
    run.expect(under_way)
    while True:
        drop_outdated_subscriptions(run)
        send_changed_directly(run)
        sent = send_all(run)
        if not sent:
            return False
        if collect(run):
            wait = POLL_FIRST_SECONDS
            continue
        if not run.waits_for_batches or not _batches_are_open(run) or run.deadline.reached:
            return True
        run.mailchimp.slots.rest()
        run.deadline.sleep(wait)
        wait = min(wait * 2, POLL_LONGEST_SECONDS)


def collect(work: Work) -> int:
    """Read the results of finished batches; return for how many batches anything was read."""
    with work.transaction() as tx:
        open_batches = batches.unhandled_batches(tx, work.list_id)
    return sum(_collect_one(work, row) for row in open_batches if not work.deadline.is_stopped)


def _collect_one(work: Work, row: BatchRow) -> bool:
    """Check a batch, unless its next attempt isn't due yet; its errors don't stop anything else."""
    if row.try_again_at is not None and work.runtime.now() < row.try_again_at:
        return False
    try:
        return _read_if_finished(work, row)
    except (TransientError, RefusedError) as error:
        if work.deadline.reached:
            raise
        return record_batch_failure(work, row, error)


def _read_if_finished(work: Work, row: BatchRow) -> bool:
    if row.lane != Lane.BATCH:
        finish_chunk(work, row)
        return True
    if row.mailchimp_batch_id is None:
        return recover_batch(work, row) and _read_recovered(work, row.id)
    info = refresh_batch(work, row.id, row.mailchimp_batch_id)
    if info is not None and not info.is_finished and work.runtime.now() - row.created_date <= RESULTS_KEPT:
        return False
    if info is not None and info.is_finished:
        read_results(work, row, info)
    else:
        give_up_results(work, row.id)
    return True


def _read_recovered(work: Work, batch_id: int) -> bool:
    """Check a batch that was found at Mailchimp; if it wasn't, its updates are queued again."""
    with work.transaction() as tx:
        row = batches.batch_row(tx, batch_id)
    return row is None or row.mailchimp_batch_id is None or _read_if_finished(work, row)


def _batches_are_open(run: Run) -> bool:
    with run.transaction() as tx:
        return bool(batches.unhandled_batches(tx, run.list_id))


def outstanding(run: Run) -> int:
    """Return how many updates are still in flight."""
    with run.transaction() as tx:
        total, _ = updates.count_open_updates(tx, run.list_id)
        runs.record_error(tx, run.id, None)
    return total
