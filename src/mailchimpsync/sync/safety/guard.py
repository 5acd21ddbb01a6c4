"""The guard against mass changes: a plan over the limits is held, and not carried out (docs/decisions/guard.md).

It stands between the decisions and the first write. A run for an approved plan keeps to exactly that plan: changes that
differ from it are left out, for the next run to decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from mailchimpsync.decide import Excess, Subject, excesses, kinds_of
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.messages import say
from mailchimpsync.model import SUBSCRIBED_STATUSES, ChangeKind, Connection, MemberStatus
from mailchimpsync.store import Store, Transaction
from mailchimpsync.store.cache import groups, rows
from mailchimpsync.store.changes import kept_plans, plans
from mailchimpsync.store.changes.kept_plans import MAY_BE_ASKED, PlanKind, PlanState
from mailchimpsync.store.queries.populations import Populations, populations
from mailchimpsync.store.runs import figures
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.deciding.effects import people_by_kind
from mailchimpsync.sync.safety.changed_links import link_terms

CHANGES_PER_STEP = 2_000
HOLD_HOURS = 72
TRUST_REASON = say("one side is trusted, so its changes have to be reviewed first")
BILLABLE = ("subscribed", "unsubscribed", "transactional")
"""The statuses Mailchimp bills: not archived, cleaned or pending."""

Planned = RowMapping
Writing = Callable[[], AbstractContextManager[Transaction]]


def guard(run: Run) -> int | None:
    """Hold the run's plan if it exceeds the limits, and return the id under which it is stored; None: continue.

    The number of people affected is stored, to compare with the result.
    """
    if run.kept_plan_id is not None:
        _restrict_to_plan(run, run.kept_plan_id)
        _record_planned(run)
        return None
    why = () if run.unguarded else _why_held(run)
    if not why:
        _record_planned(run)
        return None
    limits = run.connection.limits
    plan_id = keep_plan(
        run.store,
        run.transaction,
        run.connection,
        run.id,
        kind=PlanKind.HELD,
        by="the guard",
        now=run.runtime.now(),
        good_for=timedelta(hours=limits.hold_hours if limits is not None else HOLD_HOURS),
        excess=why,
    )
    run.log(f"Held for review as plan {plan_id}: " + "; ".join(why) + ".")
    return plan_id


def _record_planned(run: Run) -> None:
    counts: Counter[str] = Counter()
    for some in _change_pages(run.store, run.id):
        counts.update(people_by_kind(_with_previous_values(one, {}) for one in some))
    with run.transaction() as tx:
        figures.record_planned(tx, run.id, counts)


def _why_held(run: Run) -> Sequence[str]:
    """Return the limits that the run's plan exceeds; while a side is trusted, every plan is reviewed first."""
    found = [one.sentence for one in limits_exceeded(run.store, run.connection, run.id)]
    with run.transaction() as tx:
        is_to_be_seen = bool(run.connection.trusted) and plans.count_open(tx, run.id) > 0
    return [TRUST_REASON, *found] if is_to_be_seen else found


def limits_exceeded(store: Store, connection: Connection, run_id: int) -> Sequence[Excess]:
    """Return which of the connection's limits a run's plan exceeds."""
    if connection.limits is None:
        return ()
    counts: Counter[Subject] = Counter()
    for some in _change_pages(store, run_id):
        counts.update(kind for one in some for kind in kinds_of(dict(one)))
    with store.begin() as tx:
        people = populations(tx, connection.list_id)
    return excesses(counts, populations_of(people), connection.limits)


def populations_of(people: Populations) -> dict[Subject, int]:
    """Return the population each kind of change is a share of."""
    return {
        (ChangeKind.UNSUBSCRIBE, None): people.subscribed,
        (ChangeKind.ADD, None): people.subscribed,
        (ChangeKind.INTERESTS, None): people.subscribed,
        (ChangeKind.CORRECT, None): people.subscribed,
        (ChangeKind.CREATE, None): people.contacts,
        **{(ChangeKind.REMOVE, group): number for group, number in people.in_group.items()},
    }


def _change_pages(store: Store, run_id: int) -> Iterator[Sequence[Planned]]:
    after = 0
    while True:
        with store.begin() as tx:
            some = kept_plans.planned_changes(tx, run_id, after, CHANGES_PER_STEP)
        if not some:
            return
        after = some[-1]["id"]
        yield some


def _restrict_to_plan(run: Run, plan_id: int) -> None:
    """Drop from the run's plan every change that isn't, down to the last value, in the approved plan."""
    left = 0
    for some in _change_pages(run.store, run.id):
        with run.transaction() as tx:
            others = kept_plans.match_with_plan(tx, plan_id, some)
            plans.drop_changes(tx, others)
        left += len(others)
    if left:
        run.log(f"{left} changes are not part of plan {plan_id} and are left for the next run.")


def keep_plan(
    source: Store,
    writing: Writing,
    connection: Connection,
    run_id: int,
    *,
    kind: PlanKind,
    by: str,
    now: datetime,
    good_for: timedelta,
    excess: Sequence[str],
) -> int:
    """Store a run's plan with all that a person needs to decide about it, and return its id.

    `source` has the run and what it read; `writing` opens transactions of the store in which the plan is stored.
    """
    with source.begin() as tx:
        people, failures = populations(tx, connection.list_id), _failures(tx, connection.list_id)
    with writing() as tx:
        plan_id = kept_plans.keep_plan(
            tx,
            list_id=connection.list_id,
            kind=kind.value,
            made_at=now,
            made_by=by,
            expires_at=now + good_for,
            run_id=run_id if kind is PlanKind.HELD else None,
            state=PlanState.DRAFT.value,
            links=link_terms(connection),
            counts={},
            excess=list(excess),
            failures=failures,
        )
    counts, bill = _keep_changes(source, writing, connection, run_id, plan_id)
    before = sum(people.by_status.get(status, 0) for status in BILLABLE)
    billable = {"before": before, "after": before + bill["more"] - bill["fewer"]}
    if bill[MAY_BE_ASKED]:
        billable[MAY_BE_ASKED] = bill[MAY_BE_ASKED]
    with writing() as tx:
        kept_plans.describe_plan(tx, plan_id, state=PlanState.OPEN.value, counts=dict(counts), billable=billable)
    return plan_id


def _keep_changes(
    source: Store, writing: Writing, connection: Connection, run_id: int, plan_id: int
) -> tuple[Counter[str], Counter[str]]:
    counts: Counter[str] = Counter()
    bill: Counter[str] = Counter()
    for some in _change_pages(source, run_id):
        with source.begin() as tx:
            changes = _stored_changes(tx, connection, some)
        with writing() as tx:
            kept_plans.keep_changes(tx, plan_id, changes)
        counts.update(people_by_kind(changes))
        bill.update(billable_members(some))
        bill[MAY_BE_ASKED] += sum(map(_comes_back, some))
    return counts, bill


def _failures(tx: Transaction, list_id: str) -> list[dict[str, Any]]:
    by_reason = rows.failures_by_reason(tx, list_id)
    return [{"reason": reason, "count": number} for reason, number in sorted(by_reason.items())]


def _stored_changes(tx: Transaction, connection: Connection, planned: Sequence[Planned]) -> list[Mapping[str, Any]]:
    """Return planned changes in stored form: with the person, and the earlier values."""
    contacts = [one["civicrm_contact_id"] for one in planned if one["civicrm_contact_id"] is not None]
    states = groups.group_states(tx, connection.list_id, contacts)
    return [_stored_change(one, states.get(one["civicrm_contact_id"], {})) for one in planned]


def _stored_change(one: Planned, states: Mapping[int, Any]) -> Mapping[str, Any]:
    return {
        "identity": one["identity"],
        "contact_id": one["civicrm_contact_id"],
        "member_id": one["mailchimp_member_id"],
        **_with_previous_values(one, states),
    }


def _with_previous_values(one: Planned, states: Mapping[int, Any]) -> Mapping[str, Any]:
    """Return a planned change with the earlier values."""
    update = MemberUpdate.from_body(one["member_update"])
    return {
        "address": one["mailchimp_email"] or update.address,
        "before": {
            "status": one["mailchimp_status"],
            "interests": one["mailchimp_interests"] or {},
            "groups": {str(group): state.status for group, state in states.items() if state.status is not None},
        },
        **{
            name: one[name]
            for name in ("create_contact", "group_changes", "member_update", "sync_status", "reason", "agreed")
        },
    }


def _comes_back(one: Planned) -> bool:
    """Return whether it subscribes someone who was on the list before: Mailchimp may insist on asking them."""
    wanted = MemberUpdate.from_body(one["member_update"]).status
    before = one["mailchimp_status"]
    return wanted == MemberStatus.SUBSCRIBED and before is not None and before not in SUBSCRIBED_STATUSES


def billable_members(some: Sequence[Planned | Mapping[str, Any]]) -> Iterator[str]:
    """Yield `more` or `fewer` for each change that adds or removes a contact Mailchimp bills."""
    for one in some:
        update = MemberUpdate.from_body(one["member_update"])
        was_billed = one["mailchimp_status"] in BILLABLE
        if update.subscribes and not was_billed:
            yield "more"
        elif update.status is MemberStatus.ARCHIVED and was_billed:
            yield "fewer"
