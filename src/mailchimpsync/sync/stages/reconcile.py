"""Stage `readyToReconcileQueue`: decide about every due row; the required changes become the run's plan.

Nothing is written on either side, so that a plan can be reviewed, held or dropped as a whole (docs/decisions/guard.md
and docs/decisions/plan-before-writing.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, NamedTuple

from mailchimpsync.decide import Decision, Situation, decide, deciding_dates
from mailchimpsync.errors import Code
from mailchimpsync.model import SyncStatus, full_name
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import data, groups, rows
from mailchimpsync.store.cache.due_rows import Agreement, DueFacts, Settled, settle_agreeing_rows
from mailchimpsync.store.cache.rows import RowToDecide
from mailchimpsync.store.changes import overtaking, plans
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.deciding.agreement import agreement_by_facts
from mailchimpsync.sync.deciding.effects import Correction
from mailchimpsync.sync.deciding.planned import NAME_LENGTH, changes_of_newcomers, decided_changes, planned_change
from mailchimpsync.sync.deciding.situations import Situations, gather_situations
from mailchimpsync.sync.reading.linked_interests import without_deleted_interests
from mailchimpsync.sync.reading.takeovers import take_over_members
from mailchimpsync.sync.stages.corrections import CORRECTED, Corrections, corrections_for
from mailchimpsync.sync.stages.recheck import drop_outdated_subscriptions
from mailchimpsync.sync.undo.carry_out import plan_undo_changes, undone_run
from mailchimpsync.sync.updates.member_data import join_data, pending_data, reason_to_hold_back

ROWS_PER_STEP = 5_000


def reconcile(run: Run) -> bool:
    """Decide about due rows, a few thousand at a time; rows in agreement are settled, the others planned."""
    if (undone := undone_run(run)) is not None:
        return plan_undo_changes(run, undone)
    after = run.read_progress().get("decided_to")
    if after is None:
        take_over_members(run)
        drop_outdated_subscriptions(run)
        with run.transaction() as tx:
            plans.drop_plan(tx, run.id)
            run.note_progress(tx, {"decided_to": 0})
        after = 0
    with run.transaction() as tx:
        due_rows = rows.count_due(tx, run.list_id, after)
    run.expect(due_rows)
    run = without_deleted_interests(run)
    while True:
        decided = _decide_step(run, after)
        if decided is None:
            if not _plan_overtaking_opt_outs(run, after):
                return False
            _report(run)
            return True
        after = decided.last
        run.progress.advance(decided.number)
        run.store.refresh_statistics()
        if run.deadline.reached:
            return False


def _decide_step(run: Run, after: int) -> Settled | None:
    """Settle the next rows that agree, and plan the others; a step that is repeated finds only the others due."""

    def agreement(facts: DueFacts) -> Agreement | None:
        return agreement_by_facts(facts, run.connection)

    with run.transaction() as tx:
        settled = settle_agreeing_rows(tx, run.list_id, after, ROWS_PER_STEP, agreement)
    if settled is None:
        return None
    due = _gather(run, settled.others)
    with run.transaction() as tx:
        _write(tx, run, due)
        run.note_progress(tx, {"decided_to": settled.last})
    return settled


def _plan_overtaking_opt_outs(run: Run, decided_to: int) -> bool:
    """Plan to remove members who must not wait for their update in flight; return whether all are done."""
    after = run.read_progress().get("in_flight_to", 0)
    while True:
        with run.transaction() as tx:
            changed = overtaking.rows_changed_in_flight(tx, run.list_id, after, ROWS_PER_STEP)
        if not changed:
            return True
        after = changed[-1]
        planned = _opt_outs_among(run, changed)
        with run.transaction() as tx:
            plans.add_to_plan(tx, planned)
            run.note_progress(tx, {"decided_to": decided_to, "in_flight_to": after})
        if run.deadline.reached:
            return False


def plan_opt_outs_in_flight_of(run: Run, ids: Sequence[int]) -> None:
    """Plan the same for a few rows, replacing their earlier plan."""
    with run.transaction() as tx:
        changed = overtaking.rows_changed_in_flight(tx, run.list_id, 0, len(ids), ids)
    planned = _opt_outs_among(run, changed)
    with run.transaction() as tx:
        plans.drop_plans_of_rows(tx, [one["cache_id"] for one in planned])
        plans.add_to_plan(tx, planned)


def _opt_outs_among(run: Run, changed: Sequence[int]) -> list[Mapping[str, Any]]:
    """Return the plan for rows with an update in flight; other changes are decided after its result."""
    if not changed:
        return []
    with run.transaction() as tx:
        in_flight = rows.rows_to_decide(tx, changed)
    gathered = gather_situations(run, in_flight)
    decided = [decide(situation, run.connection) for situation in gathered.situations]
    planned = [
        (row, planned_change(one, dates=deciding_dates(situation, run.connection)))
        for row, situation, one in zip(gathered.rows, gathered.situations, decided, strict=True)
        if one.update and one.update.removes_member
    ]
    return decided_changes(run.id, planned, gathered)


def decide_rows(run: Run, ids: Sequence[int]) -> None:
    """Decide about a few rows, replacing their earlier plan."""
    run = without_deleted_interests(run)
    due = _gather(run, ids)
    with run.transaction() as tx:
        plans.drop_plans_of_rows(tx, ids)
        _write(tx, run, due)


class _Due(NamedTuple):
    """Due rows with their situations; by row, the data that waits to be sent, and what to correct in CiviCRM."""

    gathered: Situations
    waiting: Mapping[int, Mapping[str, Any]]
    corrections: Corrections


def _gather(run: Run, ids: Sequence[int]) -> _Due:
    if not ids:
        return _Due(Situations((), (), {}), {}, Corrections())
    with run.transaction() as tx:
        due = rows.rows_to_decide(tx, ids)
        waiting = pending_data(tx, ids)
    gathered = gather_situations(run, due, one_by_one=waiting)
    return _Due(gathered, waiting, corrections_for(run, gathered.rows))


def _write(tx: Transaction, run: Run, due: _Due) -> None:
    gathered, waiting, corrections = due
    settled, planned, dropped, arriving = [], [], [], []
    for row, situation in zip(gathered.rows, gathered.situations, strict=True):
        decision, held = decide(situation, run.connection), reason_to_hold_back(run, row, waiting.get(row.id))
        change = waiting.get(row.id) if held is None or decision.update is not None else None
        decision, extra = join_data(decision, row.mailchimp_status, change)
        if extra is None and change is not None:
            dropped.append(row.id)
        if held is not None and extra is None and not decision.changes_something:
            decision = replace(decision, sync_status=SyncStatus.FAIL, reason=held)
        if decision.adds_member and row.civicrm_contact_id is not None:
            arriving.append(row.civicrm_contact_id)
        mine = corrections.planned.get(row.id, ())
        is_settled = not decision.changes_something and extra is None
        if is_settled:
            settled.append(_settled_row(row, situation, decision, gathered.details.get(row.id), mine))
        if mine or not is_settled:
            dates = deciding_dates(situation, run.connection) if decision.changes_something else ()
            planned.append((row, planned_change(decision, extra, mine, dates)))
    rows.write_rows(tx, _claims_and_names(gathered))
    rows.write_rows(tx, settled)
    rows.write_alike(tx, [{"id": row_id, **CORRECTED} for row_id in corrections.told])
    changes = [*decided_changes(run.id, planned, gathered), *changes_of_newcomers(run.id, gathered.newcomers)]
    plans.add_to_plan(tx, sorted(changes, key=itemgetter("cache_id")))
    data.forget_wanted_data(tx, dropped)
    groups.add_rows_for_contacts(tx, run.list_id, arriving)


def _claims_and_names(gathered: Situations) -> list[Mapping[str, Any]]:
    """Return the columns of rows that have claimed an address, or have a new name of a contact."""
    together = (*gathered.rows, *gathered.rows_of_newcomers)
    columns = [{"id": row.id, **_claim(gathered, row), **_changed_name(gathered, row)} for row in together]
    return [one for one in columns if len(one) > 1]


def _claim(gathered: Situations, row: RowToDecide) -> Mapping[str, str]:
    claim = gathered.claims.get(row.id)
    return {"identity": claim} if claim is not None else {}


def _changed_name(gathered: Situations, row: RowToDecide) -> Mapping[str, str]:
    """Return the name of a contact that Mailchimp has no name for, where it is new or has changed."""
    name = gathered.names.get(row.id, "")[:NAME_LENGTH]
    changed = name and name != row.civicrm_name and not full_name(row.mailchimp_data)
    return {"civicrm_name": name} if changed else {}


def _settled_row(
    row: RowToDecide, situation: Situation, decision: Decision, detail: str | None, corrections: Sequence[Correction]
) -> Mapping[str, Any]:
    """Return the columns of a decided row; it stays due until its contact is corrected."""
    failed = decision.sync_status is SyncStatus.FAIL
    if decision.reason is not Code.ADDRESS_TAKEN or detail is None:
        detail = row.reason_detail if failed and row.reason == decision.reason else None
    return {
        "id": row.id,
        "sync_status": (SyncStatus.TODO if corrections else decision.sync_status).value,
        "reason": decision.reason.value,
        "reason_detail": detail,
        "refusal": row.refusal if failed else None,
        **({"civicrm_address": situation.address} if decision.reason is Code.CV_SHARED_ADDRESS else {}),
        "base_subscribed": decision.agreed.subscribed,
        "base_interests": decision.agreed.interests,
    }


def _report(run: Run) -> None:
    with run.transaction() as tx:
        planned = plans.count_open(tx, run.id)
    run.log(f"Decided about all due rows: {planned} need a change." if planned else "Nothing needs to change.")
