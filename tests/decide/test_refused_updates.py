"""What Mailchimp refused once is not sent again, until something about it has changed."""

from __future__ import annotations

from typing import Any

import pytest

from decide.ann import Ann, in_group
from mailchimpsync.errors import REGISTRY, Code, Retry
from mailchimpsync.model import GroupStatus, SyncStatus

COMPLIANCE = Code.MC_COMPLIANCE


def wanted(ann: Ann) -> dict[str, Any]:
    update = ann.decision.update
    assert update is not None
    return update.to_body()


@pytest.mark.parametrize("code", [code for code in Code if REGISTRY[code].retry is not Retry.NEXT_RUN])
def test_the_same_update_is_not_sent_to_be_refused_again(ann: Ann, code: Code) -> None:
    ann.in_civicrm("Added", 7).at_mailchimp("unsubscribed", 5)
    ann.refused(code, wanted(ann))

    assert ann.decision.update is None
    assert ann.decision.sync_status is SyncStatus.FAIL
    assert ann.decision.reason is code


@pytest.mark.parametrize("code", [code for code in Code if REGISTRY[code].retry is Retry.NEXT_RUN])
def test_temporary_failures_are_tried_again(ann: Ann, code: Code) -> None:
    ann.in_civicrm("Added", 7)
    update = wanted(ann)
    ann.refused(code, update)

    assert wanted(ann) == update


def test_a_corrected_address_is_tried_again(ann: Ann) -> None:
    ann.in_civicrm("Added", 7)
    ann.refused(Code.MC_FAKE_EMAIL, wanted(ann)).with_address("ann@example.com")

    assert wanted(ann)["email_address"] == "ann@example.com"


@pytest.mark.parametrize("address", ["ann@example.org", "Ann@Example.org", " ann@example.org"])
def test_a_forgotten_address_is_never_sent_however_it_is_written_and_whatever_else_changed(
    ann: Ann, address: str
) -> None:
    ann.in_civicrm("Added", 7)
    ann.refused(Code.MC_FORGOTTEN, wanted(ann)).contact_has(first_name="Anna").with_address(address)

    assert ann.decision.update is None
    assert ann.decision.reason is Code.MC_FORGOTTEN


def test_a_person_who_is_forgotten_with_one_address_may_come_with_another(ann: Ann) -> None:
    ann.in_civicrm("Added", 7)
    ann.refused(Code.MC_FORGOTTEN, wanted(ann)).with_address("ann@example.net")

    assert wanted(ann)["email_address"] == "ann@example.net"


def test_a_refusal_keeps_nobody_in_an_audience(ann: Ann) -> None:
    ann.in_civicrm("Removed", 7).at_mailchimp("subscribed", 5)
    ann.refused(COMPLIANCE, {"email_address": "ann@example.org", "status": "subscribed"})

    assert wanted(ann)["status"] == "unsubscribed"


def test_a_person_who_is_not_let_back_in_keeps_her_interests_groups(ann: Ann) -> None:
    ann.in_civicrm("Added", 7).at_mailchimp("unsubscribed", 5).with_interests(news=False)
    ann.in_interest_groups(news=in_group("Added", 3))
    ann.refused(COMPLIANCE, wanted(ann))

    assert ann.decision.sync_status is SyncStatus.FAIL
    assert ann.decision.groups == ()


def test_a_refused_interest_does_not_stop_what_civicrm_gets(ann: Ann) -> None:
    ann.agreed(subscribed=False, events=False).in_civicrm("Removed", 3).at_mailchimp("subscribed", 5)
    ann.with_interests(events=False).in_interest_groups(events=in_group("Added", 7))
    ann.refused(Code.MC_MAPPING_GONE, wanted(ann))

    assert ann.decision.groups == ((1, GroupStatus.ADDED),)
    assert ann.decision.reason is Code.MC_MAPPING_GONE
