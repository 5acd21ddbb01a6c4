"""How a run starts or continues: from the mark, with an approved plan, or by dropping an outdated run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from mailchimpsync.errors import UsageError
from mailchimpsync.messages import moment, say
from mailchimpsync.model import ChangeKind, Connection, Stage
from mailchimpsync.runtime import Deadline, Progress
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import accepted
from mailchimpsync.store.changes import kept_plans, plans, updates
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import names, tombstones
from mailchimpsync.sync.context import Changes, Run
from mailchimpsync.sync.lease.stopping import AbortWatch
from mailchimpsync.sync.options import Options, Systems
from mailchimpsync.sync.progress import RecordedProgress
from mailchimpsync.sync.reading import modified
from mailchimpsync.sync.reading.modified import OVERLAP, changes_to_read, seconds_to_remember
from mailchimpsync.sync.safety.changed_links import group_links, link_terms
from mailchimpsync.sync.safety.preflight import Preflight
from mailchimpsync.sync.stages.check_data import includes_data
from mailchimpsync.sync.stages.submit import collect
from mailchimpsync.sync.unchanged import FINGERPRINT, Fingerprint

_ORDER = list(Stage)

NEVER_READ_IN_FULL = "This connection has never been read in full, so everything is read and since is ignored."

PLAN_VALID_FOR = timedelta(hours=1)
"""A plan that has waited longer is decided again from fresh data before it is carried out."""

READING_VALID_FOR = timedelta(days=1)
"""A run that has not decided by then reads again. It is so long that a first sync by short calls can finish."""

_DECIDED = (Stage.CREATE_CONTACTS, Stage.CHANGE_GROUPS)


def open_run(
    systems: Systems,
    connection: Connection,
    deadline: Deadline,
    options: Options,
    progress: Progress,
    lease: runs.Lease,
    preflight: Preflight,
    fingerprint: Fingerprint,
    watch: AbortWatch,
) -> Run:
    """Continue the interrupted run, or start a new one, which first collects results of earlier runs' batches."""
    now = systems.runtime.now()
    connection = connection.as_audience_says(double_optin=preflight.double_optin)
    with systems.store.begin() as tx:
        runs.renew_lease(tx, lease)
        found = runs.stored_status(tx, connection.list_id)
        if found.run_id is not None and _is_to_be_dropped(tx, found, connection, options, now):
            drop_run(tx, found, now)
            found = runs.stored_status(tx, connection.list_id)
        is_new = found.run_id is None
        since, reason = _reading_period(tx, found, connection, options) if is_new else (None, "")
        run_id = found.run_id or _begin_run(tx, connection, now, since, options)
        if options.with_data and _ORDER.index(found.stage) <= _ORDER.index(Stage.CHECK_DATA):
            runs.add_data(tx, run_id)
        if preflight.accepts_empty:
            runs.accept_empty(tx, run_id)
        begun = runs.run_start(tx, run_id)
        known = _remembered_changes(found, begun, preflight, fingerprint, is_new=is_new)
        runs.remember_seen(tx, connection.list_id, {**preflight.seen, **known})
        accepted.drop_outdated(tx, connection.list_id)
        names.keep_groups(tx, {key: group.title for key, group in preflight.checked.groups.items()}, now)
        erased = tombstones.erased(tx, systems.erasure_key)
    counting = RecordedProgress(progress, systems.runtime, found)
    run = Run(
        id=run_id,
        connection=connection,
        store=systems.store,
        mailchimp=systems.mailchimp,
        civicrm=systems.civicrm,
        runtime=systems.runtime,
        deadline=deadline,
        progress=counting,
        lease=lease,
        stage_progress=counting.stage_progress,
        started_at=begun.at,
        since=begun.since,
        site_clock=preflight.checked.clock,
        to_read=_changes_to_read(found, begun, preflight, known),
        visibility=preflight.checked.visibility,
        abort_requested=watch,
        waits_for_batches=options.wait_for_batches,
        kept_plan_id=begun.kept_plan_id,
        accepts_empty=preflight.accepts_empty,
        unguarded=options.unguarded,
        erased=erased,
        with_data=begun.with_data,
    )
    for line in preflight.log_lines:
        run.log(line)
    if is_new:
        run.log(f"Run {run_id}: " + (f"changes since {moment(run.since)}." if run.since else "everything."))
        collect(run)
        _withdraw_unsent(run)
    for line in _opening_notes(run, options, reason):
        run.note(line)
    return run


def _remembered_changes(
    found: runs.StoredStatus, begun: runs.RunStart, preflight: Preflight, fingerprint: Fingerprint, *, is_new: bool
) -> Mapping[str, Any]:
    """Return what to remember of changes; a continued run has already read some since its start."""
    before = found.seen or {}
    if not is_new:
        return {what: before.get(what) or {} for what in (modified.CONTACTS, modified.HISTORY, FINGERPRINT)}
    checked = preflight.checked
    seconds = seconds_to_remember(before, found.last_sync_time, begun.at, checked.view, checked.clock)
    return {**seconds, **fingerprint.to_remember(begun.at)}


def _changes_to_read(
    found: runs.StoredStatus, begun: runs.RunStart, preflight: Preflight, known: Mapping[str, Any]
) -> Changes:
    clock = preflight.checked.clock
    since_at_site = clock.shown_from(begun.since) if begun.since is not None else None
    return changes_to_read(known, found.last_sync_time, begun.since, since_at_site, preflight.checked.view, clock)


def refuse_passed_stage(systems: Systems, connection: Connection, lease: runs.Lease, options: Options) -> None:
    """Refuse to stop before a stage the interrupted run has already passed: it would run to the end, and send.

    Raises:
        UsageError: nothing was done; the order of the stages is in the message.
    """
    now = systems.runtime.now()
    with systems.store.begin() as tx:
        runs.renew_lease(tx, lease)
        found = runs.stored_status(tx, connection.list_id)
        begins = found.run_id is None or _is_to_be_dropped(tx, found, connection, options, now)
    if options.stop_on is None or begins or _ORDER.index(found.stage) <= _ORDER.index(options.stop_on):
        return
    raise UsageError(
        say(
            "Run %(id)s of audience %(list_id)s can't stop before %(stage)s: it has already reached %(reached)s, "
            "which comes later. Nothing was done. Name a later stage, or start a new run with force_restart. The "
            "order of the stages is: %(stages)s.",
            id=found.run_id,
            list_id=connection.list_id,
            stage=options.stop_on,
            reached=found.stage,
            stages=", ".join(_ORDER),
        )
    )


def new_mark(tx: Transaction, list_id: str, begun: runs.RunStart) -> datetime | None:
    """Return the mark that a run which has read everything due may set; None: the mark stays.

    A run with a `since` date reads no changes before it. The mark moves only if there is no gap between the old mark
    and the time the run reads from, so that the next run misses nobody.
    """
    mark = runs.stored_status(tx, list_id).last_sync_time
    has_a_gap = begun.since is not None and (mark is None or begun.since > mark)
    return None if has_a_gap else begun.at


def _opening_notes(run: Run, options: Options, reason: str) -> Iterator[str]:
    """Yield notes where a run does something other than its caller may expect."""
    if reason:
        yield reason
    if options.stop_on is Stage.CHECK_DATA and not includes_data(run):
        yield (
            f"{Stage.CHECK_DATA} takes part only with with_data, and if data is turned on for the connection. "
            "Otherwise the run does nothing in that stage, but still stops there."
        )


def _begin_run(tx: Transaction, connection: Connection, now: datetime, since: datetime | None, options: Options) -> int:
    """Record a new run; if there is an approved plan, the run is for that plan."""
    links = link_terms(connection)
    approved = kept_plans.approved_plan(tx, connection.list_id)
    if approved is not None and approved.links != links:
        kept_plans.describe_plan(tx, approved.id, state=PlanState.EXPIRED.value)
        approved = None
    plan_id = approved.id if approved is not None else None
    run_id = runs.begin_run(tx, connection.list_id, now, since, links, kept_plan_id=plan_id, by=options.by)
    if approved is not None and approved.counts.get(ChangeKind.DATA):
        runs.add_data(tx, run_id)
    return run_id


def _withdraw_unsent(run: Run) -> None:
    """Withdraw what an earlier run decided but didn't send, to decide it again (docs/decisions/one-open-update.md).

    Retries in another form after a refusal stay: decided again, they would be refused again, forever.
    """
    fresh = run.started_at - PLAN_VALID_FOR
    with run.transaction() as tx:
        withdrawn = updates.withdraw_unsent(tx, run.list_id, keep_retries_since=fresh)
    if withdrawn:
        run.log(f"{withdrawn} updates hadn't been sent; their rows are decided again.")


def _reading_period(
    tx: Transaction, found: runs.StoredStatus, connection: Connection, options: Options
) -> tuple[datetime | None, str]:
    """Return the start of the period whose changes a new run reads (None: everything), and a note for its caller."""
    if options.everything or connection.trusted:
        return None, ""
    mark = found.last_sync_time
    if mark is None or runs.last_full_run(tx, found.list_id) is None:
        return None, NEVER_READ_IN_FULL if options.since else ""
    if found.links != group_links(connection):
        return None, ""  # the links have changed since then: everything has to be read
    since = (options.since or mark) - OVERLAP
    if since <= mark:
        return since, ""
    return since, (
        f"Changes before {moment(since)} are not read, because of since. The next run without since reads "
        f"everything after {moment(mark)}."
    )


def _is_to_be_dropped(
    tx: Transaction, found: runs.StoredStatus, connection: Connection, options: Options, now: datetime
) -> bool:
    """Return whether an interrupted run must not continue.

    It is old, its linked groups have changed, or it was paused since: what it has read is outdated.
    """
    begun = runs.run_start(tx, found.run_id or 0)
    has_decided = found.stage in (*_DECIDED, Stage.SUBMIT)
    stale = now - begun.at > (PLAN_VALID_FOR if has_decided else READING_VALID_FOR)
    was_paused = found.resumed_at is not None and begun.at <= found.resumed_at
    return options.force_restart or stale or was_paused or begun.links != link_terms(connection)


def drop_run(tx: Transaction, found: runs.StoredStatus, now: datetime, outcome: str = "dropped") -> None:
    """End an interrupted run; what it read stays.

    Once it had decided, everything it read is in our rows: the next run need not go back further than its start.
    """
    run_id = found.run_id or 0
    plans.drop_plan(tx, run_id)
    mark = new_mark(tx, found.list_id, runs.run_start(tx, run_id)) if found.stage in (*_DECIDED, Stage.SUBMIT) else None
    runs.end_run(tx, found.list_id, run_id, now, outcome, mark=mark)
