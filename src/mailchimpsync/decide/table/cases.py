"""The situation and the connection of each combination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailchimpsync.decide.situation import (
    Contact,
    Gone,
    Holder,
    Member,
    NewAddress,
    Nobody,
    Others,
    Owner,
    Situation,
)
from mailchimpsync.decide.table.dimensions import (
    ADDRESS,
    BASES,
    DATES,
    DAY,
    GONE,
    GROUP_ID,
    INTEREST,
    INTEREST_GROUP_ID,
    NEW_ADDRESS,
    NONE,
)
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
    Trust,
)

Case = Mapping[str, str]
Decided = tuple[Situation, Connection]

HOLDERS = {"free": Holder.NOBODY, "taken": Holder.ANOTHER, "their own": Holder.SAME_CONTACT}


def subscription_case(case: Case) -> Decided:
    """Return the situation and the connection of a combination of `DIMENSIONS` or `TRUST_DIMENSIONS`."""
    civicrm_date, mailchimp_date = DATES[case["newer"]]
    situation = Situation(
        _member(case["at_mailchimp"], mailchimp_date),
        _owner(case, civicrm_date),
        Base(subscribed=BASES[case["base"]]),
    )
    trust = Trust(case.get("trust", NONE))
    return situation, Connection("list", GROUP_ID, {}, Resubscribe(case["resubscribe"]), trust=trust)


def departure_case(case: Case) -> Decided:
    """Return the situation and the connection of a combination of `DEPARTURE_DIMENSIONS`."""
    others = {"contact": "gone" if case["left"] in GONE else "owned", "other_row": NONE, "obstacle": NONE}
    situation, connection = subscription_case({**case, **others})
    departure = Departure.REMOVED if case["left"] == NONE else Departure(case["left"])
    situation = _with_member(situation, departed=case["taken_off"] != NONE)
    if departure is Departure.MERGED:
        situation = _with_contact(situation, merged=True, others=Others(subscribed=True))
    elif departure is not Departure.REMOVED:
        situation = replace(situation, contact=replace(situation.contact, departures=frozenset({departure})))
    return situation, replace(connection, departures={departure: Leaving(case["means"])})


def address_case(case: Case) -> Decided:
    """Return the situation and the connection of a combination of `ADDRESS_DIMENSIONS`."""
    holder = HOLDERS[case["new_address"]]
    others = {"other_row": "subscribed" if holder is Holder.SAME_CONTACT else NONE, "obstacle": NONE}
    situation, connection = subscription_case({**case, "contact": "owned", **others})
    return _with_contact(situation, new_address=NewAddress(NEW_ADDRESS, holder)), connection


def arrival_case(case: Case) -> Decided:
    """Return the situation and the connection of a combination of `ARRIVAL_DIMENSIONS`."""
    same = {"contact": "owned", "at_mailchimp": NONE, "in_civicrm": "Added", "base": NONE, "newer": "no Mailchimp date"}
    situation, connection = subscription_case({**case, **same, "other_row": NONE})
    not_subscribed = frozenset({case["other_row"]} - {"taken off by us"})
    others = Others(left=case["other_left"] == "yes", not_subscribed=not_subscribed)
    return _with_contact(situation, others=others), connection


def return_case(case: Case) -> Decided:
    """Return the situation and the connection of a combination of `RETURN_DIMENSIONS`."""
    situation, connection = subscription_case({**case, "contact": "owned"})
    return _with_member(situation, made_by=MadeBy(case["made_by"])), connection


def new_member_case(case: Case) -> Decided:
    """Return the situation and the connection of a combination of `NEW_MEMBER_DIMENSIONS`."""
    same = {"contact": "owned", "in_civicrm": "Added", "other_row": NONE, "obstacle": NONE}
    situation, connection = subscription_case({**case, **same})
    situation = _with_member(situation, made_by=MadeBy.US if case["taken_off"] != NONE else None)
    return situation, replace(connection, new_members=NewMembers(case["new_members"]))


def interest_case(case: Case) -> Decided:
    """Return the situation and the connection of a combination of `INTEREST_DIMENSIONS`."""
    civicrm_date, mailchimp_date = DATES[case["newer"]]
    base = BASES[case["base"]]
    interests = {} if case["at_mailchimp"] == NONE else {INTEREST: case["at_mailchimp"] == "yes"}
    member = _member(MemberStatus.SUBSCRIBED, mailchimp_date, interests=interests)
    contact = Contact(
        GroupState(GroupStatus.ADDED, DAY),
        {INTEREST: _group(case["in_civicrm"], civicrm_date)},
        others=Others(interests=frozenset({INTEREST} if case["other_row"] == "has it" else ())),
    )
    agreed = Base(subscribed=True, interests={} if base is None else {INTEREST: base})
    trust = {INTEREST: Trust(case["trust"])}
    connection = Connection("list", GROUP_ID, {INTEREST: INTEREST_GROUP_ID}, trust_interests=trust)
    return Situation(member, contact, agreed), connection


def _member(status: str, date: datetime | None, interests: Mapping[str, bool] = {}) -> Member | None:
    if status == NONE:
        return None
    return Member(status, since=date, changed_at=date, address=ADDRESS, interests=interests)


def _owner(case: Case, date: datetime | None) -> Owner:
    if case["contact"] == "gone":
        return Gone()
    if case["contact"] == NONE:
        return Nobody()
    other = case["other_row"]
    return Contact(
        _group(case["in_civicrm"], date),
        others=Others(subscribed=other == "subscribed", left=other == "left", preferred=other == "preferred"),
        address=ADDRESS,
        obstacle=None if case["obstacle"] == NONE else Code(case["obstacle"]),
    )


def _group(status: str, date: datetime | None) -> GroupState:
    return GroupState() if status == NONE else GroupState(GroupStatus(status), date)


def _with_member(situation: Situation, **changes: Any) -> Situation:
    return situation if situation.member is None else replace(situation, member=replace(situation.member, **changes))


def _with_contact(situation: Situation, **changes: Any) -> Situation:
    return replace(situation, contact=replace(situation.in_civicrm, **changes))
