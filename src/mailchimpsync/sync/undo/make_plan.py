"""`undo RUN`: the inverse plan of a run, stored to be reviewed and applied like any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from mailchimpsync.decide import Subject, excesses, kinds_of
from mailchimpsync.decide.undo import Effects, effects_of
from mailchimpsync.errors import REGISTRY, Code
from mailchimpsync.model import Connection
from mailchimpsync.runtime import Deadline
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import kept_plans, undo
from mailchimpsync.store.changes.kept_plans import LEFT_OUT, PlanKind, PlanState
from mailchimpsync.store.changes.undo import ChangedRow
from mailchimpsync.store.queries.populations import populations
from mailchimpsync.sync.deciding.effects import people_by_kind
from mailchimpsync.sync.options import Systems
from mailchimpsync.sync.read_only import read_only
from mailchimpsync.sync.safety.changed_links import group_links
from mailchimpsync.sync.safety.guard import bill_of, billable_members, populations_of
from mailchimpsync.sync.undo.proposals import (
    Proposal,
    exclude_ineligible,
    planned_change_of,
    proposal,
    states_of_rows,
)

UNDO_VALID_FOR = timedelta(days=3)


def plan_undo(systems: Systems, connection: Connection, run_id: int, deadline: Deadline, *, by: str) -> int:
    """Store a plan that would undo a run, and return its id. Nothing is written on either side.

    People who aren't as the run left them, or may not be subscribed again, are listed as left out, with the reason.

    Raises:
        TransientError, AccessError: a side can't be reached.
    """
    store, now = systems.store, systems.runtime.now()
    with store.begin() as tx:
        plan_id = kept_plans.keep_plan(
            tx,
            list_id=connection.list_id,
            kind=PlanKind.UNDO.value,
            made_at=now,
            made_by=by,
            expires_at=now + UNDO_VALID_FOR,
            run_id=run_id,
            state=PlanState.DRAFT.value,
            links=group_links(connection),
            counts={},
            excess=[],
            failures=[],
        )
    try:
        with systems.until(deadline), read_only(systems):
            totals = _store_changes(systems, connection, run_id, plan_id)
    except BaseException:
        with store.begin() as tx:
            undo.forget_plan(tx, plan_id)
        raise
    with store.begin() as tx:
        kept_plans.describe_plan(tx, plan_id, state=PlanState.OPEN.value, **_plan_columns(tx, connection, totals))
    return plan_id


@dataclass
class _Totals:
    """Totals of a plan: changes by kind and group, people by kind, billed contacts, what can't be undone."""

    people: Counter[str] = field(default_factory=Counter)
    subjects: Counter[Subject] = field(default_factory=Counter)
    bill: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)


def _store_changes(systems: Systems, connection: Connection, run_id: int, plan_id: int) -> _Totals:
    totals = _Totals()
    for changes, told in _inverse_changes(systems, connection, run_id):
        with systems.store.begin() as tx:
            kept_plans.keep_changes(tx, plan_id, changes)
        totals.subjects.update(subject for one in changes for subject in kinds_of(one))
        totals.people.update(people_by_kind(changes))
        totals.bill.update(billable_members(changes))
        totals.failures.update(code.value for code in told)
    return totals


def _plan_columns(tx: Transaction, connection: Connection, totals: _Totals) -> dict[str, Any]:
    people = populations(tx, connection.list_id)
    excess = excesses(totals.subjects, populations_of(people), connection.limits) if connection.limits else ()
    return {
        "counts": dict(totals.people),
        "excess": [one.sentence for one in excess],
        "billable": bill_of(people, totals.bill),
        "failures": [{"reason": reason, "count": number} for reason, number in sorted(totals.failures.items())],
    }


def _inverse_changes(
    systems: Systems, connection: Connection, run_id: int
) -> Iterator[tuple[list[dict[str, Any]], list[Code]]]:
    """Yield the changes of an undo, a few thousand people at a time, and a code for each thing that can't be undone."""
    after = 0
    while True:
        with systems.store.begin() as tx:
            ids = undo.rows_changed_by(tx, run_id, after)
            by_row = undo.effects_by_row(tx, run_id, ids) if ids else {}
            known = undo.rows_of_ids(tx, ids) if ids else {}
            states = states_of_rows(tx, connection, list(known.values()))
        if not ids:
            return
        after = ids[-1]
        effects = {key: effects_of(mine, connection) for key, mine in by_row.items()}
        told = [code for key, one in effects.items() for code in _not_undoable(one, is_known=key in known)]
        proposals = [
            proposal(known[key], states.get(known[key].civicrm_contact_id or 0, {}), one, connection)
            for key, one in effects.items()
            if key in known and one.can_be_inverted
        ]
        proposals = exclude_ineligible(systems, connection, proposals)
        told += [one.reason_left_out for one in proposals if one.reason_left_out is not None]
        yield [_stored_change(one) for one in proposals], told


def _not_undoable(effects: Effects, *, is_known: bool) -> Iterator[Code]:
    """Yield which effects of a run on one person stay in any case."""
    if effects.created:
        yield Code.UNDO_CONTACT_STAYS
    if effects.others:
        yield Code.UNDO_BY_HAND
    if effects.can_be_inverted and not is_known:
        yield Code.UNDO_CHANGED


def _stored_change(one: Proposal) -> dict[str, Any]:
    """Return a change in stored form."""
    row, inverse, reason_left_out = one.row, one.inverse, one.reason_left_out
    wanted = (
        planned_change_of(inverse) if inverse is not None else _no_change(row, reason_left_out or Code.UNDO_CHANGED)
    )
    return {
        **one.stored(wanted),
        "outcome": None if inverse is not None else LEFT_OUT,
        "note": REGISTRY[reason_left_out].sentence if reason_left_out is not None else None,
    }


def _no_change(row: ChangedRow, reason_left_out: Code) -> dict[str, Any]:
    return {
        "create_contact": False,
        "group_changes": [],
        "member_update": None,
        "sync_status": row.sync_status,
        "reason": reason_left_out.value,
        "agreed": {"subscribed": row.base_subscribed, "interests": row.base_interests},
    }
