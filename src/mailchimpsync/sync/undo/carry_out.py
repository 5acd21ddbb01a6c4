"""Carrying out an undo: the changes of its plan take the place of decisions.

Only for people who, by what was just read, are still as the undone run left them; others are left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping

from mailchimpsync.decide.undo import effects_of
from mailchimpsync.errors import REGISTRY, Code
from mailchimpsync.model import SyncStatus
from mailchimpsync.store.cache import rows
from mailchimpsync.store.changes import kept_plans, plans, undo
from mailchimpsync.store.changes.kept_plans import LEFT_OUT, PlanKind
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.options import Systems
from mailchimpsync.sync.undo.proposals import (
    Proposal,
    exclude_ineligible,
    planned_change_of,
    proposal,
    states_of_rows,
)


def undone_run(run: Run) -> int | None:
    """Return the run that this one undoes, or None for an ordinary run."""
    if run.kept_plan_id is None:
        return None
    with run.transaction() as tx:
        plan = kept_plans.find_plan(tx, run.kept_plan_id)
    return plan.run_id if plan is not None and plan.kind == PlanKind.UNDO else None


def plan_undo_changes(run: Run, undone: int) -> bool:
    """Put the changes of an undo into the run's plan, for people who are still as the undone run left them.

    Replaces the decisions: other rows stay due, for the next run.
    """
    plan_id = run.kept_plan_id or 0
    after = run.read_progress().get("undone_to")
    if after is None:
        with run.transaction() as tx:
            plans.drop_plan(tx, run.id)
            run.note_progress(tx, {"undone_to": 0})
        after = 0
    systems = Systems(run.store, run.mailchimp, run.civicrm, run.runtime)
    while True:
        with run.transaction() as tx:
            changes = undo.undecided_changes(tx, plan_id, after)
        if not changes:
            _report(run, plan_id, undone)
            return True
        after = changes[-1]["id"]
        _plan_step(run, systems, undone, changes, after)
        run.progress.advance(len(changes))
        if run.deadline.reached:
            return False


def _report(run: Run, plan_id: int, undone: int) -> None:
    with run.transaction() as tx:
        planned, left = plans.count_open(tx, run.id), kept_plans.count_changes(tx, plan_id).get(LEFT_OUT, 0)
    run.log(f"{planned} changes undo run {undone}; {left} people are left out.")


def _plan_step(run: Run, systems: Systems, undone: int, changes: Sequence[RowMapping], after: int) -> None:
    with run.transaction() as tx:
        known = undo.rows_of_identities(tx, run.list_id, [one["identity"] for one in changes])
        states = states_of_rows(tx, run.connection, list(known.values()))
        by_row = undo.effects_by_row(tx, undone, [row.id for row in known.values()])
    proposals = [
        proposal(
            row,
            states.get(row.civicrm_contact_id or 0, {}),
            effects_of(by_row.get(row.id, []), run.connection),
            run.connection,
        )
        for row in known.values()
    ]
    now = {one.row.identity: one for one in exclude_ineligible(systems, run.connection, proposals)}
    planned, left = [], []
    for change in changes:
        one = now.get(change["identity"])
        wanted = planned_change_of(one.inverse) if one is not None and one.inverse is not None else None
        if one is not None and wanted is not None and kept_plans.is_same_change(dict(change), wanted):
            planned.append({"run_id": run.id, "cache_id": one.row.id, **one.stored(wanted)})
        else:
            left.append((change["id"], REGISTRY[_reason_left_out(one)].sentence))
    with run.transaction() as tx:
        undo.exclude_changes(tx, left)
        plans.drop_plans_of_rows(tx, [one["cache_id"] for one in planned])
        plans.add_to_plan(tx, planned)
        due = {row.id for row in known.values() if row.sync_status == SyncStatus.TODO}
        # Other changes of theirs are decided once Mailchimp has answered.
        rows.write_rows(tx, [{"id": one["cache_id"], "recheck": one["cache_id"] in due} for one in planned])
        run.note_progress(tx, {"undone_to": after})


def _reason_left_out(one: Proposal | None) -> Code:
    return (one.reason_left_out if one is not None else None) or Code.UNDO_CHANGED
