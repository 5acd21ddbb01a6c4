"""The batch lane: many updates at once, which Mailchimp works off later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from mailchimpsync.decide.lanes import LaneReason
from mailchimpsync.errors import RemoteError, TransientError
from mailchimpsync.mailchimp import OPERATIONS_MAX, BatchInfo, Operation, batch, submit_batch
from mailchimpsync.model import Lane
from mailchimpsync.store.changes import batches, updates
from mailchimpsync.store.changes.batches import BatchRow
from mailchimpsync.store.changes.updates import UnsentUpdate
from mailchimpsync.sync.context import Work
from mailchimpsync.sync.updates.lost_batches import find_lost_batch
from mailchimpsync.sync.updates.operation_names import mark_of_batch
from mailchimpsync.sync.updates.operations import operations_for
from mailchimpsync.sync.updates.results import give_up_results

PAUSE_SECONDS = 1.0
LOST_ATTEMPTS_MAX = 4
"""How often per call a batch with unknown outcome is searched for and, if missing, sent again."""
SENT_AGAIN_WITHIN = timedelta(hours=1)
"""Older decisions aren't sent again, but decided again."""


def send_batches(work: Work, reason: LaneReason) -> bool:
    """Send every queued update, at least one batch per call; return False if time ran out first.

    Raises:
        TransientError: Mailchimp doesn't accept a batch, even after retries; queued updates stay queued.
    """
    sent = False
    attempts = 0
    while True:
        over = work.deadline.reached if sent else work.deadline.is_stopped
        with work.transaction() as tx:
            queued = updates.unsent_updates(tx, work.list_id, OPERATIONS_MAX, work.sends_updates_of)
            if not queued:
                return True
            if over:
                return False
            mark, now = mark_of_batch(tx, work.runtime.chance), work.runtime.now()
            ids = [row.id for row in queued]
            batch_id = batches.open_batch(tx, work.list_id, ids, now, mark=mark, lane=Lane.BATCH, lane_reason=reason)
        operations = _operations(work, batch_id, queued, mark)
        try:
            sent = True
            info = submit_batch(work.mailchimp, operations)
        except TransientError as error:
            attempts += 1
            if not error.work_may_be_done:
                requeue_updates(work, batch_id)
                raise
            if attempts > LOST_ATTEMPTS_MAX:
                raise  # the next call searches for the batch
            sent_at = work.runtime.now()
            work.deadline.sleep(PAUSE_SECONDS * 2**attempts)
            recover_batch(work, batch_row(work, batch_id), sent_at)
            continue
        _record_batch(work, batch_id, info)
        work.log(f"Sent {len(operations)} updates to Mailchimp.")


def _operations(work: Work, batch_id: int, queued: Sequence[UnsentUpdate], mark: str) -> list[Operation]:
    try:
        return operations_for(work, queued, mark)
    except RemoteError:
        requeue_updates(work, batch_id)
        raise


def recover_batch(work: Work, row: BatchRow, sent_at: datetime | None = None) -> bool:
    """Find a batch that may not have arrived: store it if it is found, else send its updates again.

    It waits while another batch that may be it isn't finished. Return whether that is settled.
    """
    search = find_lost_batch(work, row, sent_at)
    if search.found is not None:
        _record_batch(work, row.id, search.found)
    elif search.undecided:
        return False
    elif work.runtime.now() - row.created_date > SENT_AGAIN_WITHIN:
        give_up_results(work, row.id)
    else:
        requeue_updates(work, row.id)
    return True


def refresh_batch(work: Work, batch_id: int, mailchimp_batch_id: str) -> BatchInfo | None:
    """Ask Mailchimp for a batch's progress, and store it; None: it no longer has the batch."""
    info = batch(work.mailchimp, mailchimp_batch_id)
    if info is not None:
        _record_batch(work, batch_id, info)
    return info


def batch_row(work: Work, batch_id: int) -> BatchRow:
    """Return a batch that is stored."""
    with work.transaction() as tx:
        return batches.stored_batch(tx, batch_id)


def requeue_updates(work: Work, batch_id: int) -> None:
    """Queue the updates of a batch again that was certainly not sent."""
    with work.transaction() as tx:
        batches.requeue_batch(tx, batch_id)
        batches.delete_batch(tx, batch_id)


def _record_batch(work: Work, batch_id: int, info: BatchInfo) -> None:
    with work.transaction() as tx:
        values = {
            "mailchimp_batch_id": info.id,
            "status": info.status,
            "submitted_at": info.submitted_at,
            "completed_at": info.completed_at,
            "finished_operations": info.finished_operations,
            "errored_operations": info.errored_operations,
        }
        if info.total_operations:
            values["total_operations"] = info.total_operations
        batches.set_batch(tx, batch_id, **values)
