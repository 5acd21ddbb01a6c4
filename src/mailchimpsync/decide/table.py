"""The decision table: the result of `decide` for every combination, in as few lines as possible.

`python -m mailchimpsync.decide.table tests/decide` writes the golden files; the docs show the same tables.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

from mailchimpsync.decide.rules import decide
from mailchimpsync.decide.situation import Decision, Situation
from mailchimpsync.errors import Code
from mailchimpsync.model import (
    Base,
    Connection,
    Departure,
    GroupState,
    GroupStatus,
    Leaving,
    MadeBy,
    MemberStatus,
    NewMembers,
    Resubscribe,
    SyncStatus,
    Trust,
)

NONE = "none"
ANY = "*"
UNKNOWN_STATUS = "(unknown)"

GROUP_ID = 1
INTEREST_GROUP_ID = 2
INTEREST = "news"
ADDRESS = "ann@example.org"
NEW_ADDRESS = "ann@new.example.org"

_DAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_LATER = _DAY + timedelta(seconds=1)
DATES: Mapping[str, tuple[datetime | None, datetime | None]] = {
    "CiviCRM": (_LATER, _DAY),
    "tie": (_DAY, _DAY),
    "Mailchimp": (_DAY, _LATER),
    "no CiviCRM date": (None, _DAY),
    "no Mailchimp date": (_DAY, None),
}
"""Which side is newer: the dates of the group history and of the member."""

_BASES: Mapping[str, bool | None] = {NONE: None, "in": True, "out": False}
_GROUP_STATUSES = (NONE, *(status.value for status in GroupStatus))

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "contact": ("owned", NONE, "gone"),
    "at_mailchimp": (NONE, *(status.value for status in MemberStatus), UNKNOWN_STATUS),
    "in_civicrm": _GROUP_STATUSES,
    "base": tuple(_BASES),
    "newer": tuple(DATES),
    "other_row": (NONE, "subscribed", "preferred", "left"),
    "resubscribe": tuple(mode.value for mode in Resubscribe),
    "obstacle": (NONE, Code.CV_ON_HOLD.value, Code.CV_OPTED_OUT.value),
}
"""What the decision about a subscription depends on, and the possible values."""

TRUST_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "trust": (Trust.CIVICRM.value, Trust.MAILCHIMP.value),
    **DIMENSIONS,
}
"""The same while one side is trusted."""

NEW_MEMBER_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "new_members": tuple(mode.value for mode in NewMembers),
    "at_mailchimp": (NONE, "unsubscribed", "archived", "transactional", "cleaned", UNKNOWN_STATUS),
    "taken_off": (NONE, "by us"),
    "base": tuple(_BASES),
    "newer": ("CiviCRM", "Mailchimp"),
    "resubscribe": DIMENSIONS["resubscribe"],
}
"""The same for a person in the group who isn't subscribed, by whether Mailchimp asks new members first."""

_GONE = (Departure.TRASHED.value, Departure.DELETED.value)

DEPARTURE_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "at_mailchimp": ("subscribed", "pending", "unsubscribed", "archived", "cleaned"),
    "taken_off": (NONE, "by us"),
    "left": (NONE, Departure.OPT_OUT.value, Departure.TRASHED.value, Departure.MERGED.value),
    "means": tuple(leaving.value for leaving in Leaving),
    "in_civicrm": (NONE, "Added", "Removed"),
    "base": tuple(_BASES),
    "newer": ("CiviCRM", "Mailchimp"),
    "resubscribe": DIMENSIONS["resubscribe"],
}
"""The same for departures in CiviCRM and their effect at Mailchimp; `none`: at most removed from the group.

All flags work like `opt_out`, and `deleted` like `trashed`.
"""

ADDRESS_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "at_mailchimp": DIMENSIONS["at_mailchimp"][1:-1],
    "new_address": ("free", "taken", "their own"),
    "in_civicrm": (NONE, "Added", "Removed"),
    "base": tuple(_BASES),
    "newer": ("CiviCRM", "Mailchimp"),
    "resubscribe": DIMENSIONS["resubscribe"],
}
"""The same for a member whose contact had the member's address as its best one, and now has another.

The new one is free, another person's, or that of another subscribed member of the same contact.
"""

ARRIVAL_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "other_row": (*ADDRESS_DIMENSIONS["at_mailchimp"][1:], "taken off by us"),
    "other_left": ("no", "yes"),
    "resubscribe": DIMENSIONS["resubscribe"],
    "obstacle": DIMENSIONS["obstacle"],
}
"""The same for the new address, in the group and not at Mailchimp yet, by the state of the old one."""

RETURN_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "at_mailchimp": ("unsubscribed", "archived", "transactional", "cleaned", UNKNOWN_STATUS),
    "made_by": tuple(made_by.value for made_by in MadeBy),
    "in_civicrm": (NONE, "Added", "Removed"),
    "base": tuple(_BASES),
    "newer": tuple(DATES),
    "other_row": DIMENSIONS["other_row"],
    "resubscribe": DIMENSIONS["resubscribe"],
    "obstacle": DIMENSIONS["obstacle"],
}
"""The same for a member we removed because the contact had been removed from the group."""

INTEREST_DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "trust": tuple(trust.value for trust in Trust),
    "at_mailchimp": (NONE, "yes", "no"),
    "in_civicrm": _GROUP_STATUSES,
    "base": tuple(_BASES),
    "newer": tuple(DATES),
    "other_row": (NONE, "has it"),
}
"""The same for one interest of a person who is subscribed on both sides."""

Key = tuple[str, ...]


class Outcome(NamedTuple):
    """A decision in words; empty: no change."""

    civicrm: str
    mailchimp: str
    row: str
    reason: str
    base_after: str


Cells = Mapping[Key, Outcome]
Lines = Sequence[tuple[Key, Outcome]]


def combinations(dimensions: Mapping[str, Sequence[str]]) -> Iterator[dict[str, str]]:
    """Yield every combination of values, by dimension."""
    for values in product(*dimensions.values()):
        yield dict(zip(dimensions, values, strict=True))


def subscription_case(case: Mapping[str, str]) -> tuple[Situation, Connection]:
    """Return the situation and the connection of a combination of `DIMENSIONS` or `TRUST_DIMENSIONS`."""
    civicrm_date, mailchimp_date = DATES[case["newer"]]
    situation = Situation(
        mailchimp_status=None if case["at_mailchimp"] == NONE else case["at_mailchimp"],
        mailchimp_status_date=mailchimp_date,
        mailchimp_date=mailchimp_date,
        has_contact=case["contact"] == "owned",
        contact_gone=case["contact"] == "gone",
        group=_group(case["in_civicrm"], civicrm_date),
        base=Base(subscribed=_BASES[case["base"]]),
        address=ADDRESS,
        obstacle=None if case["obstacle"] == NONE else Code(case["obstacle"]),
        other_subscribed=case["other_row"] == "subscribed",
        other_left=case["other_row"] == "left",
        other_preferred=case["other_row"] == "preferred",
    )
    trust = Trust(case.get("trust", NONE))
    return situation, Connection("list", GROUP_ID, {}, Resubscribe(case["resubscribe"]), trust=trust)


def departure_case(case: Mapping[str, str]) -> tuple[Situation, Connection]:
    """Return the situation and the connection of a combination of `DEPARTURE_DIMENSIONS`."""
    left, is_gone = case["left"], case["left"] in _GONE
    others = {"contact": "gone" if is_gone else "owned", "other_row": NONE, "obstacle": NONE}
    situation, connection = subscription_case({**case, **others})
    departure = Departure.REMOVED if left == NONE else Departure(left)
    situation = replace(
        situation,
        marks=frozenset({departure}) - {Departure.REMOVED, Departure.MERGED},
        merged=departure is Departure.MERGED,
        other_subscribed=departure is Departure.MERGED,
        departed=case["taken_off"] != NONE,
    )
    return situation, replace(connection, departures={departure: Leaving(case["means"])})


def address_case(case: Mapping[str, str]) -> tuple[Situation, Connection]:
    """Return the situation and the connection of a combination of `ADDRESS_DIMENSIONS`."""
    is_same_contact = case["new_address"] == "their own"
    others = {"contact": "owned", "other_row": "subscribed" if is_same_contact else NONE, "obstacle": NONE}
    situation, connection = subscription_case({**case, **others})
    is_taken = case["new_address"] == "taken"
    return replace(situation, new_address=NEW_ADDRESS, address_taken=is_taken, replaced=is_same_contact), connection


def arrival_case(case: Mapping[str, str]) -> tuple[Situation, Connection]:
    """Return the situation and the connection of a combination of `ARRIVAL_DIMENSIONS`."""
    same = {"contact": "owned", "at_mailchimp": NONE, "in_civicrm": "Added", "base": NONE, "newer": "no Mailchimp date"}
    left = {"other_row": "left" if case["other_left"] == "yes" else NONE}
    situation, connection = subscription_case({**case, **same, **left})
    return replace(situation, replaces=frozenset({case["other_row"]} - {"taken off by us"})), connection


def return_case(case: Mapping[str, str]) -> tuple[Situation, Connection]:
    """Return the situation and the connection of a combination of `RETURN_DIMENSIONS`."""
    situation, connection = subscription_case({**case, "contact": "owned"})
    return replace(situation, made_by=MadeBy(case["made_by"])), connection


def new_member_case(case: Mapping[str, str]) -> tuple[Situation, Connection]:
    """Return the situation and the connection of a combination of `NEW_MEMBER_DIMENSIONS`."""
    same = {"contact": "owned", "in_civicrm": "Added", "other_row": NONE, "obstacle": NONE}
    situation, connection = subscription_case({**case, **same})
    was_us = case["taken_off"] != NONE and situation.mailchimp_status is not None
    return replace(situation, made_by=MadeBy.US if was_us else None), replace(
        connection, new_members=NewMembers(case["new_members"])
    )


def interest_case(case: Mapping[str, str]) -> tuple[Situation, Connection]:
    """Return the situation and the connection of a combination of `INTEREST_DIMENSIONS`."""
    civicrm_date, mailchimp_date = DATES[case["newer"]]
    base = _BASES[case["base"]]
    situation = Situation(
        mailchimp_status=MemberStatus.SUBSCRIBED,
        mailchimp_status_date=mailchimp_date,
        mailchimp_date=mailchimp_date,
        interests={} if case["at_mailchimp"] == NONE else {INTEREST: case["at_mailchimp"] == "yes"},
        group=GroupState(GroupStatus.ADDED, _DAY),
        interest_groups={INTEREST: _group(case["in_civicrm"], civicrm_date)},
        base=Base(subscribed=True, interests={} if base is None else {INTEREST: base}),
        address=ADDRESS,
        other_interests=frozenset({INTEREST} if case["other_row"] == "has it" else ()),
    )
    trust = {INTEREST: Trust(case["trust"])}
    return situation, Connection("list", GROUP_ID, {INTEREST: INTEREST_GROUP_ID}, trust_interests=trust)


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
    parts: dict[str, dict[Key, Outcome]] = {}
    for (value, *rest), outcome in cells.items():
        parts.setdefault(value, {})[tuple(rest)] = outcome
    alike: list[tuple[list[str], dict[Key, Outcome]]] = []
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
    writer.writerow([*dimensions, *Outcome._fields])
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


def _group(status: str, date: datetime | None) -> GroupState:
    return GroupState() if status == NONE else GroupState(GroupStatus(status), date)


def _either(values: Sequence[str], number_of_values: int) -> str:
    return ANY if len(values) == number_of_values else " | ".join(values)


def _outcome(situation: Situation, connection: Connection) -> Outcome:
    decision = decide(situation, connection)
    update = decision.update or {}
    words = [f"{key}={update[key]}" for key in ("status", "status_if_new") if key in update]
    if update.get("email_address") == NEW_ADDRESS:
        words.append("new address")
    if decision.adds_member:
        words.append("new member")
    return Outcome(
        _civicrm(decision, GROUP_ID),
        " ".join(words),
        decision.sync_status.value,
        decision.reason.value,
        _base_after(decision, situation, decision.agreed.subscribed),
    )


def _interest_outcome(situation: Situation, connection: Connection) -> Outcome:
    decision = decide(situation, connection)
    value = (decision.update or {}).get("interests", {}).get(INTEREST)
    return Outcome(
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
    return next(word for word, base in _BASES.items() if base is value)


def main(folder: str) -> None:
    """Write the golden files into a folder."""
    for name, text in golden_files().items():
        (Path(folder) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
