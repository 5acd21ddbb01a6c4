"""Which decisions about Ann rest on dates alone. Days are days of November 2026."""

from __future__ import annotations

import pytest

from decide.ann import Ann, day, in_group
from mailchimpsync.decide import DecidingDates, deciding_dates
from mailchimpsync.model import Connection, Trust

GROUP, NEWS = 1, 11


def dates_of(ann: Ann) -> list[DecidingDates]:
    return list(deciding_dates(ann.situation, Connection("list", GROUP, ann.links, ann.resubscribe, **ann.trust)))


@pytest.mark.parametrize(("at_mailchimp", "in_civicrm"), [("subscribed", "Removed"), ("unsubscribed", "Added")])
@pytest.mark.parametrize("changed", [3, 7])
def test_where_nothing_was_agreed_and_both_sides_have_a_date_the_later_one_decides_alone(
    ann: Ann, at_mailchimp: str, in_civicrm: str, changed: int
) -> None:
    ann.at_mailchimp(at_mailchimp, changed).in_civicrm(in_civicrm, 5)

    assert ann.decision.changes_something
    assert dates_of(ann) == [DecidingDates(GROUP, day(changed), day(5))]


def test_what_was_agreed_before_decides_and_not_the_dates(ann: Ann) -> None:
    assert dates_of(ann.at_mailchimp("subscribed", 7).in_civicrm("Removed", 5).agreed(True)) == []


def test_a_side_without_a_date_leaves_nothing_to_compare(ann: Ann) -> None:
    assert dates_of(ann.at_mailchimp("unsubscribed", 7).in_civicrm("Added")) == []
    assert dates_of(ann.at_mailchimp("unsubscribed").in_civicrm("Added", 5)) == []


def test_people_on_one_side_only_are_no_question_of_dates(ann: Ann) -> None:
    assert dates_of(ann.in_civicrm("Added", 5)) == []
    assert dates_of(ann.at_mailchimp("subscribed", 7).in_civicrm(None)) == []
    assert dates_of(ann.unknown_to_civicrm()) == []


def test_a_trusted_side_wins_whatever_the_dates_say(ann: Ann) -> None:
    ann.at_mailchimp("subscribed", 7).in_civicrm("Removed", 5).trusting(Trust.MAILCHIMP)

    assert dates_of(ann) == []


def test_an_interest_that_differs_on_the_first_sync_is_decided_by_date_too(ann: Ann) -> None:
    ann.at_mailchimp("subscribed", 7).in_civicrm("Added", 5).with_interests(news=True)
    ann.in_interest_groups(news=in_group("Removed", 6))

    assert dates_of(ann) == [DecidingDates(NEWS, day(7), day(6))]
    assert dates_of(ann.agreed(True, news=False)) == []
