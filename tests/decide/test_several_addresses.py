"""A contact with several addresses in the audience: when one of them leaving counts for all of them."""

from __future__ import annotations

import pytest

from decide.ann import day, in_group
from mailchimpsync.decide import has_left

ADDED_ON_DAY_5 = in_group("Added", 5)


@pytest.mark.parametrize("status", ["unsubscribed", "archived", "cleaned", "transactional", "snoozed"])
def test_a_person_who_left_after_she_was_added_has_left(status: str) -> None:
    assert has_left(status, day(10), base=None, group=ADDED_ON_DAY_5)
    assert not has_left(status, day(1), base=None, group=ADDED_ON_DAY_5)


def test_a_person_who_left_since_both_sides_agreed_has_left_whatever_the_dates() -> None:
    assert has_left("unsubscribed", day(1), base=True, group=ADDED_ON_DAY_5)


def test_an_address_erased_since_both_sides_agreed_has_left() -> None:
    assert has_left(None, None, base=True, group=ADDED_ON_DAY_5)


def test_an_address_that_was_never_at_mailchimp_has_not_left() -> None:
    assert not has_left(None, None, base=None, group=ADDED_ON_DAY_5)
    assert not has_left(None, None, base=None, group=in_group("Added"))


@pytest.mark.parametrize("status", ["subscribed", "pending"])
def test_a_person_who_is_subscribed_has_not_left(status: str) -> None:
    assert not has_left(status, day(10), base=True, group=ADDED_ON_DAY_5)


def test_a_person_who_was_added_again_after_she_left_is_back() -> None:
    assert not has_left("unsubscribed", day(10), base=False, group=in_group("Added", 20))
