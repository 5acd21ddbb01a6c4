"""Stage `readyToSubmitUpdates`: send queued updates in batches, wait for the batches, read their results."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mailchimpsync.errors import TransientError
from mailchimpsync.mailchimp import (
    OPERATIONS_MAX,
    BatchInfo,
    Operation,
    batch,
    member_path,
    recent_batches,
    submit_batch,
)
from mailchimpsync.model import member_id_of
from mailchimpsync.store import runs, updates
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.results import OPERATION_PREFIX, read_results, results_are_lost

POLL_FIRST_SECONDS = 1.0
POLL_LONGEST_SECONDS = 60.0
DOUBTS_MAX = 4
"""How often in a call a batch whose fate is unknown is looked for and, if it is not there, sent again."""
CLOCKS_DIFFER_AT_MOST = timedelta(minutes=5)
RESULTS_KEPT = timedelta(days=7)


def submit(run: Run) -> bool:
    """Send and wait until no update is open; return whether the stage is complete.

    It is, for the run, once everything is sent: a batch may take Mailchimp hours, and must not keep the next run from
    noticing who left meanwhile. Batches that are still under way are looked at again by every later run.
    """
    wait = POLL_FIRST_SECONDS
    while True:
        sent = send_all(run)
        if not sent:
            return False
        if collect(run):
            wait = POLL_FIRST_SECONDS
            continue
        if not _batches_are_open(run) or run.deadline.reached:
            return True
        run.runtime.sleep(run.deadline.seconds_left(wait))
        wait = min(wait * 2, POLL_LONGEST_SECONDS)


def collect(run: Run) -> bool:
    """Read the results of batches that have finished; return whether anything came of it."""
    found = False
    with run.transaction() as tx:
        open_batches = updates.unhandled_batches(tx, run.list_id)
    for row in open_batches:
        if row["mailchimp_batch_id"] is None:
            found = True
            _recover(run, row["id"], row["created_date"])
            continue
        info = batch(run.mailchimp, row["mailchimp_batch_id"])
        if info is None:
            found = True
            results_are_lost(run, row["id"])
            continue
        _note(run, row["id"], info)
        if info.is_finished:
            found = True
            read_results(run, row["id"], info)
        elif run.runtime.now() - row["created_date"] > RESULTS_KEPT:
            found = True
            results_are_lost(run, row["id"])
    return found


def send_all(run: Run) -> bool:
    """Send every queued update, at least one batch a call; return False if time was over before.

    Raises:
        TransientError: Mailchimp does not take a batch, also after some patience; what is queued stays queued.
    """
    sent = False
    doubts = 0
    while True:
        with run.transaction() as tx:
            queued = updates.unsent_updates(tx, run.list_id, OPERATIONS_MAX, run.sends_updates_of)
            if not queued:
                return True
            if sent and run.deadline.reached:
                return False
            batch_id = updates.open_batch(tx, run.list_id, [row["id"] for row in queued], run.runtime.now())
        operations = [_operation(run, row) for row in queued]
        try:
            sent = True
            info = submit_batch(run.mailchimp, operations)
        except TransientError as error:
            doubts += 1
            if not error.work_may_be_done:
                _take_back(run, batch_id)
                raise
            if doubts > DOUBTS_MAX:
                raise  # the next call looks for the batch
            sent_at = run.runtime.now()
            run.runtime.sleep(run.deadline.seconds_left(POLL_FIRST_SECONDS * 2**doubts))
            _recover(run, batch_id, sent_at)
            continue
        _note(run, batch_id, info)
        run.log(f"Sent {len(operations)} updates to Mailchimp.")


def _operation(run: Run, row: Any) -> Operation:
    """PUT by hash: repeating it does no harm (DESIGN 3.8)."""
    member_id = row["mailchimp_member_id"] or member_id_of(row["data"]["email_address"])
    query = "?skip_merge_validation=true" if "skip_merge_validation" in row["attempt"]["tries"] else ""
    path = member_path(run.list_id, member_id) + query
    return Operation("PUT", path, row["data"], f"{OPERATION_PREFIX}{row['id']}")


def _recover(run: Run, batch_id: int, sent_at: Any) -> None:
    """A batch of which we don't know whether it arrived: take the one at Mailchimp that can be it, else send again.

    If it is another program's batch after all, its results answer none of our updates, and they are due again.
    """
    with run.transaction() as tx:
        known = updates.known_batch_ids(tx)
    candidates = [
        info
        for info in recent_batches(run.mailchimp)
        if info.id not in known
        and info.submitted_at is not None
        and info.submitted_at >= sent_at - CLOCKS_DIFFER_AT_MOST
    ]
    if not candidates:
        _take_back(run, batch_id)
        return
    _note(run, batch_id, max(candidates, key=lambda info: (info.submitted_at, info.id)))


def _take_back(run: Run, batch_id: int) -> None:
    with run.transaction() as tx:
        updates.take_back(tx, batch_id)
        updates.delete_batch(tx, batch_id)


def _note(run: Run, batch_id: int, info: BatchInfo) -> None:
    with run.transaction() as tx:
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
        updates.set_batch(tx, batch_id, **values)


def _batches_are_open(run: Run) -> bool:
    with run.transaction() as tx:
        return bool(updates.unhandled_batches(tx, run.list_id))


def outstanding(run: Run) -> int:
    """Return how many updates are still under way."""
    with run.transaction() as tx:
        total, _ = updates.count_open_updates(tx, run.list_id)
        runs.note_error(tx, run.id, None)
    return total
