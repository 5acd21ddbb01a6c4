"""The demo's last check can fail: every kind of disagreement is found, unless it is a listed failure."""

from __future__ import annotations

from collections import defaultdict

import pytest

from mailchimpsync.actions import FailedRow
from mailchimpsync.cli.demo.both_sides import CivicrmSide, Comparison, MailchimpSide, compare
from mailchimpsync.model import Connection

CONNECTION = Connection("aaaa111122", 8, {"1111111111": 9})
BELLA, CARL = 11, 12


def civicrm(news: set[int], walks: set[int]) -> CivicrmSide:
    addresses = defaultdict(set, {BELLA: {"bella@example.org", "b@example.org"}, CARL: {"carl@example.org"}})
    return CivicrmSide(defaultdict(set, {8: news, 9: walks}), addresses)


def mailchimp(**walks: bool) -> MailchimpSide:
    """Subscribed members by the part of their address before the @, each with whether Walks is ticked."""
    interests = {f"{name}@example.org": frozenset({"1111111111"} if on else ()) for name, on in walks.items()}
    return MailchimpSide({**dict.fromkeys(interests, "subscribed"), "dora@example.org": "unsubscribed"}, interests)


def compared(one: CivicrmSide, other: MailchimpSide, *failures: FailedRow) -> Comparison:
    return compare(one, other, CONNECTION, failures)


def test_two_sides_that_agree_are_said_to() -> None:
    found = compared(civicrm({BELLA, CARL}, {BELLA}), mailchimp(bella=True, carl=False))

    assert (found.memberships, found.members, found.agreeing) == (2, 2, 2)
    assert found.unexplained == ()


def test_a_contact_with_two_subscribed_addresses_agrees_if_either_has_the_interest() -> None:
    found = compared(civicrm({BELLA}, {BELLA}), mailchimp(bella=False, b=True))

    assert (found.members, found.unexplained) == (2, ())


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (civicrm({BELLA, CARL}, set()), mailchimp(bella=False), "contact 12: in the group"),
        (civicrm({BELLA}, set()), mailchimp(bella=False, carl=False), "no contact with the address is in the group"),
        (civicrm({BELLA}, {BELLA}), mailchimp(bella=False), "contact 11: interests 1111111111 differ"),
        (civicrm({BELLA}, set()), mailchimp(bella=True), "contact 11: interests 1111111111 differ"),
    ],
    ids=["only in the group", "only at Mailchimp", "interest only in CiviCRM", "interest only at Mailchimp"],
)
def test_a_disagreement_is_found(one: CivicrmSide, other: MailchimpSide, words: str) -> None:
    (found,) = compared(one, other).unexplained

    assert words in found


def test_a_listed_failure_explains_its_own_disagreement_only() -> None:
    one, other = civicrm({BELLA, CARL}, set()), mailchimp(emil=False, finn=False)
    failures = (FailedRow(CARL, None, "CV_ON_HOLD"), FailedRow(None, "Emil@example.org", "CV_CONTACT_GONE"))

    found = compared(one, other, *failures)

    assert found.explained == 2
    assert [line.partition(":")[0] for line in found.unexplained] == [
        "contact 11",
        "a member is subscribed at Mailchimp, but no contact with the address is in the group",
    ]
