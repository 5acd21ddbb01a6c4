"""The two cross tables of the PHP extension's rules, cell by cell, by example.

A cell: what CiviCRM gets (R removed, A added), what Mailchimp gets (N new member, S subscribed, U unsubscribed), and
the row's status; a dot is nothing. Where our rules differ on purpose, a test below says how and why.
See docs/reference/php-extension.md#the-subscription.
"""

from __future__ import annotations

import pytest

from decide.ann import Ann, in_group, sent
from mailchimpsync.decide import Decision
from mailchimpsync.errors import Code

LETTERS = {"Added": "A", "Removed": "R"}
NEITHER = "././ok"
GROUP_STATUSES = (None, "Added", "Removed", "Deleted", "Pending")

MAILCHIMP_MOST_RECENT = {
    "subscribed": ("A/./ok", "././ok", "A/./ok", "A/./ok", "A/./ok"),
    "pending": ("A/./ok", "././ok", "A/./ok", "A/./ok", "A/./ok"),
    "unsubscribed": (NEITHER, "R/./ok", NEITHER, NEITHER, NEITHER),
    "archived": (NEITHER, "R/./ok", NEITHER, NEITHER, NEITHER),
    "transactional": (NEITHER, "R/./ok", NEITHER, NEITHER, NEITHER),
    "cleaned": (NEITHER, "R/./ok", NEITHER, NEITHER, NEITHER),
}
CIVICRM_MOST_RECENT = {
    None: ("./N/live", NEITHER, NEITHER, NEITHER),
    "subscribed": ("././ok", "./U/live", "./U/live", "./U/live"),
    "pending": ("././ok", "./U/live", "./U/live", "./U/live"),
    "unsubscribed": ("./S/live", NEITHER, NEITHER, NEITHER),
    "archived": ("./S/live", NEITHER, NEITHER, NEITHER),
    "transactional": ("./S/live", NEITHER, NEITHER, NEITHER),
    "cleaned": ("././fail", NEITHER, NEITHER, NEITHER),
}


def cell(decision: Decision) -> str:
    update = sent(decision)
    words = {None: ".", "subscribed": "S", "unsubscribed": "U"}
    letter = "N" if update.only_if_new else words[update.status]
    return f"{''.join(LETTERS[status] for _, status in decision.groups) or '.'}/{letter}/{decision.sync_status}"


@pytest.mark.parametrize(
    ("status", "in_civicrm", "expected"),
    [
        (status, in_civicrm, expected)
        for status, cells in MAILCHIMP_MOST_RECENT.items()
        for in_civicrm, expected in zip(GROUP_STATUSES, cells, strict=True)
    ],
)
def test_mailchimp_changed_last(ann: Ann, status: str, in_civicrm: str | None, expected: str) -> None:
    ann.in_civicrm(in_civicrm, 3).at_mailchimp(status, 5)

    assert cell(ann.decision) == expected


@pytest.mark.parametrize("civicrm_day", [5, 7])
@pytest.mark.parametrize(
    ("status", "in_civicrm", "expected"),
    [
        (status, in_civicrm, expected)
        for status, cells in CIVICRM_MOST_RECENT.items()
        for in_civicrm, expected in zip(GROUP_STATUSES[1:], cells, strict=True)
    ],
)
def test_civicrm_changed_last_or_at_the_same_second(
    ann: Ann, status: str | None, in_civicrm: str, expected: str, civicrm_day: int
) -> None:
    ann.in_civicrm(in_civicrm, civicrm_day).at_mailchimp(status, 5 if status else None)

    assert cell(ann.decision) == expected


@pytest.mark.parametrize("status", ["unsubscribed", "archived", "transactional", "cleaned"])
def test_ann_left_with_one_address_and_stays_in_the_group_for_the_other(ann: Ann, status: str) -> None:
    ann.in_civicrm("Added", 3).at_mailchimp(status, 5).other_rows_are(subscribed=True)

    assert cell(ann.decision) == "././fail"
    assert ann.decision.reason is Code.CV_OTHER_ADDRESS


@pytest.mark.parametrize("status", ["unsubscribed", "archived", "transactional"])
def test_ann_is_not_subscribed_again_while_her_address_is_on_hold(ann: Ann, status: str) -> None:
    ann.in_civicrm("Added", 7).at_mailchimp(status, 5).contact_has(obstacle=Code.CV_ON_HOLD)

    assert cell(ann.decision) == "././fail"
    assert ann.decision.reason is Code.CV_ON_HOLD


def test_ann_without_an_address_cannot_be_subscribed(ann: Ann) -> None:
    ann.in_civicrm("Added", 7).contact_has(address=None, obstacle=Code.CV_NO_ADDRESS)

    assert cell(ann.decision) == "././fail"
    assert ann.decision.reason is Code.CV_NO_ADDRESS


def test_ann_whom_nobody_in_civicrm_knows_gets_a_contact(ann: Ann) -> None:
    ann.at_mailchimp("subscribed", 5).unknown_to_civicrm()

    assert ann.decision.create_contact
    assert cell(ann.decision) == "A/./ok"


def test_ann_whom_nobody_in_civicrm_knows_and_who_left_is_left_alone(ann: Ann) -> None:
    ann.at_mailchimp("unsubscribed", 5).unknown_to_civicrm()

    assert not ann.decision.changes_something


# Where the rules differ from the PHP extension's, on purpose


def test_added_without_any_history_is_sent_because_the_membership_itself_counts(ann: Ann) -> None:
    """There only the history counts: someone imported into the group without history is never sent."""
    ann.in_civicrm("Added")

    assert cell(ann.decision) == "./N/live"


def test_added_without_any_history_does_not_outrank_that_ann_left(ann: Ann) -> None:
    ann.in_civicrm("Added").at_mailchimp("unsubscribed", 5)

    assert cell(ann.decision) == "R/./ok"


def test_a_new_member_brings_her_interests_and_names_along(ann: Ann) -> None:
    """There they are not sent, so that Mailchimp's newer “no” takes her out of the interests' groups later."""
    ann.in_civicrm("Added", 7).with_interests().in_interest_groups(news=in_group("Added", 7))
    ann.contact_has(first_name="Ann", last_name="Ågren")

    assert sent(ann.decision).to_body() == {
        "email_address": "ann@example.org",
        "status_if_new": "subscribed",
        "merge_fields": {"FNAME": "Ann", "LNAME": "Ågren"},
        "interests": {"news": True},
    }


def test_a_new_member_without_names_does_not_empty_those_mailchimp_may_have(ann: Ann) -> None:
    ann.in_civicrm("Added", 7).contact_has(first_name="Ann")

    assert sent(ann.decision).merge_fields == {"FNAME": "Ann"}


def test_an_edit_at_mailchimp_does_not_undo_that_civicrm_removed_ann(ann: Ann) -> None:
    """There the later date wins, and any edit at Mailchimp moves it: Ann would be added again."""
    ann.agreed(subscribed=True).in_civicrm("Removed", 3).at_mailchimp("subscribed", 5)

    assert cell(ann.decision) == "./U/live"


def test_ann_who_left_since_both_agreed_stays_out_even_if_civicrms_date_is_later(ann: Ann) -> None:
    """There the later Added subscribes her again; here an opt-out is sticky."""
    ann.agreed(subscribed=True).in_civicrm("Added", 7).at_mailchimp("unsubscribed", 5)

    assert cell(ann.decision) == "R/./ok"


def test_ann_who_joined_at_mailchimp_since_both_agreed_is_added(ann: Ann) -> None:
    ann.agreed(subscribed=False).in_civicrm("Removed", 3).at_mailchimp("subscribed", 5)

    assert cell(ann.decision) == "A/./ok"


def test_ann_who_joined_at_mailchimp_and_then_left_by_civicrms_own_mailing_has_left(ann: Ann) -> None:
    ann.agreed(subscribed=False).in_civicrm("Removed", 7).at_mailchimp("subscribed", 5)

    assert cell(ann.decision) == "./U/live"


def test_that_we_removed_ann_ourselves_says_nothing_against_her_joining(ann: Ann) -> None:
    ann.agreed(subscribed=False).in_civicrm("Removed", None).at_mailchimp("subscribed", 5)

    assert cell(ann.decision) == "A/./ok"


def test_that_civicrm_knows_nothing_of_ann_any_more_is_no_reason_to_unsubscribe_her(ann: Ann) -> None:
    ann.agreed(subscribed=True).in_civicrm(None).at_mailchimp("subscribed", 5)

    assert cell(ann.decision) == "A/./ok"


def test_only_one_of_anns_addresses_is_subscribed_again(ann: Ann) -> None:
    """There all of them are."""
    ann.in_civicrm("Added", 7).at_mailchimp("unsubscribed", 5).other_rows_are(preferred=True)

    assert cell(ann.decision) == "././fail"
    assert ann.decision.reason is Code.CV_OTHER_ADDRESS


def test_a_connection_can_leave_alone_who_left(ann: Ann) -> None:
    ann.never_resubscribed().in_civicrm("Added", 7).at_mailchimp("unsubscribed", 5)

    assert cell(ann.decision) == "././fail"
    assert ann.decision.reason is Code.MC_OPTED_OUT


def test_ann_deleted_in_civicrm_is_not_created_again(ann: Ann) -> None:
    """There trashing a contact that is still subscribed makes another contact in the next run."""
    ann.at_mailchimp("subscribed", 5).deleted_in_civicrm()

    assert cell(ann.decision) == "././fail"
    assert ann.decision.reason is Code.CV_CONTACT_GONE


def test_an_opt_out_without_a_date_is_not_older_than_anything(ann: Ann) -> None:
    """There a missing date at Mailchimp lets CiviCRM win."""
    ann.in_civicrm("Added", 7).at_mailchimp("unsubscribed")

    assert cell(ann.decision) == "././fail"
    assert ann.decision.reason is Code.MC_OPTED_OUT


def test_a_status_nobody_knows_is_not_called_a_bounce(ann: Ann) -> None:
    ann.in_civicrm("Added", 7).at_mailchimp("snoozed", 5)

    assert cell(ann.decision) == "././fail"
    assert ann.decision.reason is Code.MC_OPTED_OUT


@pytest.mark.parametrize("status", ["unsubscribed", None])
def test_ann_who_left_with_one_address_after_she_was_added_is_not_subscribed_with_an_older_one(
    ann: Ann, status: str | None
) -> None:
    """She was added on day 5, for the address that left on day 10; this one had left on day 1."""
    ann.in_civicrm("Added", 5).at_mailchimp(status, 1 if status else None).other_rows_are(left=True)

    assert cell(ann.decision) == "././fail"
    assert ann.decision.reason is Code.MC_OPTED_OUT


def test_ann_whom_mailchimp_deleted_for_good_is_not_sent_again(ann: Ann) -> None:
    ann.agreed(subscribed=True).in_civicrm("Added", 7).at_mailchimp(None)

    assert cell(ann.decision) == "R/./ok"


def test_one_address_deleted_for_good_does_not_take_ann_out_of_the_group_for_the_other(ann: Ann) -> None:
    """Removed from the group, she would be unsubscribed with the other address as well."""
    ann.agreed(subscribed=True).in_civicrm("Added", 7).at_mailchimp(None).other_rows_are(subscribed=True)

    assert cell(ann.decision) == "././fail"
    assert ann.decision.reason is Code.CV_OTHER_ADDRESS
