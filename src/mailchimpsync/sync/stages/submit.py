"""Stage `readyToSubmitUpdates`: send queued updates in batches, wait for the batches, read their results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from mailchimpsync.addresses import member_id_of
from mailchimpsync.errors import RefusedError, RemoteError, TransientError
from mailchimpsync.mailchimp import (
    OPERATIONS_MAX,
    BatchInfo,
    Operation,
    batch,
    member_path,
    submit_batch,
)
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import MemberStatus
from mailchimpsync.store.changes import updates
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.context import Run, Work
from mailchimpsync.sync.stages.recheck import drop_outdated_subscriptions
from mailchimpsync.sync.updates.lost_batches import find_lost_batch
from mailchimpsync.sync.updates.operation_names import mark_of_batch, operation_name
from mailchimpsync.sync.updates.opt_outs import send_changed_directly, send_opt_outs
from mailchimpsync.sync.updates.personal_values import insert_personal_values
from mailchimpsync.sync.updates.results import give_up_results, read_results, record_batch_failure

POLL_FIRST_SECONDS = 1.0
POLL_LONGEST_SECONDS = 60.0
LOST_ATTEMPTS_MAX = 4
"""How often per call a batch with unknown outcome is searched for and, if missing, sent again."""
SENT_AGAIN_WITHIN = timedelta(hours=1)
"""Older decisions aren't sent again, but decided again."""

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
        run.deadline.sleep(wait)
        wait = min(wait * 2, POLL_LONGEST_SECONDS)


def collect(work: Work) -> int:
    """Read the results of finished batches; return for how many batches anything was read."""
    with work.transaction() as tx:
        open_batches = updates.unhandled_batches(tx, work.list_id)
    return sum(_collect_one(work, row) for row in open_batches if not work.deadline.is_stopped)


def _collect_one(work: Work, row: Any) -> bool:
    """Check a batch, unless its next attempt isn't due yet; its errors don't stop anything else."""
    if row["try_again_at"] is not None and work.runtime.now() < row["try_again_at"]:
        return False
    try:
        return _read_if_finished(work, row)
    except (TransientError, RefusedError) as error:
        if work.deadline.reached:
            raise
        return record_batch_failure(work, row, error)


def _read_if_finished(work: Work, row: Any) -> bool:
    if row["mailchimp_batch_id"] is None:
        if not _recover(work, row):
            return False
        row = _batch_row(work, row["id"])
        if row is None or row["mailchimp_batch_id"] is None:
            return True
    info = refresh_batch(work, row)
    if info is not None and not info.is_finished and work.runtime.now() - row["created_date"] <= RESULTS_KEPT:
        return False
    if info is not None and info.is_finished:
        read_results(work, row, info)
    else:
        give_up_results(work, row["id"])
    return True


def refresh_batch(work: Work, row: Any) -> BatchInfo | None:
    """Ask Mailchimp for a batch's progress, and store it; None: it no longer has the batch."""
    info = batch(work.mailchimp, row["mailchimp_batch_id"])
    if info is not None:
        _record_batch(work, row["id"], info)
    return info


def send_all(work: Work) -> bool:
    """Send every queued update, at least one batch per call; return False if time ran out first.

    Opt-outs that have overtaken an update in flight come first, each in its own request.

    Raises:
        TransientError: Mailchimp doesn't accept a batch, even after retries; queued updates stay queued.
    """
    if not send_opt_outs(work):
        return False
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
            mark = mark_of_batch(tx, work.runtime.chance)
            batch_id = updates.open_batch(tx, work.list_id, [row["id"] for row in queued], work.runtime.now(), mark)
        operations = _operations(work, batch_id, queued, mark)
        try:
            sent = True
            info = submit_batch(work.mailchimp, operations)
        except TransientError as error:
            attempts += 1
            if not error.work_may_be_done:
                _requeue_updates(work, batch_id)
                raise
            if attempts > LOST_ATTEMPTS_MAX:
                raise  # the next call searches for the batch
            sent_at = work.runtime.now()
            work.deadline.sleep(POLL_FIRST_SECONDS * 2**attempts)
            _recover(work, _batch_row(work, batch_id), sent_at)
            continue
        _record_batch(work, batch_id, info)
        work.log(f"Sent {len(operations)} updates to Mailchimp.")


def _operations(work: Work, batch_id: int, queued: Sequence[Any], mark: str) -> list[Operation]:
    try:
        bodies = insert_personal_values(work, {row["id"]: row["data"] for row in queued})
    except RemoteError:
        _requeue_updates(work, batch_id)
        raise
    return [_operation(work, {**row, "data": bodies[row["id"]]}, mark) for row in queued]


def _operation(work: Work, row: Any, mark: str) -> Operation:
    """PUT by hash, POST of tags by name, or DELETE to archive: repeating it does no harm."""
    member_id = row["mailchimp_member_id"] or member_id_of(row["data"]["email_address"])
    member, name = member_path(work.list_id, member_id), operation_name(mark, row["id"])
    if "tags" in row["data"]:
        return Operation("POST", f"{member}/tags", row["data"], name)
    if row["data"].get("status") == MemberStatus.ARCHIVED:
        return Operation("DELETE", member, None, name)
    # A member that has moved or gone meanwhile must not be created.
    method = "PATCH" if _changes_address(row) else "PUT"
    query = "?skip_merge_validation=true" if "skip_merge_validation" in row["attempt"]["tries"] else ""
    return Operation(method, member + query, row["data"], name)


def _changes_address(row: Any) -> bool:
    """Return whether an update gives its member another address."""
    known = row["mailchimp_email"] if row["mailchimp_member_id"] else None
    return known is not None and MemberUpdate.from_body(row["data"]).moves(known)


def _recover(work: Work, row: Any, sent_at: datetime | None = None) -> bool:
    """Find a batch that may not have arrived: store it if it is found, else send its updates again.

    It waits while another batch that may be it isn't finished. Return whether that is settled.
    """
    search = find_lost_batch(work, row, sent_at)
    if search.found is not None:
        _record_batch(work, row["id"], search.found)
    elif search.undecided:
        return False
    elif work.runtime.now() - row["created_date"] > SENT_AGAIN_WITHIN:
        give_up_results(work, row["id"])
    else:
        _requeue_updates(work, row["id"])
    return True


def _batch_row(work: Work, batch_id: int) -> Any:
    with work.transaction() as tx:
        return updates.batch_row(tx, batch_id)


def _requeue_updates(work: Work, batch_id: int) -> None:
    with work.transaction() as tx:
        updates.requeue_batch(tx, batch_id)
        updates.delete_batch(tx, batch_id)


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
        updates.set_batch(tx, batch_id, **values)


def _batches_are_open(run: Run) -> bool:
    with run.transaction() as tx:
        return bool(updates.unhandled_batches(tx, run.list_id))


def outstanding(run: Run) -> int:
    """Return how many updates are still in flight."""
    with run.transaction() as tx:
        total, _ = updates.count_open_updates(tx, run.list_id)
        runs.record_error(tx, run.id, None)
    return total
