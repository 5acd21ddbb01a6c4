"""A run that is needed: it is opened, goes through the stages, and moves the mark (docs/reference/stages.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from mailchimpsync.errors import (
    LASTING_AFTER,
    AccessError,
    BusyError,
    Code,
    MailchimpsyncError,
    SuspicionError,
)
from mailchimpsync.messages import say
from mailchimpsync.model import Connection, Stage
from mailchimpsync.runtime import Deadline, Progress
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import accepted, bases
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.queries import counts, due
from mailchimpsync.store.runs import daily, figures, runs
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.lease.stopping import AbortWatch, outcome_of_stop
from mailchimpsync.sync.opening import drop_run, new_mark, open_run, refuse_passed_stage
from mailchimpsync.sync.options import Options, Outcome, Result, Systems
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
from mailchimpsync.sync.unchanged import Fingerprint

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


def staged_run(
    systems: Systems,
    connection: Connection,
    deadline: Deadline,
    options: Options,
    progress: Progress,
    lease: runs.Lease,
    fingerprint: Fingerprint,
    watch: AbortWatch,
) -> Result:
    """Start a run, or continue an interrupted one, under the lease; raises as `run_connection`."""
    if options.stop_on is not None:
        refuse_passed_stage(systems, connection, lease, options)
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
    run.store.refresh_statistics()
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
    return Result(run.list_id, run.id, outcome_of_stop(found, was_asked=was_asked), stage)


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
            daily.record_totals(tx, run.list_id, run.runtime.now(), numbers)
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
