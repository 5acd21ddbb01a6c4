"""Kept plans and their changes, as people and programs see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from mailchimpsync.actions.status.connection_status import Failure
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.actions.texts.effects import effect_line
from mailchimpsync.actions.texts.names import Names
from mailchimpsync.effects import Effect
from mailchimpsync.store.changes.kept_plans import MAY_BE_ASKED, REFUSED, KeptPlan, NotMade, RefusedChange
from mailchimpsync.store.queries.failures import Standing
from mailchimpsync.sync import planned_effects


@dataclass(frozen=True, slots=True)
class OutcomeReason:
    """Why a plan was not carried out for some people: `outcome` is `left out` or `refused`."""

    outcome: str
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class PlanReason:
    """Why a plan changes people: for how many, by the code of the reason."""

    code: str
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class Burst:
    """People of a plan who were changed shortly after each other, as one import or mailing does; times are UTC.

    Attributes:
        reason: the code of the reason why the plan changes them.
        method: by which method, as CiviCRM calls it, if all were changed by the same one.
        group_id: the group in CiviCRM.
    """

    reason: str
    people: int
    begin: datetime
    end: datetime
    method: str | None
    group_id: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A kept plan; times are UTC.

    Attributes:
        kind: `plan` (made on request), `held` (by the guard, for review) or `undo` (it undoes a run).
        state: `open`, `approved`, `applied`, `dropped` or `expired`.
        counts: how many people it changes, by kind of change.
        excess: how it exceeds the limits, in words.
        billable: billed contacts at Mailchimp, before and after.
        failures: how many people can't be synced, and why.
        people: how many people's changes the plan has.
        outcomes: number of people by outcome: done, waiting for Mailchimp, refused, left out because the change no
            longer applied, or unknown because Mailchimp didn't respond (the next sync reads what it did).
        refused: some of the people whose changes were refused, by contact or address, with reasons.
        reasons: why changes were left out or refused, and for how many people.
        may_be_asked: how many people to be subscribed were on the list before, so that Mailchimp may ask them first.
        because: why it changes people, the most frequent reasons first.
        bursts: people who were changed shortly after each other, the largest bursts first.
        by_date: how many people's changes rest on dates alone: nothing was agreed before, and the later date decided.
    """

    id: int
    list_id: str
    title: str
    kind: str
    state: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    run_id: int | None
    counts: Mapping[str, int]
    excess: tuple[str, ...]
    billable: Mapping[str, int]
    failures: tuple[Failure, ...]
    decided_at: datetime | None
    decided_by: str | None
    applied_run_id: int | None
    outcomes: Mapping[str, int]
    people: int
    refused: tuple[str, ...] = ()
    reasons: tuple[OutcomeReason, ...] = ()
    may_be_asked: int = 0
    because: tuple[PlanReason, ...] = ()
    bursts: tuple[Burst, ...] = ()
    by_date: int = 0

    @property
    def to_do(self) -> int:
        """How many people's changes have no outcome yet."""
        return self.people - sum(self.outcomes.values())


class Step(TypedDict):
    """One effect, as a program reads it."""

    side: str
    field: str
    old: str | None
    new: str | None


class Dates(TypedDict):
    """The last changes of both sides, the later of which decided about a group."""

    group: int
    mailchimp: datetime
    civicrm: datetime


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """What a plan would change for one person: `changes` says what, on which side, from what to what.

    `steps` has the same as values: `side`, `field` as in the journal (`contact`, `status`, `group 8`, `interest a1`),
    `old` and `new`. `dates` has the dates of both sides, if they alone decided.
    """

    name: str | None
    address: str | None
    contact_id: int | None
    member_id: str | None
    changes: tuple[str, ...]
    reason: str
    why: str
    outcome: str | None
    note: str | None
    steps: tuple[Step, ...]
    dates: tuple[Dates, ...] = ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The steps, as effects."""
        return tuple(Effect.stored(**step) for step in self.steps)


def plan_from(
    row: KeptPlan,
    title: str,
    outcomes: Mapping[str | None, int],
    refused: Iterable[RefusedChange] = (),
    reasons: Iterable[NotMade] = (),
) -> Plan:
    """Return a kept plan from its row, its people by outcome, refused changes and the reasons."""
    billed, background = row.billable or {}, row.background or {}
    return Plan(
        id=row.id,
        list_id=row.list_id,
        title=title,
        kind=row.kind,
        state=row.state,
        made_at=row.made_at,
        made_by=row.made_by,
        expires_at=row.expires_at,
        run_id=row.run_id,
        counts=row.counts,
        excess=tuple(row.excess),
        billable={name: number for name, number in billed.items() if name != MAY_BE_ASKED},
        failures=tuple(_failure(one["reason"], one["count"]) for one in row.failures or ()),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        applied_run_id=row.applied_run_id,
        outcomes={outcome: number for outcome, number in outcomes.items() if outcome is not None},
        people=sum(outcomes.values()),
        refused=tuple(_person_of(one) for one in refused),
        reasons=tuple(OutcomeReason(one.outcome, one.number, _why(one.outcome, one.note)) for one in reasons),
        may_be_asked=billed.get(MAY_BE_ASKED, 0),
        because=tuple(_reason(code, count) for code, count in background.get("reasons", {}).items()),
        bursts=tuple(map(_burst, background.get("bursts", ()))),
        by_date=background.get("by_date", 0),
    )


def _reason(code: str, count: int) -> PlanReason:
    return PlanReason(code, count, explain_code(code).sentence)


def _burst(stored: Mapping[str, Any]) -> Burst:
    begin, end = (datetime.fromisoformat(stored[name]) for name in ("begin", "end"))
    return Burst(stored["reason"], stored["people"], begin, end, stored["method"], stored["group"])


def _failure(code: str, count: int) -> Failure:
    entry = explain_code(code)
    standing = Standing.FINE if entry.fine_because else Standing.NEEDS_ATTENTION
    return Failure(code, count, entry.sentence, entry.remedy, entry.who.value, standing.value)


def _person_of(one: RefusedChange) -> str:
    person = one.name or one.address or f"contact {one.contact_id}"
    return f"{person}: {_why(one.outcome, one.note)}"


def _why(outcome: str | None, note: str | None) -> str:
    """Return why a change was not made: a refusal is stored as a code, a change that was left out in words."""
    return explain_code(note or "").sentence if outcome == REFUSED else note or ""


def change_from(row: Mapping[str, Any]) -> PlannedChange:
    """Return a change of a kept plan from its row."""
    effects = tuple(planned_effects(row))
    return PlannedChange(
        name=row["name"],
        address=row["address"],
        contact_id=row["contact_id"],
        member_id=row["member_id"],
        changes=tuple(map(effect_line, effects)),
        reason=row["reason"],
        why=explain_code(row["reason"]).sentence,
        outcome=row["outcome"],
        note=_why(row["outcome"], row["note"]) or None,
        steps=tuple(map(_step, effects)),
        dates=tuple(map(_dates, row["dates"] or ())),
    )


def _dates(stored: Mapping[str, Any]) -> Dates:
    mailchimp, civicrm = (datetime.fromisoformat(stored[side]) for side in ("mailchimp", "civicrm"))
    return {"group": stored["group"], "mailchimp": mailchimp, "civicrm": civicrm}


def _step(effect: Effect) -> Step:
    return {"side": effect.place, "field": effect.field, "old": effect.old, "new": effect.new}


def in_words(change: PlannedChange, names: Names) -> tuple[str, ...]:
    """Return what a change does, with groups and interests by name where known."""
    return tuple(effect_line(effect, names) for effect in change.effects)
