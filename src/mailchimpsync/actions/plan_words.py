"""A kept plan and its changes as people and programs see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.actions.connection_status import Failure
from mailchimpsync.actions.explained import explained
from mailchimpsync.data import as_text


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
        outcomes: of an applied plan, how many changes were done, and how many left out, as the world had changed.
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


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """What a plan would change for one person: `changes` says what, on which side, from what to what."""

    contact_id: int | None
    address: str | None
    member_id: str | None
    changes: tuple[str, ...]
    reason: str
    why: str
    outcome: str | None
    note: str | None


def plan_from(row: Mapping[str, Any], title: str, outcomes: Mapping[str | None, int]) -> Plan:
    """Return a kept plan from its row."""
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
    )


def _failure(code: str, count: int) -> Failure:
    entry = explained(code)
    return Failure(code, count, entry.sentence, entry.remedy, entry.who.value)


def change_from(row: Mapping[str, Any]) -> PlannedChange:
    """Return a change of a kept plan from its row."""
    return PlannedChange(
        contact_id=row["contact_id"],
        address=row["address"],
        member_id=row["member_id"],
        changes=tuple(_sentences(row)),
        reason=row["reason"],
        why=explained(row["reason"]).sentence,
        outcome=row["outcome"],
        note=row["note"],
    )


def _sentences(row: Mapping[str, Any]) -> Iterator[str]:
    before, update = row["before"], row["member_update"] or {}
    if row["create_contact"]:
        yield "CiviCRM: the contact is created"
    for group, status in row["group_changes"]:
        yield f"CiviCRM, group {group}: {before['groups'].get(str(group), 'not in it')} → {status}"
    wanted = update.get("status") or update.get("status_if_new")
    if wanted is not None and wanted != before["status"]:
        yield f"Mailchimp: {before['status'] or 'not there'} → {wanted}"
    for interest, value in update.get("interests", {}).items():
        old = _yes_no(before["interests"].get(interest, False))
        if old != _yes_no(value):
            yield f"Mailchimp, interest {interest}: {old} → {_yes_no(value)}"
    if "data" in row["agreed"]:
        yield from _data_sentences(row["agreed"]["data"])


def _data_sentences(change: Mapping[str, Any]) -> Iterator[str]:
    for tag, (value, _) in change["fields"].items():
        yield f"Mailchimp, merge field {tag}: {_shown(change['old'].get(tag))} → {_shown(value)}"
    if change["language"] is not None:
        yield f"Mailchimp, language: {_shown(change['old'].get('language'))} → {change['language'][0]}"
    for name, (wanted, _) in change["tags"].items():
        yield f"Mailchimp, tag “{name}”: {_yes_no(not wanted)} → {_yes_no(wanted)}"


def _shown(value: Any) -> str:
    return as_text(value) if value else "(none)"


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
