"""A plan to review before it is carried out: a whole run up to its decisions, on a scratch copy.

See docs/decisions/plan-before-writing.md.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

from mailchimpsync.errors import Code, TransientError
from mailchimpsync.model import Connection, Stage
from mailchimpsync.runtime import Deadline, Progress
from mailchimpsync.store import Store
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanKind, PlanState
from mailchimpsync.store.scratch import scratch_copy
from mailchimpsync.sync.lease.lease import acquired_lease
from mailchimpsync.sync.options import Options, Outcome, Systems
from mailchimpsync.sync.read_only import read_only
from mailchimpsync.sync.run import run_connection
from mailchimpsync.sync.safety.guard import change_pages, limits_exceeded, plan_columns
from mailchimpsync.sync.trust import with_current_trust

PREVIEW_VALID_FOR = timedelta(days=3)


def preview(
    systems: Systems,
    connection: Connection,
    deadline: Deadline,
    *,
    by: str,
    everything: bool = False,
    with_data: bool = False,
    progress: Progress | None = None,
) -> int:
    """Store a plan of what the next run would do, and return its id. Writes to neither side, nor to our own rows.

    Raises:
        BusyError: a run is in progress. TransientError: it wasn't finished in the time given.
        EvidenceError, AccessError: as for a run.
    """
    options = Options(
        everything=everything,
        force_restart=True,
        stop_on=Stage.CREATE_CONTACTS,
        unguarded=True,
        with_data=with_data,
    )
    connection = with_current_trust(systems.store, connection)
    with ExitStack() as stack:
        with acquired_lease(systems.store, connection.list_id):
            scratch = stack.enter_context(scratch_copy(systems.store, connection.list_id))
        with read_only(systems):
            result = run_connection(replace(systems, store=scratch), connection, deadline, options, progress)
        if result.outcome is not Outcome.STOPPED:
            raise TransientError(Code.OUT_OF_TIME, "The plan couldn't be made in the time given.")
        return _keep_plan(systems, scratch, connection, result.run_id, by=by)


def _keep_plan(systems: Systems, scratch: Store, connection: Connection, run_id: int, *, by: str) -> int:
    """Copy the plan of a run from the scratch store to ours, as a draft until it is complete."""
    excess = [one.sentence for one in limits_exceeded(scratch, connection, run_id)]
    columns, now = plan_columns(scratch, connection, run_id, excess=excess), systems.runtime.now()
    about = {"kind": PlanKind.PLAN.value, "state": PlanState.DRAFT.value, "made_by": by}
    with systems.store.begin() as tx:
        plan_id = kept_plans.keep_plan(tx, made_at=now, expires_at=now + PREVIEW_VALID_FOR, **about, **columns)
    for changes in change_pages(scratch, run_id):
        with systems.store.begin() as tx:
            kept_plans.copy_changes(tx, plan_id, changes)
    with systems.store.begin() as tx:
        kept_plans.describe_plan(tx, plan_id, state=PlanState.OPEN.value)
    return plan_id
