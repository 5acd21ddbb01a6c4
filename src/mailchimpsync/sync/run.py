"""One run over one connection, from the lease to the mark: the stages in order (docs/reference/stages.md)."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta

from mailchimpsync.errors import (
    LASTING_AFTER,
    AccessError,
    BusyError,
    Code,
    MailchimpsyncError,
    SuspicionError,
    TransientError,
)
from mailchimpsync.messages import say
from mailchimpsync.model import Connection, Stage
from mailchimpsync.runtime import Deadline, NoProgress, Progress
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import accepted, bases
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.queries import counts, due
from mailchimpsync.store.runs import figures, runs
from mailchimpsync.sync import attempts
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.lease.lease import acquired_lease, is_held, writing_under
from mailchimpsync.sync.lease.pausing import refuse_while_paused
from mailchimpsync.sync.lease.stopping import AbortWatch, take_over_lease
from mailchimpsync.sync.opening import drop_run, new_mark, open_run, refuse_passed_stage
from mailchimpsync.sync.options import DEFAULT_OPTIONS, Options, Outcome, Result, Systems
from mailchimpsync.sync.reading.linked_interests import deleted_interests
from mailchimpsync.sync.safety.after_restore import forget_civicrm
from mailchimpsync.sync.safety.changed_links import forget_outdated_bases, group_links
from mailchimpsync.sync.safety.guard import guard
from mailchimpsync.sync.safety.preflight import check_both_sides
from mailchimpsync.sync.stages.add_civi_only import add_civi_only
from mailchimpsync.sync.stages.change_groups import change_groups
from mailchimpsync.sync.stages.check_data import check_data, includes_data
from mailchimpsync.sync.stages.check_group_changes import check_group_changes
from mailchimpsync.sync.stages.clean_up_duplicates import clean_up_duplicates
from mailchimpsync.sync.stages.create_contacts import create_contacts
from mailchimpsync.sync.stages.fetch import fetch
from mailchimpsync.sync.stages.fix_contact_ids import fix_contact_ids
from mailchimpsync.sync.stages.reconcile import reconcile
from mailchimpsync.sync.stages.submit import outstanding, submit
from mailchimpsync.sync.trust import resolve_trust, trust_is_over
from mailchimpsync.sync.unchanged import NOT_ASKED, fingerprint_of, is_unchanged

COUNTED_EVERY = timedelta(hours=1)
"""How often people are counted at the end of runs that only read changes."""

STAGES: Mapping[Stage, Callable[[Run], bool]] = {
    Stage.FETCH: fetch,
    Stage.FIX_CONTACT_IDS: fix_contact_ids,
    Stage.CLEAN_UP_DUPLICATES: clean_up_duplicates,
    Stage.ADD_CIVI_ONLY: add_civi_only,
    Stage.CHECK_GROUP_CHANGES: check_group_changes,
    Stage.CHECK_DATA: check_data,
    Stage.RECONCILE: reconcile,
    Stage.CREATE_CONTACTS: create_contacts,
    Stage.CHANGE_GROUPS: change_groups,
    Stage.SUBMIT: submit,
}
"""The stages in order; each returns True when complete; otherwise a later call continues it."""


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
            return replace(result, trust_is_over=trust_is_over(systems.store, connection))
        except TransientError:
            if not deadline.is_stopped:
                raise
        # The stop has cut off a request, so its error says nothing about the other side.
        with systems.store.begin() as tx:
            found = runs.stored_status(tx, connection.list_id)
        return Result(connection.list_id, found.run_id or 0, _outcome_of_stop(found, was_asked=watch()), found.stage)


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
    if options.stop_on is not None:
        refuse_passed_stage(systems, connection, lease, options)
    fingerprint = fingerprint_of(systems, connection) if options.only_if_changed else NOT_ASKED
    if options.only_if_changed and is_unchanged(systems, connection, options, fingerprint):
        return _unchanged(systems, connection)
    preflight = check_both_sides(systems, connection, options)
    if options.accept_restored:
        forget_civicrm(systems.store, lease, connection)
    relinked = forget_outdated_bases(systems.store, lease, connection)
    run = open_run(systems, connection, deadline, options, progress, lease, preflight, fingerprint, watch)
    if relinked:
        run.log(
            "The linked groups have changed: what was agreed with the old ones is forgotten, and everything is read."
        )
    try:
        return replace(_run_stages(run, options.stop_on), notes=tuple(run.notes))
    except MailchimpsyncError as error:
        _log_error(run, error)
        if isinstance(error, SuspicionError):
            _drop_uncertain_plan(run)
        raise


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
        hold = kept_plans.open_hold(tx, list_id) if is_guarded else None
        if hold is None or kept_plans.approved_plan(tx, list_id) is not None:
            return None
        return Result(list_id, 0, Outcome.HELD, runs.stored_status(tx, list_id).stage, kept_plan_id=hold.id)


def _run_stages(run: Run, stop_on: Stage | None) -> Result:
    with run.transaction() as tx:
        stage = runs.stored_status(tx, run.list_id).stage
    while True:
        if stage is stop_on:
            return Result(run.list_id, run.id, Outcome.STOPPED, stage)
        is_complete = _run_stage(run, stage)
        if run.abort_requested() or not is_complete:
            return _stop_at_deadline(run, stage)
        if stage is Stage.SUBMIT:
            return _complete(run)
        if stage is Stage.RECONCILE and (plan_id := guard(run)) is not None:
            return Result(run.list_id, run.id, Outcome.HELD, Stage.FETCH, kept_plan_id=plan_id)
        stage = _next_stage(stage)
        with run.transaction() as tx:
            runs.set_stage(tx, run.list_id, stage)
        if run.deadline.reached:
            return _stop_at_deadline(run, stage)


def _run_stage(run: Run, stage: Stage) -> bool:
    if stage is Stage.CHECK_DATA and not includes_data(run):
        return True
    run.progress.stage(stage.value)
    started = run.runtime.now()
    try:
        return STAGES[stage](run)
    finally:
        run.mailchimp.slots.rest()  # the next stage may be at work in CiviCRM only, for long
        run.runtime.observer.stage(run.list_id, stage.value, run.runtime.seconds_since(started))


def _stop_at_deadline(run: Run, stage: Stage) -> Result:
    was_asked = run.abort_requested()
    with run.store.begin() as tx:
        found = runs.stored_status(tx, run.list_id)
    return Result(run.list_id, run.id, _outcome_of_stop(found, was_asked=was_asked), stage)


def _outcome_of_stop(found: runs.StoredStatus, *, was_asked: bool) -> Outcome:
    if not was_asked:
        return Outcome.OUT_OF_TIME
    return Outcome.ABORTED if found.is_asked or found.paused_at is None else Outcome.PAUSED


def _next_stage(stage: Stage) -> Stage:
    order = list(STAGES)
    return order[order.index(stage) + 1]


def _complete(run: Run) -> Result:
    """Move the mark to the time the run started, unless the run left a gap."""
    waiting = outstanding(run)
    numbers = _count_people(run)
    with run.transaction() as tx:
        still_due = due.count_due(tx, run.list_id)
        accepted.drop_outdated(tx, run.list_id)
        outcome = _outcome(waiting, still_due)
        links = group_links(run.connection)
        if numbers is not None:
            figures.record_totals(tx, run.id, numbers)
        mark = new_mark(tx, run.list_id, runs.run_start(tx, run.id))
        runs.end_run(tx, run.list_id, run.id, run.runtime.now(), outcome.value, mark=mark, links=links)
        if run.connection.trusted:
            runs.record_trust(tx, run.list_id, {"run": run.id, "trusted": run.connection.trusted})
        if run.kept_plan_id is not None:
            kept_plans.finish_plan(tx, run.kept_plan_id, run.id)
        refused = _refused_alike(tx, run.list_id, still_due)
        gone = deleted_interests(runs.stored_status(tx, run.list_id), run.connection.interests)
    if refused is not None:
        raise refused
    result = Result(run.list_id, run.id, outcome, Stage.FETCH, waiting, run.kept_plan_id, due=still_due)
    return replace(result, gone_interests=gone)


def _outcome(waiting: int, still_due: due.Due) -> Outcome:
    if waiting:
        return Outcome.WAITING
    return Outcome.INCOMPLETE if still_due.number else Outcome.DONE


def _refused_alike(tx: Transaction, list_id: str, still_due: due.Due) -> AccessError | None:
    """Return the error of the API key or account, if every change was refused for it and not for one person."""
    code, batches, operations = due.batches_refused_with_same_code(tx, list_id)
    if code is None or not still_due.by_cause.get(code) or max(batches, operations) < LASTING_AFTER:
        return None
    number = still_due.by_cause[code]
    return AccessError(
        Code(code),
        say("Mailchimp refused every change that was sent; people still due: %(number)s.", number=f"{number:,}"),
    )


def _count_people(run: Run) -> counts.Agreement | None:
    """Count people, which reads every row; skipped in incremental runs if counted within the last hour."""
    with run.store.reading() as tx:
        last = figures.last_counted(tx, run.list_id)
        if run.since is not None and last is not None and run.runtime.now() - last < COUNTED_EVERY:
            return None
        return counts.agreement(tx, run.list_id, run.connection.group_id)


def _drop_uncertain_plan(run: Run) -> None:
    """Drop the plan: what was read may be untrue, so the next run reads everything again. The mark stays."""
    with run.transaction() as tx:
        drop_run(tx, runs.stored_status(tx, run.list_id), run.runtime.now())
        bases.forget_links(tx, run.list_id)


def _log_error(run: Run, error: MailchimpsyncError) -> None:
    """Log the error for later readers; that isn't possible after a database failure or with a lost lease."""
    try:
        with run.transaction() as tx:
            runs.record_error(tx, run.id, error.code)
            runs.add_log(tx, run.list_id, run.id, run.runtime.now(), f"Stopped: {error.what}")
    except (MailchimpsyncError, BusyError):
        return
