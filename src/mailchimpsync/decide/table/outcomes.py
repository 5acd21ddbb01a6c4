"""The decision in every combination, in words, and in as few lines as possible."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from mailchimpsync.decide.rules import decide
from mailchimpsync.decide.situation import Decision, Situation
from mailchimpsync.decide.table.cases import (
    address_case,
    arrival_case,
    departure_case,
    interest_case,
    new_member_case,
    return_case,
    subscription_case,
)
from mailchimpsync.decide.table.dimensions import (
    ADDRESS_DIMENSIONS,
    ANY,
    ARRIVAL_DIMENSIONS,
    BASES,
    DEPARTURE_DIMENSIONS,
    DIMENSIONS,
    GROUP_ID,
    INTEREST,
    INTEREST_DIMENSIONS,
    INTEREST_GROUP_ID,
    NEW_ADDRESS,
    NEW_MEMBER_DIMENSIONS,
    RETURN_DIMENSIONS,
    TRUST_DIMENSIONS,
    combinations,
)
from mailchimpsync.model import Connection, SyncStatus

Key = tuple[str, ...]


class TableEntry(NamedTuple):
    """A decision in words; empty: no change."""

    civicrm: str
    mailchimp: str
    row: str
    reason: str
    base_after: str


Cells = Mapping[Key, TableEntry]
Lines = Sequence[tuple[Key, TableEntry]]


@cache
def subscriptions() -> Cells:
    """Return the decision about the subscription in every combination."""
    return {tuple(case.values()): _outcome(*subscription_case(case)) for case in combinations(DIMENSIONS)}


@cache
def trusting() -> Cells:
    """Return the decision about the subscription in every combination, while one side is trusted."""
    return {tuple(case.values()): _outcome(*subscription_case(case)) for case in combinations(TRUST_DIMENSIONS)}


@cache
def departures() -> Cells:
    """Return the decision about the subscription for every departure."""
    return {tuple(case.values()): _outcome(*departure_case(case)) for case in combinations(DEPARTURE_DIMENSIONS)}


@cache
def addresses() -> Cells:
    """Return the decision about a member whose contact has a new address in every combination."""
    return {tuple(case.values()): _outcome(*address_case(case)) for case in combinations(ADDRESS_DIMENSIONS)}


@cache
def arrivals() -> Cells:
    """Return the decision about the new address in every combination."""
    return {tuple(case.values()): _outcome(*arrival_case(case)) for case in combinations(ARRIVAL_DIMENSIONS)}


@cache
def returns() -> Cells:
    """Return the decision about a member whom we removed in every combination."""
    return {tuple(case.values()): _outcome(*return_case(case)) for case in combinations(RETURN_DIMENSIONS)}


@cache
def new_members() -> Cells:
    """Return the decision about a person in the group who isn't subscribed, in every combination."""
    return {tuple(case.values()): _outcome(*new_member_case(case)) for case in combinations(NEW_MEMBER_DIMENSIONS)}


@cache
def interests() -> Cells:
    """Return the decision about an interest in every combination."""
    return {tuple(case.values()): _interest_outcome(*interest_case(case)) for case in combinations(INTEREST_DIMENSIONS)}


def collapse(cells: Cells) -> Lines:
    """Return the same table in fewer lines: `*` stands for every value, `a | b` for either."""
    outcomes = set(cells.values())
    if len(outcomes) == 1:
        return [((ANY,) * len(next(iter(cells))), outcomes.pop())]
    parts: dict[str, dict[Key, TableEntry]] = {}
    for (value, *rest), outcome in cells.items():
        parts.setdefault(value, {})[tuple(rest)] = outcome
    alike: list[tuple[list[str], dict[Key, TableEntry]]] = []
    for value, part in parts.items():
        same = next((values for values, other in alike if other == part), None)
        if same is None:
            alike.append(([value], part))
        else:
            same.append(value)
    return [
        ((_either(values, len(parts)), *rest), outcome) for values, part in alike for rest, outcome in collapse(part)
    ]


def as_csv(dimensions: Mapping[str, Sequence[str]], lines: Lines) -> str:
    """Return a table as a golden file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*dimensions, *TableEntry._fields])
    writer.writerows([*key, *outcome] for key, outcome in lines)
    return text.getvalue()


def golden_files() -> Mapping[str, str]:
    """Return the golden files by name."""
    return {
        "subscriptions.csv": as_csv(DIMENSIONS, collapse(subscriptions())),
        "trust.csv": as_csv(TRUST_DIMENSIONS, collapse(trusting())),
        "departures.csv": as_csv(DEPARTURE_DIMENSIONS, collapse(departures())),
        "addresses.csv": as_csv(ADDRESS_DIMENSIONS, collapse(addresses())),
        "arrivals.csv": as_csv(ARRIVAL_DIMENSIONS, collapse(arrivals())),
        "returns.csv": as_csv(RETURN_DIMENSIONS, collapse(returns())),
        "new_members.csv": as_csv(NEW_MEMBER_DIMENSIONS, collapse(new_members())),
        "interests.csv": as_csv(INTEREST_DIMENSIONS, collapse(interests())),
    }


def _either(values: Sequence[str], number_of_values: int) -> str:
    return ANY if len(values) == number_of_values else " | ".join(values)


def _outcome(situation: Situation, connection: Connection) -> TableEntry:
    decision = decide(situation, connection)
    update = decision.update.to_body() if decision.update else {}
    words = [f"{key}={update[key]}" for key in ("status", "status_if_new") if key in update]
    if update.get("email_address") == NEW_ADDRESS:
        words.append("new address")
    if decision.adds_member:
        words.append("new member")
    return TableEntry(
        _civicrm(decision, GROUP_ID),
        " ".join(words),
        decision.sync_status.value,
        decision.reason.value,
        _base_after(decision, situation, decision.agreed.subscribed),
    )


def _interest_outcome(situation: Situation, connection: Connection) -> TableEntry:
    decision = decide(situation, connection)
    value = decision.update.interests.get(INTEREST) if decision.update else None
    return TableEntry(
        _civicrm(decision, INTEREST_GROUP_ID),
        "" if value is None else f"interest={'yes' if value else 'no'}",
        decision.sync_status.value,
        decision.reason.value,
        _base_after(decision, situation, (decision.agreed.interests or {}).get(INTEREST)),
    )


def _civicrm(decision: Decision, group_id: int) -> str:
    created = ["new contact"] if decision.create_contact else []
    return " + ".join([*created, *(status.value for group, status in decision.groups if group == group_id)])


def _base_after(decision: Decision, situation: Situation, value: bool | None) -> str:
    if decision.agreed == situation.base and (decision.sync_status is SyncStatus.FAIL or value is None):
        return "kept"
    return next(word for word, base in BASES.items() if base is value)
