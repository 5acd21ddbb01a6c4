"""Work on batches outside a run, still under the lease."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mailchimpsync.errors import Code, RefusedError, UsageError
from mailchimpsync.mailchimp import BatchInfo
from mailchimpsync.messages import say
from mailchimpsync.model import Connection, Lane
from mailchimpsync.runtime import Deadline, NoProgress
from mailchimpsync.store.changes import batches
from mailchimpsync.store.changes.batches import BatchRow
from mailchimpsync.store.runs import pauses, runs
from mailchimpsync.sync.context import Work
from mailchimpsync.sync.lease.lease import owned_lease
from mailchimpsync.sync.options import Systems
from mailchimpsync.sync.stages.submit import collect
from mailchimpsync.sync.updates.batches import refresh_batch
from mailchimpsync.sync.updates.lanes import send_all
from mailchimpsync.sync.updates.opt_outs import send_opt_outs
from mailchimpsync.sync.updates.results import ResultCounts, give_up_results, read_results


def work_under_lease(systems: Systems, connection: Connection, deadline: Deadline, lease: runs.Lease) -> Work:
    """Return work that logs to the newest run, under a lease that is held."""
    with systems.store.begin() as tx:
        newest = runs.last_run(tx, connection.list_id)
    return Work(
        id=newest.id if newest else None,
        connection=connection,
        store=systems.store,
        mailchimp=systems.mailchimp,
        runtime=systems.runtime,
        deadline=deadline,
        progress=NoProgress(),
        lease=lease,
        civicrm=systems.civicrm,
    )


@contextmanager
def _lease_for_work(systems: Systems, connection: Connection, deadline: Deadline) -> Iterator[Work]:
    with owned_lease(systems, connection.list_id, deadline) as lease:
        yield work_under_lease(systems, connection, deadline, lease)


def collect_connection(systems: Systems, connection: Connection, deadline: Deadline) -> int:
    """Read the results of a connection's finished batches; return for how many batches anything was read.

    Updates to be retried in another form after a refusal are sent at once, unless an interrupted run will do so.
    Opt-outs that have waited too long for their batch are sent directly. While the connection is paused, nothing is
    sent.

    Raises:
        BusyError: a run is in progress; it reads them itself.
        RemoteError: Mailchimp can't be reached.
    """
    with _lease_for_work(systems, connection, deadline) as work:
        found = collect(work)
        with work.transaction() as tx:
            is_paused = pauses.is_paused(tx, work.list_id)
        if found:
            _send_retries(work)
        if not is_paused:
            send_opt_outs(work)
        return found


def process_batch(
    systems: Systems, connection: Connection, row: BatchRow, deadline: Deadline, *, again: bool
) -> ResultCounts:
    """Read the results of one finished batch, `again` if they have been read already.

    Raises:
        UsageError: Mailchimp hasn't finished it, or it has been processed already.
        RefusedError: `BATCH_LOST`, Mailchimp no longer has it; its rows are due again.
        BusyError: a run is in progress; it reads them itself.
    """
    with _lease_for_work(systems, connection, deadline) as work:
        info = _finished(work, row, again=again)
        if info is None:
            lost = give_up_results(work, row.id)
            what = say(
                "Mailchimp no longer has batch %(id)s; %(lost)s rows are decided again by the next run.",
                id=row.id,
                lost=lost,
            )
            raise RefusedError(Code.BATCH_LOST, what)
        read = read_results(work, row, info)
        _send_retries(work)
    return read


def _finished(work: Work, row: BatchRow, *, again: bool) -> BatchInfo | None:
    with work.transaction() as tx:
        now = batches.batch_row(tx, row.id) or row
    if now.response_processed == batches.HANDLED and not again:
        raise UsageError(
            say("Batch %(id)s has been processed already. Give force=1 to read its results again.", id=row.id)
        )
    if now.lane != Lane.BATCH:
        what = say("Batch %(id)s was sent without a batch at Mailchimp, so there are no results to read.", id=row.id)
        raise UsageError(what)
    if now.mailchimp_batch_id is None:
        raise UsageError(
            say("It isn't known whether batch %(id)s reached Mailchimp; the next run finds out.", id=row.id)
        )
    info = refresh_batch(work, now.id, now.mailchimp_batch_id)
    if info is not None and not info.is_finished:
        raise UsageError(
            say("Mailchimp hasn't finished batch %(id)s: it is %(status)s.", id=row.id, status=info.status)
        )
    return info


def _send_retries(work: Work) -> None:
    with work.transaction() as tx:
        found = runs.stored_status(tx, work.list_id)
    if found.run_id is None and found.paused_at is None:
        send_all(work)
