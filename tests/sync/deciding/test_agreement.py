"""Most rows are decided by few facts: nothing that is read for the others could decide them otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as some

from decide.ann import LINKS, day
from mailchimpsync.decide import Others, Refusal, decide
from mailchimpsync.errors import Code
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import Base, Connection, Departure, GroupState, GroupStatus, MadeBy, MemberStatus
from mailchimpsync.sync.deciding.agreement import agreement_on
from mailchimpsync.sync.deciding.builder import MoreFacts, RowFacts, build_situation

CONNECTION = Connection("list", 1, LINKS)

dates = some.none() | some.integers(0, 20).map(lambda hours: day(1) + timedelta(hours=hours))
interests = some.dictionaries(some.sampled_from(sorted(LINKS)), some.booleans())
row_facts = some.builds(
    RowFacts,
    status=some.sampled_from([None, *MemberStatus, "snoozed"]),
    interests=interests,
    has_contact=some.booleans(),
    lost_contact=some.booleans(),
    departures=some.frozensets(some.sampled_from([Departure.OPT_OUT, Departure.ON_HOLD, Departure.DELETED])),
    departed=some.booleans(),
    base=some.builds(Base, some.sampled_from([None, True, False]), some.none() | interests),
)
more_facts = some.builds(
    MoreFacts,
    since=dates,
    made_by=some.sampled_from([None, *MadeBy]),
    changed_at=dates,
    address=some.just("ann@example.org"),
    handed_over=some.booleans(),
    others=some.builds(Others, some.booleans(), some.booleans(), some.booleans(), some.just(frozenset(LINKS))),
    best_address=some.just("ann@example.org"),
    first_name=some.just("Ann"),
    obstacle=some.sampled_from([None, Code.CV_ON_HOLD]),
    refusal=some.none()
    | some.just(Refusal(Code.MC_FORGOTTEN, MemberUpdate("ann@example.org", MemberStatus.SUBSCRIBED))),
)
groups = some.dictionaries(
    some.sampled_from([1, *LINKS.values()]), some.builds(GroupState, some.sampled_from([None, *GroupStatus]), dates)
)


@given(row_facts, groups, more_facts)
def test_where_both_sides_agree_nothing_else_matters(
    row: RowFacts, states: Mapping[int, GroupState], more: MoreFacts
) -> None:
    without_dates = {group: GroupState(state.status) for group, state in states.items()}
    found = agreement_on(row, without_dates, CONNECTION)
    assume(found is not None)

    assert decide(build_situation(row, states, CONNECTION, more), CONNECTION) == found
