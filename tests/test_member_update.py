"""A change of a member: as JSON it is what it always was, and it answers what readers of that JSON ask."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import MemberStatus

ADDRESS = "ann@example.org"

names = some.dictionaries(some.sampled_from(["FNAME", "LNAME"]), some.just("Ann"))
interests = some.dictionaries(some.sampled_from(["news", "events"]), some.booleans())


@given(some.none() | some.sampled_from(MemberStatus), some.booleans(), names, interests)
def test_a_change_comes_back_from_its_stored_form(
    status: MemberStatus | None, only_if_new: bool, fields: dict[str, str], ticked: dict[str, bool]
) -> None:
    change = MemberUpdate(ADDRESS, status, only_if_new and status is not None, fields, ticked)

    assert MemberUpdate.from_body(json.loads(json.dumps(change.to_body()))) == change


def test_what_stays_is_not_sent() -> None:
    assert MemberUpdate(ADDRESS).to_body() == {"email_address": ADDRESS}


def test_a_new_member_keeps_the_status_it_has_if_it_exists_after_all() -> None:
    new = MemberUpdate(ADDRESS, MemberStatus.SUBSCRIBED, only_if_new=True)

    assert new.to_body()["status_if_new"] == "subscribed"
    assert new.status_given(None) == "subscribed"
    assert new.status_given("unsubscribed") is None


@pytest.mark.parametrize("name", ["status", "status_if_new"])
def test_it_is_known_what_a_change_wants_however_it_says_so(name: str) -> None:
    change = MemberUpdate.from_body({"email_address": ADDRESS, name: "pending"})

    assert change.status is MemberStatus.PENDING
    assert change.subscribes


@pytest.mark.parametrize("status", ["unsubscribed", "archived"])
def test_only_a_status_that_is_forced_removes_a_member(status: str) -> None:
    assert MemberUpdate.from_body({"email_address": ADDRESS, "status": status}).removes_member
    assert not MemberUpdate.from_body({"email_address": ADDRESS, "status_if_new": status}).removes_member


def test_another_spelling_of_an_address_is_no_move() -> None:
    assert not MemberUpdate(" Ann@Example.org").moves(ADDRESS)
    assert MemberUpdate("ann@new.example.org").moves(ADDRESS)


def test_tags_are_about_no_address_and_change_no_status() -> None:
    tags = MemberUpdate.from_body({"tags": [{"name": "Donor", "status": "active"}]})

    assert tags == MemberUpdate.from_body(None)
    assert not tags.moves(ADDRESS)
