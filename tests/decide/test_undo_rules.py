"""What a run did to one person, and what takes it back, as the pure rules say it."""

from __future__ import annotations

from typing import Any

import pytest

from mailchimpsync.decide.undo import Effects, Known, effects_of, inverse_of, obstacle_to_resubscribing
from mailchimpsync.effects import Effect
from mailchimpsync.errors import Code
from mailchimpsync.model import Connection, GroupState, GroupStatus

NEWS, WALKS, WALK = 8, 9, "1111111111"
CONNECTION = Connection("list", NEWS, {WALK: WALKS})
IN, OUT = GroupState(GroupStatus.ADDED), GroupState(GroupStatus.REMOVED)


def entry(side: str, field: str, old: str | None, new: str) -> Effect:
    return Effect.stored(side, field, old, new)


def known(status: str | None, group: GroupState, **more: Any) -> Known:
    given = {"interests": {}, "address": "ann@example.org", "base_interests": {}, "groups": {NEWS: group}}
    return Known(status=status, **{**given, **more})


def test_what_a_webhook_changed_of_names_addresses_and_holds_is_not_taken_back() -> None:
    fields = [("first_name", "An", "Ann"), ("address", None, "added"), ("on_hold", "no", "yes")]
    effects = effects_of([entry("CiviCRM", *field) for field in fields], CONNECTION)

    assert not effects.can_be_inverted
    assert effects.others == {"first_name", "address", "on_hold"}


def test_a_refusal_did_nothing() -> None:
    assert effects_of([entry("CiviCRM", "refused", None, "group 8 Removed")], CONNECTION) == Effects()


def test_a_group_that_is_linked_no_longer_is_left_alone() -> None:
    assert not effects_of([entry("CiviCRM", "group 77", None, "Removed")], CONNECTION).can_be_inverted


def test_from_pending_to_subscribed_is_no_change() -> None:
    assert not effects_of([entry("Mailchimp", "status", "pending", "subscribed")], CONNECTION).can_be_inverted


def test_the_last_word_of_a_run_counts() -> None:
    entries = [entry("CiviCRM", "group 8", None, "Removed"), entry("CiviCRM", "group 8", "Removed", "Added")]

    assert effects_of(entries, CONNECTION).subscribed is True


def test_taking_back_a_removal_puts_both_sides_back() -> None:
    inverse = inverse_of(Effects(subscribed=False), known("unsubscribed", OUT), CONNECTION)

    assert inverse is not None
    assert inverse.groups == ((NEWS, GroupStatus.ADDED),)
    assert inverse.update.to_body() == {"email_address": "ann@example.org", "status": "subscribed"}
    assert inverse.subscribes


@pytest.mark.parametrize(("status", "group"), [("subscribed", OUT), ("unsubscribed", IN), ("subscribed", IN)])
def test_nothing_is_taken_back_of_who_is_not_as_the_run_left_them(status: str, group: GroupState) -> None:
    assert inverse_of(Effects(subscribed=False), known(status, group), CONNECTION) is None


def test_an_interest_someone_has_changed_back_is_left_alone() -> None:
    now = known("subscribed", IN, interests={WALK: True}, groups={NEWS: IN, WALKS: IN})

    assert inverse_of(Effects(interests={WALK: False}), now, CONNECTION) is None


def test_a_person_who_is_unsubscribed_keeps_interests_that_only_mirrored_a_group() -> None:
    now = known("subscribed", IN, interests={WALK: True}, groups={NEWS: IN, WALKS: IN})
    inverse = inverse_of(Effects(subscribed=True, interests={WALK: True}), now, CONNECTION)

    assert inverse is not None
    assert inverse.update.to_body() == {"email_address": "ann@example.org", "status": "unsubscribed"}
    assert inverse.groups == ((NEWS, GroupStatus.REMOVED),)


@pytest.mark.parametrize(
    ("status", "said", "why_not"),
    [
        ("unsubscribed", "N/A (Unsubscribed by admin)", None),
        ("unsubscribed", "N/A (Unsubscribed by an admin)", None),
        ("archived", "", None),
        ("unsubscribed", "I no longer want to receive these emails", Code.MC_OPTED_OUT),
        ("unsubscribed", "Marked as spam", Code.MC_OPTED_OUT),
        ("unsubscribed", "I was subscribed by an admin and never asked for it", Code.MC_OPTED_OUT),
        ("unsubscribed", "", Code.MC_OPTED_OUT),
        ("transactional", "", Code.MC_OPTED_OUT),
        ("something new", "", Code.MC_OPTED_OUT),
        ("cleaned", "", Code.MC_BOUNCED),
        (None, "", Code.MC_MEMBER_GONE),
    ],
)
def test_only_whom_an_administrator_took_off_may_be_put_back(
    status: str | None, said: str, why_not: Code | None
) -> None:
    assert obstacle_to_resubscribing(status, said) is why_not
