"""People who were never at Mailchimp are decided by their groups: each gets what a decision about them alone gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from decide.ann import LINKS, day
from mailchimpsync.decide import decide, deciding_dates
from mailchimpsync.model import Base, Connection, GroupState, GroupStatus, NewMembers, Trust
from mailchimpsync.sync.deciding.builder import MoreFacts, RowFacts, build_situation
from mailchimpsync.sync.deciding.newcomers import decision_on_newcomers, update_for

dates = some.none() | some.integers(0, 20).map(lambda hours: day(1) + timedelta(hours=hours))
groups = some.dictionaries(
    some.sampled_from([1, *LINKS.values()]), some.builds(GroupState, some.sampled_from([None, *GroupStatus]), dates)
)
connections = some.builds(
    Connection,
    some.just("list"),
    some.just(1),
    some.just(LINKS),
    trust=some.sampled_from(Trust),
    new_members=some.sampled_from(NewMembers),
)
names = some.sampled_from(["", "Ann", "Ørsted"])
NEW = RowFacts(None, {}, True, False, frozenset(), False, Base())


@given(groups, connections, names, names)
def test_somebody_new_is_decided_like_all_with_the_same_groups(
    states: Mapping[int, GroupState], connection: Connection, first_name: str, last_name: str
) -> None:
    ann = MoreFacts(best_address="ann@example.org", first_name=first_name, last_name=last_name)
    alone = build_situation(NEW, states, connection, ann)
    without_dates = {group: GroupState(state.status) for group, state in states.items()}

    by_kind = decision_on_newcomers(without_dates, connection)

    if by_kind is not None:
        mine = update_for(by_kind, "ann@example.org", first_name, last_name)
        assert decide(alone, connection) == replace(by_kind, update=mine)
        assert deciding_dates(alone, connection) == ()


def test_somebody_new_in_the_group_is_subscribed_by_kind() -> None:
    in_group = {1: GroupState(GroupStatus.ADDED)}

    assert decision_on_newcomers(in_group, Connection("list", 1, LINKS)) is not None


def test_a_kind_that_leaves_the_group_is_decided_one_by_one() -> None:
    in_group = {1: GroupState(GroupStatus.ADDED)}

    assert decision_on_newcomers(in_group, Connection("list", 1, LINKS, trust=Trust.MAILCHIMP)) is None
