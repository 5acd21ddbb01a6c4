"""`undo RUN`: the inverse plan of a run, and the carrying out of it.

The plan is kept like any other, and a run that carries it out reads both sides first. It does not decide: it takes the
plan's changes for whom is still as the undone run left them, and leaves the others out, each with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping

from mailchimpsync.civicrm import persons
from mailchimpsync.decide import Subject, excesses, kinds_of
from mailchimpsync.decide.undo import Effects, Inverse, Known, effects_of, inverse_of, why_not_back
from mailchimpsync.errors import REGISTRY, Code
from mailchimpsync.mailchimp import member
from mailchimpsync.model import IN_FLIGHT, Connection, GroupState, SyncStatus
from mailchimpsync.runtime import Deadline
from mailchimpsync.store import Transaction, groups, kept_plans, plans, rows, undoing
from mailchimpsync.store.kept_plans import LEFT_OUT, PlanKind, PlanState
from mailchimpsync.store.populations import populations
from mailchimpsync.sync.calls import Systems
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.gather import obstacle_of
from mailchimpsync.sync.guard import BILLABLE, billed, shares_of
from mailchimpsync.sync.only_reading import only_reading
from mailchimpsync.sync.relink import links_of

GOOD_FOR = timedelta(days=3)
MEMBERS_IN_FLIGHT_MAX = 8

States = Mapping[int, GroupState]


@dataclass(frozen=True, slots=True)
class _Proposal:
    """What undoing means for one person: the change, or why there is none."""

    row: RowMapping
    states: States
    inverse: Inverse | None
    why_not: Code | None = None


def plan_undo(systems: Systems, connection: Connection, run_id: int, deadline: Deadline, *, by: str) -> int:
    """Keep a plan that would take back what a run did, and return its id. Nothing is written on either side.

    Who is not as the run left them, or may not be subscribed again, is in it as left out, with the reason.

    Raises:
        TransientError, AccessError: a side can't be asked.
    """
    store, now = systems.store, systems.runtime.now()
    with store.begin() as tx:
        plan_id = kept_plans.keep_plan(
            tx,
            list_id=connection.list_id,
            kind=PlanKind.UNDO.value,
            made_at=now,
            made_by=by,
            expires_at=now + GOOD_FOR,
            run_id=run_id,
            state=PlanState.DRAFT.value,
            links=links_of(connection),
            counts={},
            excess=[],
            failures=[],
        )
    try:
        with systems.until(deadline), only_reading(systems):
            sums = _fill(systems, connection, run_id, plan_id)
    except BaseException:
        with store.begin() as tx:
            undoing.forget_plan(tx, plan_id)
        raise
    with store.begin() as tx:
        kept_plans.describe_plan(tx, plan_id, state=PlanState.OPEN.value, **_described(tx, connection, sums))
    return plan_id


@dataclass
class _Sums:
    """What a plan comes to: changes by kind and group, contacts on the bill, and what can't be undone, by code."""

    subjects: Counter[Subject] = field(default_factory=Counter)
    bill: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)


def _fill(systems: Systems, connection: Connection, run_id: int, plan_id: int) -> _Sums:
    sums = _Sums()
    for changes, told in _inverted(systems, connection, run_id):
        with systems.store.begin() as tx:
            kept_plans.keep_changes(tx, plan_id, [one["kept"] for one in changes])
        wanted = [one["weighed"] for one in changes]
        sums.subjects.update(subject for one in wanted for subject in kinds_of(one))
        sums.bill.update(billed(wanted))
        sums.failures.update(code.value for code in told)
    return sums


def _described(tx: Transaction, connection: Connection, sums: _Sums) -> dict[str, Any]:
    people = populations(tx, connection.list_id)
    excess = excesses(sums.subjects, shares_of(people), connection.limits) if connection.limits else ()
    before = sum(people.by_status.get(status, 0) for status in BILLABLE)
    counts: Counter[str] = Counter()
    for (kind, _), number in sums.subjects.items():
        counts[kind.value] += number
    return {
        "counts": dict(counts),
        "excess": [one.sentence for one in excess],
        "billable": {"before": before, "after": before + sums.bill["more"] - sums.bill["fewer"]},
        "failures": [{"reason": reason, "count": number} for reason, number in sorted(sums.failures.items())],
    }


def _inverted(
    systems: Systems, connection: Connection, run_id: int
) -> Iterator[tuple[list[dict[str, Any]], list[Code]]]:
    """Yield the changes of an undo, some thousand people at a time, and what can't be undone, a code for each."""
    after = 0
    while True:
        with systems.store.begin() as tx:
            ids = undoing.rows_changed_by(tx, run_id, after)
            entries = undoing.entries_about(tx, run_id, ids) if ids else []
            known = rows.rows_by_id(tx, ids) if ids else {}
            states = _states(tx, connection, list(known.values()))
        if not ids:
            return
        after = ids[-1]
        by_row: dict[int, list[dict[str, Any]]] = {}
        for entry in entries:
            by_row.setdefault(entry["cache_id"], []).append(dict(entry))
        effects = {key: effects_of(mine, connection) for key, mine in by_row.items()}
        told = [code for key, one in effects.items() for code in _limits_of(one, is_known=key in known)]
        proposals = [
            _proposal(known[key], states.get(known[key]["civicrm_contact_id"], {}), one, connection)
            for key, one in effects.items()
            if key in known and one.can_be_inverted
        ]
        proposals = _eligible(systems, connection, proposals)
        told += [one.why_not for one in proposals if one.why_not is not None]
        yield [_change(one) for one in proposals], told


def _limits_of(effects: Effects, *, is_known: bool) -> Iterator[Code]:
    """Yield what of a run's effects on one person stays, whatever is undone."""
    if effects.created:
        yield Code.UNDO_CONTACT_STAYS
    if effects.others:
        yield Code.UNDO_BY_HAND
    if effects.can_be_inverted and not is_known:
        yield Code.UNDO_CHANGED


def _states(tx: Transaction, connection: Connection, known: Sequence[RowMapping]) -> Mapping[int, States]:
    contacts = [row["civicrm_contact_id"] for row in known if row["civicrm_contact_id"] is not None]
    return groups.states_of(tx, connection.list_id, contacts) if contacts else {}


def _proposal(row: RowMapping, states: States, effects: Effects, connection: Connection) -> _Proposal:
    inverse = None if row["sync_status"] in IN_FLIGHT else inverse_of(effects, _known(row, states), connection)
    return _Proposal(row, states, inverse, None if inverse else Code.UNDO_CHANGED)


def _known(row: RowMapping, states: States) -> Known:
    return Known(
        row["mailchimp_status"],
        row["mailchimp_interests"] or {},
        states,
        row["mailchimp_email"],
        row["base_interests"] or {},
    )


def _eligible(systems: Systems, connection: Connection, proposals: Sequence[_Proposal]) -> list[_Proposal]:
    """Return the proposals, without a change for those who may not be subscribed again."""
    back = [one for one in proposals if one.inverse is not None and one.inverse.subscribes]
    if not back:
        return list(proposals)
    people = persons(systems.civicrm, [one.row["civicrm_contact_id"] for one in back])
    with systems.runtime.executor(MEMBERS_IN_FLIGHT_MAX) as executor:
        read = executor.map(
            lambda one: member(systems.mailchimp, connection.list_id, one.row["mailchimp_member_id"]), back
        )
        found = {one.row["id"]: fresh for one, fresh in zip(back, read, strict=True)}

    def why_not(one: _Proposal) -> Code | None:
        fresh = found[one.row["id"]]
        refusal = one.row["refusal"] or {}
        if refusal.get("code") == Code.MC_FORGOTTEN:
            return Code.MC_FORGOTTEN
        person = people.get(one.row["civicrm_contact_id"])
        if person is None or person.is_deleted:
            return Code.CV_CONTACT_GONE
        sticky = why_not_back(fresh.status if fresh else None, fresh.unsubscribe_reason if fresh else "")
        return sticky or obstacle_of(one.row, person)

    reasons = {one.row["id"]: why_not(one) for one in back}
    return [
        _Proposal(one.row, one.states, None, reason) if (reason := reasons.get(one.row["id"])) else one
        for one in proposals
    ]


def _change(one: _Proposal) -> dict[str, Any]:
    """Return a change as it is kept, and as it is weighed."""
    row, inverse, why_not = one.row, one.inverse, one.why_not
    wanted = _wanted(inverse) if inverse is not None else _nothing(row, why_not or Code.UNDO_CHANGED)
    kept = {
        "identity": row["identity"],
        "contact_id": row["civicrm_contact_id"],
        "member_id": row["mailchimp_member_id"],
        "address": row["mailchimp_email"],
        "before": {
            "status": row["mailchimp_status"],
            "interests": row["mailchimp_interests"] or {},
            "groups": {str(group): state.status for group, state in one.states.items() if state.status is not None},
        },
        **wanted,
        "outcome": None if inverse is not None else LEFT_OUT,
        "note": REGISTRY[why_not].sentence if why_not is not None else None,
    }
    return {"kept": kept, "weighed": {**wanted, "mailchimp_status": row["mailchimp_status"]}}


def _wanted(inverse: Inverse) -> dict[str, Any]:
    return {
        "create_contact": False,
        "group_changes": [[group, status.value] for group, status in inverse.groups],
        "member_update": dict(inverse.update),
        "sync_status": SyncStatus.LIVE.value,
        "reason": Code.UNDONE.value,
        "agreed": {"subscribed": inverse.subscribed, "interests": dict(inverse.interests)},
    }


def _nothing(row: RowMapping, why_not: Code) -> dict[str, Any]:
    return {
        "create_contact": False,
        "group_changes": [],
        "member_update": None,
        "sync_status": row["sync_status"],
        "reason": why_not.value,
        "agreed": {"subscribed": row["base_subscribed"], "interests": row["base_interests"]},
    }


# -- carrying it out ---------------------------------------------------------------------------------------------------


def undone_run(run: Run) -> int | None:
    """Return the run that this one takes back, or None if it is an ordinary one."""
    if run.kept_plan_id is None:
        return None
    with run.transaction() as tx:
        plan = kept_plans.find_plan(tx, run.kept_plan_id)
    return plan["run_id"] if plan is not None and plan["kind"] == PlanKind.UNDO else None


def take_up_undo(run: Run, undone: int) -> bool:
    """Take the changes of an undo into the run's plan, for whom is still as the undone run left them.

    Stands in for the decisions: other rows stay due, for the next run.
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
            changes = undoing.undecided_changes(tx, plan_id, after)
        if not changes:
            _report(run, plan_id, undone)
            return True
        after = changes[-1]["id"]
        _take_up_some(run, systems, undone, changes, after)
        run.progress.advance(len(changes))
        if run.deadline.reached:
            return False


def _report(run: Run, plan_id: int, undone: int) -> None:
    with run.transaction() as tx:
        planned, left = plans.count_open(tx, run.id), kept_plans.count_changes(tx, plan_id).get(LEFT_OUT, 0)
    run.log(f"{planned} changes take back run {undone}; {left} people are left out.")


def _take_up_some(run: Run, systems: Systems, undone: int, changes: Sequence[RowMapping], after: int) -> None:
    with run.transaction() as tx:
        known = undoing.rows_of_identities(tx, run.list_id, [one["identity"] for one in changes])
        states = _states(tx, run.connection, list(known.values()))
        entries = undoing.entries_about(tx, undone, [row["id"] for row in known.values()])
    by_row: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        by_row.setdefault(entry["cache_id"], []).append(dict(entry))
    proposals = [
        _proposal(
            row,
            states.get(row["civicrm_contact_id"], {}),
            effects_of(by_row.get(row["id"], []), run.connection),
            run.connection,
        )
        for row in known.values()
    ]
    now = {one.row["identity"]: one for one in _eligible(systems, run.connection, proposals)}
    planned, left = [], []
    for change in changes:
        one = now.get(change["identity"])
        wanted = _wanted(one.inverse) if one is not None and one.inverse is not None else None
        if one is not None and wanted is not None and kept_plans.is_same(dict(change), wanted):
            planned.append({"run_id": run.id, "cache_id": one.row["id"], **wanted})
        else:
            left.append((change["id"], REGISTRY[_why_left(one)].sentence))
    with run.transaction() as tx:
        undoing.leave_out(tx, left)
        plans.drop_plans_of_rows(tx, [one["cache_id"] for one in planned])
        plans.add_to_plan(tx, planned)
        due = {row["id"] for row in known.values() if row["sync_status"] == SyncStatus.TODO}
        # What else has changed of them is decided once Mailchimp has answered.
        rows.write_rows(tx, [{"id": one["cache_id"], "recheck": one["cache_id"] in due} for one in planned])
        run.note_progress(tx, {"undone_to": after})


def _why_left(one: _Proposal | None) -> Code:
    return (one.why_not if one is not None else None) or Code.UNDO_CHANGED
