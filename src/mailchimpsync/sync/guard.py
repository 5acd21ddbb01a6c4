"""The guard against mass changes: a plan over the limits is kept, and not carried out (DESIGN 3.5).

It stands between the decisions and the first write. A run that carries out a plan somebody approved keeps to exactly
that plan instead: what is not as it was then is left out, to be decided by the next run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping

from mailchimpsync.decide import Excess, Subject, excesses, kinds_of
from mailchimpsync.model import SUBSCRIBED_STATUSES, ChangeKind, Connection, Limits
from mailchimpsync.store import Transaction, groups, kept_plans, plans, rows
from mailchimpsync.store.kept_plans import PlanKind
from mailchimpsync.store.populations import Populations, populations
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.relink import links_of

CHANGES_PER_STEP = 2_000
BILLABLE = ("subscribed", "unsubscribed", "transactional")
"""Whom Mailchimp counts on the bill: not the archived, the cleaned and those who have not confirmed."""

Planned = RowMapping


def guard(run: Run) -> int | None:
    """Hold the run's plan if it is too much, and return the id under which it is kept; None: go on."""
    if run.kept_plan_id is not None:
        _keep_to(run, run.kept_plan_id)
        return None
    limits = run.connection.limits
    if limits is None:
        return None
    found = _too_much(run, limits)
    if not found:
        return None
    plan_id = keep(run, PlanKind.HELD, by="the guard", excess=found, good_for=timedelta(hours=limits.hold_hours))
    run.log(f"Held, as plan {plan_id}: " + "; ".join(one.sentence for one in found) + ".")
    return plan_id


def _too_much(run: Run, limits: Limits) -> Sequence[Excess]:
    counts: Counter[Subject] = Counter()
    for some in _steps(run):
        counts.update(kind for one in some for kind in kinds_of(dict(one)))
    with run.transaction() as tx:
        people = populations(tx, run.list_id)
    return excesses(counts, _shares_of(people), limits)


def _shares_of(people: Populations) -> dict[Subject, int]:
    """Return of how many each kind of change is a share."""
    return {
        (ChangeKind.UNSUBSCRIBE, None): people.subscribed,
        (ChangeKind.ADD, None): people.subscribed,
        (ChangeKind.INTERESTS, None): people.subscribed,
        (ChangeKind.CREATE, None): people.contacts,
        **{(ChangeKind.REMOVE, group): number for group, number in people.in_group.items()},
    }


def _steps(run: Run) -> Iterator[Sequence[Planned]]:
    after = 0
    while True:
        with run.transaction() as tx:
            some = kept_plans.planned_changes(tx, run.id, after, CHANGES_PER_STEP)
        if not some:
            return
        after = some[-1]["id"]
        yield some


def _keep_to(run: Run, plan_id: int) -> None:
    """Drop from the run's plan what is not, down to the last value, in the plan that was approved."""
    left = 0
    for some in _steps(run):
        with run.transaction() as tx:
            others = kept_plans.keep_to_plan(tx, plan_id, some)
            plans.drop_changes(tx, others)
        left += len(others)
    if left:
        run.log(f"{left} changes are not part of plan {plan_id} and are left for the next run.")


def keep(run: Run, kind: PlanKind, *, by: str, good_for: timedelta, excess: Sequence[Excess] = ()) -> int:
    """Keep a run's plan with all that a person needs to decide about it, and return its id."""
    now = run.runtime.now()
    with run.transaction() as tx:
        people = populations(tx, run.list_id)
        plan_id = kept_plans.keep_plan(
            tx,
            list_id=run.list_id,
            kind=kind.value,
            made_at=now,
            made_by=by,
            expires_at=now + good_for,
            run_id=run.id,
            links=links_of(run.connection),
            counts={},
            excess=[one.sentence for one in excess],
            failures=_failures(tx, run.list_id),
        )
    counts: Counter[str] = Counter()
    billable: Counter[str] = Counter()
    for some in _steps(run):
        with run.transaction() as tx:
            kept_plans.keep_changes(tx, plan_id, kept(tx, run.connection, some))
        counts.update(kind.value for one in some for kind, _ in kinds_of(dict(one)))
        billable.update(_billed(some))
    before = sum(people.by_status.get(status, 0) for status in BILLABLE)
    with run.transaction() as tx:
        bill = {"before": before, "after": before + billable["more"] - billable["fewer"]}
        kept_plans.describe_plan(tx, plan_id, counts=dict(counts), billable=bill)
    return plan_id


def _failures(tx: Transaction, list_id: str) -> list[dict[str, Any]]:
    by_reason = rows.failures_by_reason(tx, list_id)
    return [{"reason": reason, "count": number} for reason, number in sorted(by_reason.items())]


def kept(tx: Transaction, connection: Connection, planned: Sequence[Planned]) -> list[Mapping[str, Any]]:
    """Return planned changes as they are kept: with who it is, and what was before."""
    contacts = [one["civicrm_contact_id"] for one in planned if one["civicrm_contact_id"] is not None]
    states = groups.states_of(tx, connection.list_id, contacts)
    return [_kept(one, states.get(one["civicrm_contact_id"], {})) for one in planned]


def _kept(one: Planned, states: Mapping[int, Any]) -> Mapping[str, Any]:
    update = one["member_update"] or {}
    return {
        "identity": one["identity"],
        "contact_id": one["civicrm_contact_id"],
        "member_id": one["mailchimp_member_id"],
        "address": one["mailchimp_email"] or update.get("email_address"),
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


def _billed(some: Sequence[Planned]) -> Iterator[str]:
    for one in some:
        wanted = (one["member_update"] or {}).get("status") or (one["member_update"] or {}).get("status_if_new")
        was_billed = one["mailchimp_status"] in BILLABLE
        if wanted in SUBSCRIBED_STATUSES and not was_billed:
            yield "more"
        elif wanted == "archived" and was_billed:
            yield "fewer"
