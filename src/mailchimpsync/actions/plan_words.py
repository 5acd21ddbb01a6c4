"""A kept plan and its changes as people and programs see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.actions.connection_status import Failure
from mailchimpsync.actions.explained import explained
from mailchimpsync.data import as_text
from mailchimpsync.model import Side
from mailchimpsync.store.kept_plans import REFUSED
from mailchimpsync.sync import planned_effects

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that is kept; times are UTC.

    Attributes:
        kind: `plan`: somebody asked for it; `held`: by the guard; `undo`: it would undo a run.
        state: `open`, `approved`, `applied`, `dropped` or `expired`.
        counts: how many people it concerns, by kind of change.
        excess: what of it goes over the limits, in words.
        billable: contacts Mailchimp counts on the bill, before and after.
        failures: who can't be synced, and why.
        people: how many people's changes are kept.
        outcomes: for how many people what was planned is done, waits for Mailchimp, was refused, or was left out, as
            the world had changed.
        refused: some of those for whom it was refused, by contact or address, and why.
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


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """What a plan would change for one person: `changes` says what, on which side, from what to what.

    `steps` are the same as values: `side`, `field` as in the journal (`contact`, `status`, `group 8`, `interest a1`),
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
    steps: tuple[Mapping[str, str | None], ...]


def plan_from(
    row: Mapping[str, Any], title: str, outcomes: Mapping[str | None, int], refused: Iterable[Row] = ()
) -> Plan:
    """Return a kept plan from its row, its people by outcome, and for whom something was refused."""
    failures = tuple(_failure(one["reason"], one["count"]) for one in row["failures"] or ())
    given = ("id", "list_id", "kind", "made_at", "made_by", "expires_at", "run_id", "counts")
    decided = ("decided_at", "decided_by", "applied_run_id")
    return Plan(
        **{name: row[name] for name in (*given, *decided)},
        title=title,
        state=row["state"],
        excess=tuple(row["excess"]),
        billable=row["billable"] or {},
        failures=failures,
        outcomes={outcome: number for outcome, number in outcomes.items() if outcome is not None},
        people=sum(outcomes.values()),
        refused=tuple(_whom(one) for one in refused),
    )


def _failure(code: str, count: int) -> Failure:
    entry = explained(code)
    return Failure(code, count, entry.sentence, entry.remedy, entry.who.value)


def _whom(one: Row) -> str:
    who = f"contact {one['contact_id']}" if one["contact_id"] else one["address"]
    return f"{who}: {explained(one['note']).sentence}"


def change_from(row: Mapping[str, Any]) -> PlannedChange:
    """Return a change of a kept plan from its row."""
    steps = tuple(_steps(row))
    return PlannedChange(
        contact_id=row["contact_id"],
        address=row["address"],
        member_id=row["member_id"],
        changes=tuple(_sentence(step) for step in steps),
        reason=row["reason"],
        why=explained(row["reason"]).sentence,
        outcome=row["outcome"],
        note=explained(row["note"]).sentence if row["outcome"] == REFUSED else row["note"],
        steps=steps,
    )


def _steps(row: Mapping[str, Any]) -> Iterator[Mapping[str, str | None]]:
    for one in planned_effects(row):
        yield _step(one.side, one.field, one.old, one.new)
    if "data" in row["agreed"]:
        yield from _data_steps(row["agreed"]["data"])


def _data_steps(change: Mapping[str, Any]) -> Iterator[Mapping[str, str | None]]:
    for tag, (value, _) in change["fields"].items():
        yield _step(Side.MAILCHIMP, f"merge field {tag}", _shown(change["old"].get(tag)), _shown(value))
    if change["language"] is not None:
        old = _shown(change["old"].get("language"))
        yield _step(Side.MAILCHIMP, "language", old, change["language"][0])
    for name, (wanted, _) in change["tags"].items():
        yield _step(Side.MAILCHIMP, f"tag “{name}”", _yes_no(not wanted), _yes_no(wanted))


def _shown(value: Any) -> str:
    return as_text(value) if value else "(none)"


def _step(side: Side, field: str, old: str | None, new: str) -> Mapping[str, str | None]:
    return {"side": side.value, "field": field, "old": old, "new": new}


def _sentence(step: Mapping[str, str | None]) -> str:
    side, field, new = step["side"], step["field"], step["new"]
    if field == "contact":
        return f"{side}: the contact is created"
    if field == "status":
        return f"{side}: {step['old'] or 'not there'} → {new}"
    return f"{side}, {field}: {step['old'] or 'not in it'} → {new}"


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
