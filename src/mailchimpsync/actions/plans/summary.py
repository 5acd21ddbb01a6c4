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
from mailchimpsync.store.changes.kept_plans import MAY_BE_ASKED, REFUSED
from mailchimpsync.sync import planned_effects

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OutcomeReason:
    """Why a plan was not carried out for some people: `outcome` is `left out` or `refused`."""

    outcome: str
    count: int
    why: str


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


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """What a plan would change for one person: `changes` says what, on which side, from what to what.

    `steps` has the same as values: `side`, `field` as in the journal (`contact`, `status`, `group 8`, `interest a1`),
    `old` and `new`.
    """

    contact_id: int | None
    address: str | None
    member_id: str | None
    changes: tuple[str, ...]
    reason: str
    why: str
    outcome: str | None
    note: str | None
    steps: tuple[Step, ...]

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The steps, as effects."""
        return tuple(Effect.stored(**step) for step in self.steps)


def plan_from(
    row: Mapping[str, Any],
    title: str,
    outcomes: Mapping[str | None, int],
    refused: Iterable[Row] = (),
    reasons: Iterable[Row] = (),
) -> Plan:
    """Return a kept plan from its row, its people by outcome, refused changes and the reasons."""
    failures = tuple(_failure(one["reason"], one["count"]) for one in row["failures"] or ())
    given = ("id", "list_id", "kind", "made_at", "made_by", "expires_at", "run_id", "counts")
    decided = ("decided_at", "decided_by", "applied_run_id")
    billed = row["billable"] or {}
    return Plan(
        **{name: row[name] for name in (*given, *decided)},
        title=title,
        state=row["state"],
        excess=tuple(row["excess"]),
        billable={name: number for name, number in billed.items() if name != MAY_BE_ASKED},
        failures=failures,
        outcomes={outcome: number for outcome, number in outcomes.items() if outcome is not None},
        people=sum(outcomes.values()),
        refused=tuple(_person_of(one) for one in refused),
        reasons=tuple(OutcomeReason(one["outcome"], one["count"], _why(one)) for one in reasons),
        may_be_asked=billed.get(MAY_BE_ASKED, 0),
    )


def _failure(code: str, count: int) -> Failure:
    entry = explain_code(code)
    return Failure(code, count, entry.sentence, entry.remedy, entry.who.value)


def _person_of(one: Row) -> str:
    person = f"contact {one['contact_id']}" if one["contact_id"] else one["address"]
    return f"{person}: {_why(one)}"


def _why(one: Row) -> str:
    """Return why a change was not made: a refusal is stored as a code, a change that was left out in words."""
    return explain_code(one["note"]).sentence if one["outcome"] == REFUSED else one["note"] or ""


def change_from(row: Mapping[str, Any]) -> PlannedChange:
    """Return a change of a kept plan from its row."""
    effects = tuple(planned_effects(row))
    return PlannedChange(
        contact_id=row["contact_id"],
        address=row["address"],
        member_id=row["member_id"],
        changes=tuple(map(effect_line, effects)),
        reason=row["reason"],
        why=explain_code(row["reason"]).sentence,
        outcome=row["outcome"],
        note=_why(row) or None,
        steps=tuple(map(_step, effects)),
    )


def _step(effect: Effect) -> Step:
    return {"side": effect.place, "field": effect.field, "old": effect.old, "new": effect.new}


def in_words(change: PlannedChange, names: Names) -> tuple[str, ...]:
    """Return what a change does, with groups and interests by name where known."""
    return tuple(effect_line(effect, names) for effect in change.effects)
