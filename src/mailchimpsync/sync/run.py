"""A call for one connection, under its lease. If a run is needed, `staged_run.py` makes it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace

from mailchimpsync.errors import (
    BusyError,
    Code,
    MailchimpsyncError,
    TransientError,
)
from mailchimpsync.messages import say
from mailchimpsync.model import Connection, Stage
from mailchimpsync.runtime import Deadline, NoProgress, Progress
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.queries import due
from mailchimpsync.store.runs import runs
from mailchimpsync.sync import attempts
from mailchimpsync.sync.lease.lease import acquired_lease, is_held, writing_under
from mailchimpsync.sync.lease.pausing import refuse_while_paused
from mailchimpsync.sync.lease.stopping import AbortWatch, outcome_of_stop, take_over_lease
from mailchimpsync.sync.options import DEFAULT_OPTIONS, Options, Outcome, Result, Systems
from mailchimpsync.sync.reading.linked_interests import deleted_interests
from mailchimpsync.sync.trust import resolve_trust, trust_is_over
from mailchimpsync.sync.unchanged import NOT_ASKED, fingerprint_of, is_unchanged

_COMPLETE = (Outcome.DONE, Outcome.INCOMPLETE, Outcome.WAITING, Outcome.UNCHANGED)


def run_connection(
    systems: Systems,
    connection: Connection,
    deadline: Deadline,
    options: Options = DEFAULT_OPTIONS,
    progress: Progress | None = None,
) -> Result:
    """Start a run, or continue an interrupted one, until it is complete, stopped, or out of time.

    Raises:
        BusyError: another run of this connection is in progress, or has just ended so that this one isn't due any more.
        EvidenceError, AccessError: nothing was changed; see the remedy.
        TransientError, StoreError: everything done is kept; the next call continues.
    """
    observer, started, outcome = systems.runtime.observer, systems.runtime.now(), Code.INTERNAL.value
    try:
        result = _run(systems, connection, deadline, options, progress or NoProgress())
        outcome = result.outcome.value
        attempts.record_success(systems, result)
    except MailchimpsyncError as error:
        outcome = error.code.value
        attempts.record_failure(systems, connection.list_id, error, options, started)
        raise
    except Exception as error:
        unexpected = MailchimpsyncError(Code.INTERNAL, type(error).__name__)
        attempts.record_failure(systems, connection.list_id, unexpected, options, started)
        raise
    finally:
        observer.run(connection.list_id, outcome, systems.runtime.seconds_since(started))
    return result


def _run(systems: Systems, connection: Connection, deadline: Deadline, options: Options, progress: Progress) -> Result:
    watch = AbortWatch(systems.store, connection.list_id, systems.runtime)
    deadline = watch.joined_to(deadline)
    with ExitStack() as stack:
        stack.enter_context(systems.until(deadline))
        lease = stack.enter_context(_lease(systems, connection, options))
        stack.enter_context(writing_under(systems, lease))
        stack.enter_context(_infrequent_garbage_collection())
        refuse_while_paused(systems.store, connection.list_id)
        _check_still_due(systems, connection, options)
        try:
            result = _run_with_lease(systems, connection, deadline, options, progress, lease, watch)
            result = replace(result, trust_is_over=trust_is_over(systems.store, connection))
            return _with_contact_records(systems, connection, deadline, lease, result)
        except TransientError:
            if not deadline.is_stopped:
                raise
        # The stop has cut off a request, so its error says nothing about the other side.
        with systems.store.begin() as tx:
            found = runs.stored_status(tx, connection.list_id)
        return Result(connection.list_id, found.run_id or 0, outcome_of_stop(found, was_asked=watch()), found.stage)


def _lease(systems: Systems, connection: Connection, options: Options) -> AbstractContextManager[runs.Lease]:
    store, list_id = systems.store, connection.list_id
    if options.take_over:
        return take_over_lease(store, list_id, systems.runtime)
    if options.force_restart and is_held(store, list_id):
        raise BusyError(
            Code.BUSY,
            say(
                "Another run is in progress on audience %(id)s, so no new one was started. To stop the other one "
                "first, use `--force-restart --force-restart`, or force_restart=2.",
                id=list_id,
            ),
        )
    return acquired_lease(store, list_id)


def _check_still_due(systems: Systems, connection: Connection, options: Options) -> None:
    if options.still_due is None:
        return
    with systems.store.begin() as tx:
        if not options.still_due(tx):
            raise BusyError(Code.BUSY, say("Another service has just synced audience %(id)s.", id=connection.list_id))


@contextmanager
def _infrequent_garbage_collection() -> Iterator[None]:
    """Rows are created by the thousand and form no cycles: default garbage collection costs a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _run_with_lease(
    systems: Systems,
    connection: Connection,
    deadline: Deadline,
    options: Options,
    progress: Progress,
    lease: runs.Lease,
    watch: AbortWatch,
) -> Result:
    if not options.unguarded:
        connection = resolve_trust(systems, connection, deadline, lease)
    held = None if options.unguarded else _result_if_plan_held(systems, lease, connection)
    if held is not None:
        return held
    if options.accept_restored:
        options = replace(options, force_restart=True, everything=True)
    fingerprint = fingerprint_of(systems, connection) if options.only_if_changed else NOT_ASKED
    if options.only_if_changed and is_unchanged(systems, connection, options, fingerprint):
        return _unchanged(systems, connection)
    from mailchimpsync.sync.staged_run import staged_run  # noqa: PLC0415 (a call that needs no run loads no stage)

    return staged_run(systems, connection, deadline, options, progress, lease, fingerprint, watch)


def _with_contact_records(
    systems: Systems, connection: Connection, deadline: Deadline, lease: runs.Lease, result: Result
) -> Result:
    """Keep on contacts what Mailchimp says, once everything else is done; a failure there fails nothing else."""
    if not connection.contact_records or result.outcome not in _COMPLETE:
        return result
    from mailchimpsync.sync.contact_records import keep_contact_records  # noqa: PLC0415 (few connections have them)

    problem = keep_contact_records(systems, connection, deadline, lease)
    if problem is None:
        return result
    return replace(result, notes=(*result.notes, problem))


def _unchanged(systems: Systems, connection: Connection) -> Result:
    """Return the result of a call that needed no run; people who couldn't be synced still can't."""
    with systems.store.reading() as tx:
        still_due = due.count_due(tx, connection.list_id)
        gone = deleted_interests(runs.stored_status(tx, connection.list_id), connection.interests)
    return Result(connection.list_id, 0, Outcome.UNCHANGED, Stage.FETCH, due=still_due, gone_interests=gone)


def _result_if_plan_held(systems: Systems, lease: runs.Lease, connection: Connection) -> Result | None:
    """Return the result if a plan is held; it stays held until someone decides about it or it expires."""
    list_id, now = connection.list_id, systems.runtime.now()
    with systems.store.begin() as tx:
        runs.renew_lease(tx, lease)
        kept_plans.expire_plans(tx, list_id, now)
        is_guarded = connection.limits is not None or connection.trusted
        hold = kept_plans.holding_plan(tx, list_id) if is_guarded else None
        if hold is None:
            return None
        return Result(list_id, 0, Outcome.HELD, runs.stored_status(tx, list_id).stage, kept_plan_id=hold.id)
