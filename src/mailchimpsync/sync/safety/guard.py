"""The guard against mass changes: a plan over the limits is held, and not carried out (docs/decisions/guard.md).

It stands between the decisions and the first write. A run for an approved plan keeps to exactly that plan: changes that
differ from it are left out, for the next run to decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from mailchimpsync.decide import Excess, Subject, excesses, kinds_of
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.messages import say
from mailchimpsync.model import ChangeKind, Connection, MemberStatus, comes_back
from mailchimpsync.store import Store, Transaction
from mailchimpsync.store.cache import rows
from mailchimpsync.store.changes import kept_plans, plans
from mailchimpsync.store.changes.kept_plans import MAY_BE_ASKED, PlanKind, PlanState
from mailchimpsync.store.queries.populations import Populations, populations
from mailchimpsync.store.runs import figures, runs
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.deciding.effects import people_by_kind
from mailchimpsync.sync.options import Outcome
from mailchimpsync.sync.safety.background import background_of
from mailchimpsync.sync.safety.changed_links import link_terms

CHANGES_PER_STEP = 2_000
HOLD_HOURS = 72
TRUST_REASON = say("one side is trusted, so its changes have to be reviewed first")
BILLABLE = ("subscribed", "unsubscribed", "transactional")
"""The statuses Mailchimp bills: not archived, cleaned or pending."""

Change = Mapping[Any, Any]


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
    return _hold(run, why)


def _hold(run: Run, why: Sequence[str]) -> int:
    """End the run before its first write: its changes become those of a held plan, which a person decides about.

    The mark stays, so that everything is read again before it is applied.
    """
    limits, now = run.connection.limits, run.runtime.now()
    good_for = timedelta(hours=limits.hold_hours if limits is not None else HOLD_HOURS)
    columns = plan_columns(run.store, run.connection, run.id, excess=why)
    with run.transaction() as tx:
        about = {"kind": PlanKind.HELD.value, "state": PlanState.OPEN.value, "run_id": run.id}
        made = {"made_by": "the guard", "made_at": now, "expires_at": now + good_for}
        plan_id = kept_plans.keep_plan(tx, **about, **made, **columns)
        plans.hold_changes(tx, run.id, plan_id)
        runs.add_log(tx, run.list_id, run.id, now, held := f"Held for review as plan {plan_id}: {'; '.join(why)}.")
        runs.end_run(tx, run.list_id, run.id, now, Outcome.HELD.value)
    run.progress.message(held)
    return plan_id


def _record_planned(run: Run) -> None:
    with run.transaction() as tx:
        by_kinds = plans.count_by_kinds(tx, run.id)
    counts: Counter[str] = Counter()
    if None in by_kinds:  # from a version that didn't store them
        for some in change_pages(run.store, run.id):
            counts.update(people_by_kind(some))
    else:
        for kinds, number in by_kinds.items():
            counts.update(dict.fromkeys(filter(None, (kinds or "").split(",")), number))
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
    for some in change_pages(store, run_id):
        counts.update(kind for one in some for kind in kinds_of(one))
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


def change_pages(store: Store, run_id: int) -> Iterator[Sequence[Change]]:
    """Yield the changes that a run has decided on, some thousand at a time."""
    after = 0
    while True:
        with store.begin() as tx:
            some = plans.planned_changes(tx, run_id, after, CHANGES_PER_STEP)
        if not some:
            return
        after = some[-1]["id"]
        yield some


def _restrict_to_plan(run: Run, plan_id: int) -> None:
    """Drop from the run's plan every change that isn't, down to the last value, in the approved plan."""
    left = 0
    for some in change_pages(run.store, run.id):
        with run.transaction() as tx:
            others = kept_plans.match_with_plan(tx, plan_id, some)
            plans.drop_changes(tx, others)
        left += len(others)
    if left:
        run.log(f"{left} changes are not part of plan {plan_id} and are left for the next run.")


def plan_columns(store: Store, connection: Connection, run_id: int, *, excess: Sequence[str]) -> dict[str, Any]:
    """Return what a person needs to know to decide about a run's plan; `store` has the run and what it read."""
    with store.begin() as tx:
        people, failures = populations(tx, connection.list_id), _failures(tx, connection.list_id)
    counts: Counter[str] = Counter()
    bill: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    by_date = 0
    for some in change_pages(store, run_id):
        counts.update(people_by_kind(some))
        bill.update(billable_members(some))
        bill[MAY_BE_ASKED] += sum(map(_comes_back, some))
        reasons.update(one["reason"] for one in some)
        by_date += sum(one["dates"] is not None for one in some)
    with store.begin() as tx:
        background = background_of(tx, connection, run_id, reasons, by_date)
    return {
        "list_id": connection.list_id,
        "links": link_terms(connection),
        "counts": dict(counts),
        "excess": list(excess),
        "billable": bill_of(people, bill),
        "failures": failures,
        "background": background,
    }


def bill_of(people: Populations, bill: Counter[str]) -> dict[str, int]:
    """Return how many contacts Mailchimp bills before and after, and how many may be asked instead."""
    before = sum(people.by_status.get(status, 0) for status in BILLABLE)
    billable = {"before": before, "after": before + bill["more"] - bill["fewer"]}
    return {**billable, MAY_BE_ASKED: bill[MAY_BE_ASKED]} if bill[MAY_BE_ASKED] else billable


def _failures(tx: Transaction, list_id: str) -> list[dict[str, Any]]:
    by_reason = rows.count_failures_by_reason(tx, list_id)
    return [{"reason": reason, "count": number} for reason, number in sorted(by_reason.items())]


def _comes_back(change: Change) -> bool:
    return comes_back(change["before"]["status"], MemberUpdate.from_body(change["member_update"]).status)


def billable_members(some: Iterable[Change]) -> Iterator[str]:
    """Yield `more` or `fewer` for each change that adds or removes a contact Mailchimp bills."""
    for change in some:
        update = MemberUpdate.from_body(change["member_update"])
        was_billed = change["before"]["status"] in BILLABLE
        if update.subscribes and not was_billed:
            yield "more"
        elif update.status is MemberStatus.ARCHIVED and was_billed:
            yield "fewer"
