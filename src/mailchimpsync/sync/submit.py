"""Stage `readyToSubmitUpdates`: send queued updates in batches, wait for the batches, read their results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from mailchimpsync.errors import RemoteError, TransientError
from mailchimpsync.mailchimp import (
    OPERATIONS_MAX,
    BatchInfo,
    Operation,
    batch,
    member_path,
    recent_batches,
    submit_batch,
)
from mailchimpsync.model import MemberStatus, member_id_of, normalise_address
from mailchimpsync.store import runs, updates
from mailchimpsync.sync.context import Run, Work
from mailchimpsync.sync.personal_values import with_personal_values
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
    with run.transaction() as tx:
        under_way, _ = updates.count_open_updates(tx, run.list_id)
    run.expect(under_way)
    while True:
        sent = send_all(run)
        if not sent:
            return False
        if collect(run):
            wait = POLL_FIRST_SECONDS
            continue
        if not run.waits_for_batches or not _batches_are_open(run) or run.deadline.reached:
            return True
        run.deadline.sleep(wait)
        wait = min(wait * 2, POLL_LONGEST_SECONDS)


def collect(work: Work) -> int:
    """Read the results of batches that have finished; return of how many batches something came."""
    with work.transaction() as tx:
        open_batches = updates.unhandled_batches(tx, work.list_id)
    return sum(_collect_one(work, row) for row in open_batches if not work.deadline.is_stopped)


def _collect_one(work: Work, row: Any) -> bool:
    if row["mailchimp_batch_id"] is None:
        _recover(work, row["id"], row["created_date"], row["total_operations"])
        return True
    info = look_at_batch(work, row)
    if info is not None and not info.is_finished and work.runtime.now() - row["created_date"] <= RESULTS_KEPT:
        return False
    if info is not None and info.is_finished:
        read_results(work, row["id"], info)
    else:
        results_are_lost(work, row["id"])
    return True


def look_at_batch(work: Work, row: Any) -> BatchInfo | None:
    """Ask Mailchimp how far a batch is, and note it; None: it no longer knows it."""
    info = batch(work.mailchimp, row["mailchimp_batch_id"])
    if info is not None:
        _note(work, row["id"], info)
    return info


def send_all(work: Work) -> bool:
    """Send every queued update, at least one batch a call; return False if time was over before.

    Raises:
        TransientError: Mailchimp does not take a batch, also after some patience; what is queued stays queued.
    """
    sent = False
    doubts = 0
    while True:
        over = work.deadline.reached if sent else work.deadline.is_stopped
        with work.transaction() as tx:
            queued = updates.unsent_updates(tx, work.list_id, OPERATIONS_MAX, work.sends_updates_of)
            if not queued:
                return True
            if over:
                return False
            batch_id = updates.open_batch(tx, work.list_id, [row["id"] for row in queued], work.runtime.now())
        operations = _operations(work, batch_id, queued)
        try:
            sent = True
            info = submit_batch(work.mailchimp, operations)
        except TransientError as error:
            doubts += 1
            if not error.work_may_be_done:
                _take_back(work, batch_id)
                raise
            if doubts > DOUBTS_MAX:
                raise  # the next call looks for the batch
            sent_at = work.runtime.now()
            work.deadline.sleep(POLL_FIRST_SECONDS * 2**doubts)
            _recover(work, batch_id, sent_at, len(operations))
            continue
        _note(work, batch_id, info)
        work.log(f"Sent {len(operations)} updates to Mailchimp.")


def _operations(work: Work, batch_id: int, queued: Sequence[Any]) -> list[Operation]:
    try:
        bodies = with_personal_values(work, {row["id"]: row["data"] for row in queued})
    except RemoteError:
        _take_back(work, batch_id)
        raise
    return [_operation(work, {**row, "data": bodies[row["id"]]}) for row in queued]


def _operation(work: Work, row: Any) -> Operation:
    """PUT by hash, POST of tags by name, or DELETE to archive: repeating it does no harm (DESIGN 3.8)."""
    member_id = row["mailchimp_member_id"] or member_id_of(row["data"]["email_address"])
    member, mark = member_path(work.list_id, member_id), f"{OPERATION_PREFIX}{row['id']}"
    if "tags" in row["data"]:
        return Operation("POST", f"{member}/tags", row["data"], mark)
    if row["data"].get("status") == MemberStatus.ARCHIVED:
        return Operation("DELETE", member, None, mark)
    method = "PATCH" if _moves(row) else "PUT"  # who has moved or gone meanwhile is not there, and not to be made
    query = "?skip_merge_validation=true" if "skip_merge_validation" in row["attempt"]["tries"] else ""
    return Operation(method, member + query, row["data"], mark)


def _moves(row: Any) -> bool:
    """Say whether an update gives its member another address."""
    known = row["mailchimp_email"] if row["mailchimp_member_id"] else None
    return known is not None and normalise_address(row["data"]["email_address"]) != normalise_address(known)


def _recover(work: Work, batch_id: int, sent_at: datetime, operations: int) -> None:
    """A batch of which we don't know whether it arrived: note the one at Mailchimp that can be it, else send again."""
    info = find_lost_batch(work, sent_at, operations)
    if info is None:
        _take_back(work, batch_id)
    else:
        _note(work, batch_id, info)


def find_lost_batch(work: Work, sent_at: datetime, operations: int) -> BatchInfo | None:
    """Return the batch at Mailchimp that can be the one whose answer was lost, if there is one.

    It is as large, unless Mailchimp has not counted yet. If it is another program's after all, its results answer none
    of our updates, and they are due again.
    """
    with work.transaction() as tx:
        known = updates.known_batch_ids(tx)
    candidates = [
        (info.submitted_at, info.id, info)
        for info in recent_batches(work.mailchimp)
        if info.id not in known
        and info.total_operations in (0, operations)
        and info.submitted_at is not None
        and info.submitted_at >= sent_at - CLOCKS_DIFFER_AT_MOST
    ]
    return max(candidates, key=lambda found: found[:2])[2] if candidates else None


def _take_back(work: Work, batch_id: int) -> None:
    with work.transaction() as tx:
        updates.take_back(tx, batch_id)
        updates.delete_batch(tx, batch_id)


def _note(work: Work, batch_id: int, info: BatchInfo) -> None:
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
