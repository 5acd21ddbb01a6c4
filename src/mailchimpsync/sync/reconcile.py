"""Stage `readyToReconcileQueue`: decide about every due row; what has to change becomes the run's plan.

Nothing is written on either side, so that a plan can be looked at, held or dropped as a whole (DESIGN 3.5, 3.6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping

from mailchimpsync.decide import Decision, decide
from mailchimpsync.model import GroupState, SyncStatus
from mailchimpsync.store import plans, rows, runs
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.gather import Gathered, gather

ROWS_PER_STEP = 5_000


def reconcile(run: Run) -> bool:
    """Decide about due rows, some thousand at a time; rows in agreement are done with, the others are planned."""
    after = run.read_progress().get("decided_to")
    if after is None:
        with run.transaction() as tx:
            plans.drop_plan(tx, run.id)
            runs.set_progress(tx, run.list_id, {"decided_to": 0})
        after = 0
    while not run.deadline.reached:
        with run.transaction() as tx:
            due = rows.due_rows(tx, run.list_id, after, ROWS_PER_STEP)
        if not due:
            _report(run)
            return True
        after = due[-1]["id"]
        _decide_all(run, gather(run, due), after)
        run.progress.advance(len(due))
    return False


def _decide_all(run: Run, gathered: Gathered, after: int) -> None:
    decisions = [decide(situation, run.connection) for situation in gathered.situations]
    settled, planned = [], []
    for row, decision in zip(gathered.rows, decisions, strict=True):
        if decision.changes_something:
            planned.append(_plan_row(run, row["id"], decision))
        else:
            settled.append(_settled_row(run, row, gathered, decision))
    claimed = [{"id": row_id, "identity": identity} for row_id, identity in gathered.claims.items()]
    with run.transaction() as tx:
        rows.write_rows(tx, claimed)
        rows.write_rows(tx, settled)
        plans.add_to_plan(tx, planned)
        runs.set_progress(tx, run.list_id, {"decided_to": after})


def _plan_row(run: Run, row_id: int, decision: Decision) -> Mapping[str, Any]:
    return {
        "run_id": run.id,
        "cache_id": row_id,
        "create_contact": decision.create_contact,
        "group_changes": [[group, status.value] for group, status in decision.groups],
        "member_update": decision.update,
        "sync_status": decision.sync_status.value,
        "reason": decision.reason.value,
        "agreed": {"subscribed": decision.agreed.subscribed, "interests": decision.agreed.interests},
    }


def _settled_row(run: Run, row: RowMapping, gathered: Gathered, decision: Decision) -> Mapping[str, Any]:
    return {
        "id": row["id"],
        "sync_status": decision.sync_status.value,
        "reason": decision.reason.value,
        "reason_detail": row["reason_detail"] if decision.sync_status is SyncStatus.FAIL else None,
        "base_subscribed": decision.agreed.subscribed,
        "base_interests": decision.agreed.interests,
        "civicrm_groups": snapshot(run.connection.group_ids, gathered.states.get(row["civicrm_contact_id"], {})),
    }


def snapshot(group_ids: Sequence[int], states: Mapping[int, GroupState]) -> Mapping[str, Any]:
    """Return the groups' states as the public column has them: {group id: [status, date]}."""
    return {
        str(group): [state.status.value, state.date.isoformat() if state.date else None]
        for group in group_ids
        if (state := states.get(group)) is not None and state.status is not None
    }


def _report(run: Run) -> None:
    with run.transaction() as tx:
        planned = plans.count_open(tx, run.id)
    run.log(f"Decided about all due rows: {planned} need a change." if planned else "Nothing needs to change.")
