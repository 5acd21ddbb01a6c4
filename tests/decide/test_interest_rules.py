"""Interests and their groups, for Ann who is subscribed on both sides.

See docs/reference/php-extension.md#interests-of-a-member.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from decide.ann import LINKS, Ann, in_group, sent
from mailchimpsync.errors import Code
from mailchimpsync.model import GroupStatus, SyncStatus

NEWS, EVENTS = LINKS["news"], LINKS["events"]


@pytest.fixture
def ann(somebody: Callable[[], Ann]) -> Ann:
    return somebody().in_civicrm("Added", 1).at_mailchimp("subscribed", 5)


def test_equal_on_both_sides_needs_nothing_and_is_what_they_agree_on(ann: Ann) -> None:
    ann.with_interests(news=True, events=False).in_interest_groups(news=in_group("Added", 3))

    assert not ann.decision.changes_something
    assert ann.decision.reason is Code.IN_SYNC
    assert ann.decision.agreed.interests == {"news": True, "events": False}


@pytest.mark.parametrize("civicrm", [in_group("Added", 9), in_group("Removed", 9), in_group(None)])
def test_an_interest_mailchimp_says_nothing_of_is_left_alone(ann: Ann, civicrm: object) -> None:
    ann.with_interests().contact_has(interest_groups={"news": civicrm})

    assert not ann.decision.changes_something
    assert "news" not in (ann.decision.agreed.interests or {})


def test_ticked_at_mailchimp_last_joins_the_group(ann: Ann) -> None:
    ann.with_interests(news=True).in_interest_groups(news=in_group("Removed", 3))

    assert ann.decision.groups == ((NEWS, GroupStatus.ADDED),)


def test_unticked_at_mailchimp_last_leaves_the_group(ann: Ann) -> None:
    ann.with_interests(news=False).in_interest_groups(news=in_group("Added", 3))

    assert ann.decision.groups == ((NEWS, GroupStatus.REMOVED),)


def test_ticked_at_mailchimp_and_unknown_in_civicrm_joins_the_group(ann: Ann) -> None:
    ann.with_interests(news=True)

    assert ann.decision.groups == ((NEWS, GroupStatus.ADDED),)


@pytest.mark.parametrize(("status", "value"), [("Added", True), ("Removed", False), ("Deleted", False)])
def test_changed_in_civicrm_last_is_sent(ann: Ann, status: str, value: bool) -> None:
    ann.with_interests(events=not value).in_interest_groups(events=in_group(status, 7))

    assert sent(ann.decision).to_body() == {"email_address": "ann@example.org", "interests": {"events": value}}
    assert ann.decision.sync_status is SyncStatus.LIVE


def test_the_side_that_changed_since_both_agreed_wins_whatever_the_dates(ann: Ann) -> None:
    ann.agreed(subscribed=True, news=False, events=True).with_interests(news=False, events=False)
    ann.in_interest_groups(news=in_group("Added", 3), events=in_group("Added", 9))

    assert sent(ann.decision).interests == {"news": True}
    assert ann.decision.groups == ((EVENTS, GroupStatus.REMOVED),)


def test_one_tick_at_mailchimp_does_not_undo_another_change_in_civicrm(ann: Ann) -> None:
    """The PHP extension loses the second one: Mailchimp has one date for everything.

    See docs/reference/php-extension.md#one-date-for-everything.
    """
    ann.agreed(subscribed=True, news=False, events=False).with_interests(news=True, events=False)
    ann.in_interest_groups(events=in_group("Added", 3))

    assert ann.decision.groups == ((NEWS, GroupStatus.ADDED),)
    assert sent(ann.decision).interests == {"events": True}


def test_a_second_address_that_never_had_the_interest_does_not_take_ann_out_of_the_group(ann: Ann) -> None:
    ann.with_interests(news=False).in_interest_groups(news=in_group("Added", 3))
    ann.other_rows_are(interests=frozenset({"news"}))

    assert ann.decision.groups == ()
    assert sent(ann.decision).interests == {"news": True}


def test_an_interest_unticked_since_both_agreed_leaves_the_group_although_another_address_has_it(ann: Ann) -> None:
    ann.agreed(subscribed=True, news=True).with_interests(news=False)
    ann.in_interest_groups(news=in_group("Added", 3)).other_rows_are(interests=frozenset({"news"}))

    assert ann.decision.groups == ((NEWS, GroupStatus.REMOVED),)


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "archived", "transactional"])
def test_nobodys_interests_change_on_leaving(somebody: Callable[[], Ann], status: str) -> None:
    ann = somebody().agreed(subscribed=True, news=True).in_civicrm("Added", 1).at_mailchimp(status, 5)
    ann.with_interests(news=False, events=True).in_interest_groups(news=in_group("Added", 1))

    assert ann.decision.groups == ((1, GroupStatus.REMOVED),)
    assert ann.decision.agreed.interests == {"news": True}


def test_a_person_who_joins_at_mailchimp_brings_her_interests_into_civicrm(somebody: Callable[[], Ann]) -> None:
    ann = somebody().at_mailchimp("subscribed", 5).with_interests(news=True, events=False).unknown_to_civicrm()

    assert ann.decision.create_contact
    assert ann.decision.groups == ((1, GroupStatus.ADDED), (NEWS, GroupStatus.ADDED))
