"""How a run begins, or goes on: from the mark, with an approved plan, or by dropping the one that must not go on."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailchimpsync.model import ChangeKind, Connection, Stage
from mailchimpsync.runtime import Deadline, Progress
from mailchimpsync.store import Transaction, kept_plans, plans, runs, tombstones, updates
from mailchimpsync.store.kept_plans import PlanState
from mailchimpsync.sync.calls import Options, Systems
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.counting import CountingProgress
from mailchimpsync.sync.look_at_both import Sight
from mailchimpsync.sync.relink import links_of, terms_of
from mailchimpsync.sync.stopping import AbortWatch
from mailchimpsync.sync.submit import collect

_ORDER = list(Stage)

OVERLAP = timedelta(hours=2)
"""How far before the mark a run looks again (existing-extension.md 5.2)."""

PLAN_GOOD_FOR = timedelta(hours=1)
"""A plan that has waited longer is decided again on fresh data before it is carried out."""

_DECIDED = (Stage.CREATE_CONTACTS, Stage.CHANGE_GROUPS)


def open_run(
    systems: Systems,
    connection: Connection,
    deadline: Deadline,
    options: Options,
    progress: Progress,
    lease: runs.Lease,
    sight: Sight,
    watch: AbortWatch,
) -> Run:
    """Go on with the interrupted run, or begin a new one, which first looks at batches of earlier runs."""
    now = systems.runtime.now()
    with systems.store.begin() as tx:
        runs.hold_lease(tx, lease, now)
        found = runs.standing(tx, connection.list_id)
        if found.run_id is not None and _is_to_be_dropped(tx, found, connection, options, now):
            drop_run(tx, found, now)
            found = runs.standing(tx, connection.list_id)
        is_new = found.run_id is None
        since = _since(found, connection, options) if is_new else None
        run_id = found.run_id or _begin(tx, connection, now, since, options)
        if options.with_data and _ORDER.index(found.stage) <= _ORDER.index(Stage.CHECK_DATA):
            runs.add_data(tx, run_id)
        runs.remember_seen(tx, connection.list_id, sight.seen)
        if sight.accepts_empty:
            runs.accept_empty(tx, run_id)
        begun = runs.begun(tx, run_id)
        erased = tombstones.erased(tx, systems.erasure_key)
    counting = CountingProgress(progress, systems.runtime, found)
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
        how_far=counting.how_far,
        started_at=begun.at,
        since=begun.since,
        site_offset=sight.checked.offset,
        abort_requested=watch,
        waits_for_batches=options.wait_for_batches,
        kept_plan_id=begun.kept_plan_id,
        accepts_empty=sight.accepts_empty,
        unguarded=options.unguarded,
        erased=erased,
        with_data=begun.with_data,
    )
    for line in sight.news:
        run.log(line)
    if is_new:
        run.log(f"Run {run_id}: " + (f"changes since {run.since:%Y-%m-%d %H:%M} UTC." if run.since else "everything."))
        collect(run)
        _withdraw_unsent(run)
    return run


def _begin(tx: Transaction, connection: Connection, now: datetime, since: datetime | None, options: Options) -> int:
    """Note a new run; if somebody has approved a plan, the run is for that one."""
    links = terms_of(connection)
    approved = kept_plans.approved_plan(tx, connection.list_id)
    if approved is not None and approved["links"] != links:
        kept_plans.describe_plan(tx, approved["id"], state=PlanState.EXPIRED.value)
        approved = None
    plan_id = approved["id"] if approved is not None else None
    run_id = runs.begin_run(tx, connection.list_id, now, since, links, kept_plan_id=plan_id, by=options.by)
    if approved is not None and approved["counts"].get(ChangeKind.DATA):
        runs.add_data(tx, run_id)
    return run_id


def _withdraw_unsent(run: Run) -> None:
    """What an earlier run decided and nobody sent is decided afresh by this one (DESIGN 3.9).

    What is to be tried in another way after a refusal stays: decided afresh, it would be refused afresh, for ever.
    """
    fresh = run.started_at - PLAN_GOOD_FOR
    with run.transaction() as tx:
        withdrawn = updates.withdraw_unsent(tx, run.list_id, keep_retries_since=fresh)
    if withdrawn:
        run.log(f"{withdrawn} updates had not been sent; their rows are decided again.")


def _since(found: runs.Standing, connection: Connection, options: Options) -> datetime | None:
    if options.everything or connection.trusted:
        return None
    if found.last_sync_time is not None and found.links != links_of(connection):
        return None  # linked otherwise than then: everything has to be read
    since = options.since or found.last_sync_time
    return since - OVERLAP if since else None


def _is_to_be_dropped(
    tx: Transaction, found: runs.Standing, connection: Connection, options: Options, now: datetime
) -> bool:
    """Say whether an interrupted run must not go on: its plan is old, or other groups are linked now than it read."""
    begun = runs.begun(tx, found.run_id or 0)
    stale = found.stage in (*_DECIDED, Stage.SUBMIT) and now - begun.at > PLAN_GOOD_FOR
    return options.force_restart or stale or begun.links != terms_of(connection)


def drop_run(tx: Transaction, found: runs.Standing, now: datetime, outcome: str = "dropped") -> None:
    """End an interrupted run; what it read stays.

    Once it had decided, everything it read is in our rows: the next run need not look further back than its start.
    """
    run_id = found.run_id or 0
    plans.drop_plan(tx, run_id)
    begun = runs.begun(tx, run_id)
    mark = begun.at if found.stage in (*_DECIDED, Stage.SUBMIT) else None
    runs.end_run(tx, found.list_id, run_id, now, outcome, mark=mark)
