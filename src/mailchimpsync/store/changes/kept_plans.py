"""Stored plans: reviewed, held by the guard, approved, carried out; and what became of each change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, exists, func, insert, or_, select, true, update

from mailchimpsync.store.engine.dialect import Row, insert_rows, update_by_id
from mailchimpsync.store.engine.patterns import NO_ESCAPE, contains_text
from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.schema import cache, change, json_text, kept_plan, run
from mailchimpsync.store.schema import update as update_table

ROWS_PER_PAGE = 2_000


class PlanKind(StrEnum):
    """Why a plan is stored."""

    PLAN = "plan"  # requested by a person
    HELD = "held"  # the guard held a run
    UNDO = "undo"  # it would undo a run


class PlanState(StrEnum):
    """The state of a stored plan."""

    DRAFT = "draft"  # not completely stored yet
    OPEN = "open"
    APPROVED = "approved"
    APPLIED = "applied"
    DROPPED = "dropped"
    EXPIRED = "expired"


DONE, LEFT_OUT, REFUSED, UNKNOWN = "done", "left out", "refused", "unknown"
"""What became of a change; `done` is one that was sent, until its result says otherwise, or there will be none."""

MAY_BE_ASKED = "may_be_asked"
"""Beside a plan's billed contacts: how many of those to be subscribed were on the list before."""


class KeptPlan(NamedTuple):
    """A stored plan, with the table's columns."""

    id: int
    list_id: str
    kind: str
    state: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    run_id: int | None
    links: Mapping[str, Any]
    counts: Mapping[str, int]
    excess: Sequence[str]
    billable: Mapping[str, int] | None
    failures: Sequence[Mapping[str, Any]] | None
    background: Mapping[str, Any] | None
    decided_at: datetime | None
    decided_by: str | None
    applied_run_id: int | None


class NotMade(NamedTuple):
    """How many changes of a plan weren't made, by outcome and reason."""

    outcome: str
    note: str | None
    number: int


class RefusedChange(NamedTuple):
    """Someone for whom something of a plan was refused, and the reason."""

    name: str | None
    contact_id: int | None
    address: str | None
    outcome: str
    note: str | None


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes of a plan are wanted; by default all.

    Attributes:
        kind: what they do to the person. Changes from an older version have no kind, and are always wanted.
        by_date: only those that rest on dates alone.
        search: a part of the person's address or name; case is ignored.
    """

    kind: str = ""
    by_date: bool = False
    search: str = ""

    def conditions(self, plan_id: int) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions of the changes in a plan."""
        yield change.c.plan_id == plan_id
        if self.kind:
            yield or_(change.c.kinds.is_(None), change.c.kinds.contains(f",{self.kind},"))
        if self.by_date:
            yield change.c.dates.is_not(None)
        for word in self.search.split():
            pattern = contains_text(word)
            yield or_(*(one.ilike(pattern, escape=NO_ESCAPE) for one in (change.c.address, change.c.name)))


ALL_CHANGES = ChangeFilter()

_CHANGE = ("create_contact", "group_changes", "member_update", "sync_status", "reason", "agreed")
"""What makes two changes the same."""


def keep_plan(tx: Connection, **values: Any) -> int:
    """Store a plan, with every column that has no default, and return its id."""
    key = tx.execute(insert(kept_plan).values(**values)).inserted_primary_key
    return int(key[0]) if key else 0


def keep_changes(tx: Connection, plan_id: int, changes: Sequence[Row]) -> None:
    """Add changes to a stored plan, all with the same columns."""
    insert_rows(tx, change, [{**one, "plan_id": plan_id} for one in changes])


def copy_changes(tx: Connection, plan_id: int, changes: Sequence[Mapping[Any, Any]]) -> None:
    """Add changes that a run in another store has decided on."""
    theirs = {"id", "run_id", "cache_id"}
    keep_changes(tx, plan_id, [{name: one[name] for name in one if name not in theirs} for one in changes])


def find_plan(tx: Connection, plan_id: int) -> KeptPlan | None:
    """Return a stored plan, or None."""
    return fetch_one(tx, KeptPlan, select_as(KeptPlan, kept_plan).where(kept_plan.c.id == plan_id))


def kept_plans(tx: Connection, list_id: str | None = None, limit: int = 50) -> Sequence[KeptPlan]:
    """Return the newest stored plans, newest first, of one audience or of all."""
    query = select_as(KeptPlan, kept_plan).order_by(kept_plan.c.id.desc()).limit(limit)
    if list_id is not None:
        query = query.where(kept_plan.c.list_id == list_id)
    return fetch(tx, KeptPlan, query)


def open_hold(tx: Connection, list_id: str) -> KeptPlan | None:
    """Return the plan that holds a connection, or None."""
    query = select_as(KeptPlan, kept_plan).where(
        kept_plan.c.list_id == list_id, kept_plan.c.kind == PlanKind.HELD, kept_plan.c.state == PlanState.OPEN
    )
    return fetch_one(tx, KeptPlan, query.order_by(kept_plan.c.id.desc()).limit(1))


def holding_plan(tx: Connection, list_id: str) -> KeptPlan | None:
    """Return the plan for which runs of a connection wait, or None: an approved plan is carried out nevertheless."""
    return open_hold(tx, list_id) if approved_plan(tx, list_id) is None else None


def approved_plan(tx: Connection, list_id: str) -> KeptPlan | None:
    """Return the plan that the next run has to carry out, or None."""
    query = select_as(KeptPlan, kept_plan).where(
        kept_plan.c.list_id == list_id, kept_plan.c.state == PlanState.APPROVED
    )
    return fetch_one(tx, KeptPlan, query.order_by(kept_plan.c.id).limit(1))


def expire_plans(tx: Connection, list_id: str, now: datetime) -> int:
    """Expire plans that weren't decided in time; return how many."""
    waiting = kept_plan.c.state.in_((PlanState.OPEN.value, PlanState.APPROVED.value))
    late = update(kept_plan).where(kept_plan.c.list_id == list_id, waiting, kept_plan.c.expires_at <= now)
    return tx.execute(late.values(state=PlanState.EXPIRED.value)).rowcount


def describe_plan(tx: Connection, plan_id: int, **values: Any) -> None:
    """Set columns of a stored plan."""
    tx.execute(update(kept_plan).where(kept_plan.c.id == plan_id).values(**values))


def decide_plan(
    tx: Connection, plan_id: int, before: Sequence[PlanState], state: PlanState, now: datetime, by: str
) -> bool:
    """Move a plan from one of some states to another, by compare and set; return whether it was in one of them."""
    moved = tx.execute(
        update(kept_plan)
        .where(kept_plan.c.id == plan_id, kept_plan.c.state.in_([one.value for one in before]))
        .values(state=state.value, decided_at=now, decided_by=by)
    )
    return moved.rowcount == 1


def finish_plan(tx: Connection, plan_id: int, run_id: int) -> None:
    """Record that a run has carried a plan out; changes that were no longer as planned were left out."""
    describe_plan(tx, plan_id, state=PlanState.APPLIED.value, applied_run_id=run_id)
    forgotten = update(change).where(change.c.plan_id == plan_id, change.c.outcome.is_(None))
    tx.execute(forgotten.values(outcome=LEFT_OUT, note="It was no longer needed, or the row has gone."))


def kept_changes(
    tx: Connection, plan_id: int, wanted: ChangeFilter = ALL_CHANGES, *, offset: int = 0, limit: int = ROWS_PER_PAGE
) -> Sequence[RowMapping]:
    """Return the next changes of a stored plan that are wanted, in the order in which they were planned."""
    query = select(change).where(*wanted.conditions(plan_id))
    return tx.execute(query.order_by(change.c.id).offset(offset).limit(limit)).mappings().all()


def count_wanted(tx: Connection, plan_id: int, wanted: ChangeFilter) -> int:
    """Return how many changes of a stored plan are wanted."""
    return int(tx.execute(select(func.count()).where(*wanted.conditions(plan_id))).scalar_one())


def count_changes(tx: Connection, plan_id: int) -> dict[str | None, int]:
    """Return how many changes a stored plan has, by outcome."""
    query = select(change.c.outcome, func.count()).where(change.c.plan_id == plan_id)
    return {outcome: int(number) for outcome, number in tx.execute(query.group_by(change.c.outcome))}


def reasons_of(tx: Connection, plan_id: int) -> Sequence[NotMade]:
    """Return how many changes of a plan weren't made, and why, the most frequent reasons first."""
    query = select_as(NotMade, change, number=func.count()).where(
        change.c.plan_id == plan_id, change.c.outcome.in_((LEFT_OUT, REFUSED))
    )
    query = query.group_by(change.c.outcome, change.c.note)
    return fetch(tx, NotMade, query.order_by(change.c.outcome, func.count().desc(), change.c.note))


def refused_changes(tx: Connection, plan_id: int, limit: int) -> Sequence[RefusedChange]:
    """Return the people for whom something of a plan was refused."""
    query = select_as(RefusedChange, change).where(change.c.plan_id == plan_id, change.c.outcome == REFUSED)
    return fetch(tx, RefusedChange, query.order_by(change.c.id).limit(limit))


def count_unanswered(tx: Connection, plan_id: int) -> int:
    """Return how many people's updates have no result yet in the run that carries a plan out."""
    mine = update_table.c.run_id == run.c.id, update_table.c.open_row.is_not(None)
    query = (
        select(func.count()).select_from(update_table).join(run, mine[0]).where(run.c.kept_plan_id == plan_id, mine[1])
    )
    return int(tx.execute(query).scalar_one())


def match_with_plan(tx: Connection, plan_id: int, planned: Sequence[Mapping[Any, Any]]) -> list[int]:
    """Compare planned changes of a run with those of a stored plan; mark those that are the same as done.

    Returns the ids (in the run's plan) of those that differ: these must not be carried out.
    """
    by_identity = {one["identity"]: one for one in _changes_by_identity(tx, plan_id, planned)}
    others, taken, changed = [], [], []
    for one in planned:
        kept = by_identity.get(one["identity"])
        if kept is not None and is_same_change(dict(kept), dict(one)):
            taken.append({"id": kept["id"], "outcome": DONE, "note": None})
            continue
        others.append(one["id"])
        if kept is not None:
            changed.append({"id": kept["id"], "outcome": LEFT_OUT, "note": "A different change is needed now."})
    update_by_id(tx, change, [*taken, *changed])
    return others


def record_refused(tx: Connection, run_id: int, row_ids: Sequence[int]) -> None:
    """Record that a side refused what the plan carried out by a run wanted for some rows."""
    plan_of_run = select(run.c.kept_plan_id).where(run.c.id == run_id).scalar_subquery()
    refused = select(cache.c.identity, cache.c.reason).where(cache.c.id.in_(row_ids))
    for identity, reason in tx.execute(refused).all():
        mine = change.c.plan_id == plan_of_run, change.c.identity == identity, change.c.outcome == DONE
        tx.execute(update(change).where(*mine).values(outcome=REFUSED, note=reason))


def record_given_up(tx: Connection, update_ids: Sequence[int]) -> None:
    """Record that changes will get no result: if sent, the outcome isn't known; else they were left out."""
    sent = update_table.c.mailchimpsync_batch_id.is_not(None)
    _set_outcome(
        tx, update_ids, sent, DONE, UNKNOWN, "Mailchimp didn't report a result. The next sync reads what it did."
    )
    _set_outcome(tx, update_ids, ~sent, DONE, LEFT_OUT, "It was dropped before it was sent.")


def record_read_back(tx: Connection, update_ids: Sequence[int], *, done: bool) -> None:
    """Record what the members show of changes without a result."""
    outcome, note = (DONE, "Read from the member.") if done else (LEFT_OUT, "According to the member, it wasn't done.")
    _set_outcome(tx, update_ids, true(), UNKNOWN, outcome, note)


def _set_outcome(
    tx: Connection, update_ids: Sequence[int], which: ColumnElement[bool], before: str, outcome: str, note: str
) -> None:
    """Set the outcome of the changes that updates were made for, if it was another one before."""
    query = (
        select(run.c.kept_plan_id, cache.c.identity)
        .select_from(update_table)
        .join(run, run.c.id == update_table.c.run_id)
        .join(cache, cache.c.id == update_table.c.mailchimpsync_cache_id)
        .where(update_table.c.id.in_(update_ids), run.c.kept_plan_id.is_not(None), which)
    )
    by_plan: dict[int, list[str]] = {}
    for one in tx.execute(query):
        by_plan.setdefault(one.kept_plan_id, []).append(one.identity)
    for plan_id, identities in by_plan.items():
        mine = change.c.plan_id == plan_id, change.c.identity.in_(identities)
        tx.execute(update(change).where(*mine, change.c.outcome == before).values(outcome=outcome, note=note))


def _changes_by_identity(tx: Connection, plan_id: int, planned: Sequence[Mapping[Any, Any]]) -> Iterator[RowMapping]:
    identities = [one["identity"] for one in planned]
    query = select(change).where(change.c.plan_id == plan_id, change.c.identity.in_(identities))
    yield from tx.execute(query).mappings()


def is_same_change(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two changes are the same, down to the last value."""
    return _text_of(one) == _text_of(other)


def _text_of(one: Mapping[str, Any]) -> str:
    return json_text({name: _sorted(one[name]) for name in _CHANGE})


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return value


def forget_changes(tx: Connection, before: datetime) -> int:
    """Delete the people of closed plans that were decided or expired before a time; return how many rows."""
    closed = kept_plan.c.state.in_((PlanState.APPLIED.value, PlanState.DROPPED.value, PlanState.EXPIRED.value))
    old = or_(kept_plan.c.decided_at < before, kept_plan.c.decided_at.is_(None) & (kept_plan.c.expires_at < before))
    mine = exists().where(kept_plan.c.id == change.c.plan_id, closed, old)
    return tx.execute(delete(change).where(mine)).rowcount
