"""Who may be newly subscribed, and with which address (docs/reference/php-extension.md#who-can-be-subscribed)."""

from __future__ import annotations

import pytest

from mailchimpsync.decide import Address, best_address, obstacle_to_subscribing
from mailchimpsync.decide.eligibility import is_address
from mailchimpsync.errors import Code

HOME = Address("ann@home.example")
PRIMARY = Address("ann@work.example", is_primary=True)
BULK = Address("ann@lists.example", is_bulkmail=True)


@pytest.mark.parametrize(
    ("addresses", "best"),
    [
        ([HOME, PRIMARY, BULK], BULK),
        ([HOME, PRIMARY], PRIMARY),
        ([HOME], HOME),
        ([Address("ann@lists.example", on_hold=True, is_bulkmail=True), PRIMARY], PRIMARY),
        ([Address("not an address", is_bulkmail=True), HOME], HOME),
        ([Address("  "), HOME], HOME),
        ([HOME, Address("ann@second.example")], HOME),
    ],
)
def test_bulk_mail_comes_before_primary_before_the_first_of_the_others(addresses: list[Address], best: Address) -> None:
    assert best_address(addresses) == best


def test_there_may_be_no_address_to_mail() -> None:
    assert best_address([]) is None
    assert best_address([Address("ann@home.example", on_hold=True), Address("x")]) is None


def test_a_contact_with_a_good_address_may_be_subscribed() -> None:
    assert obstacle_to_subscribing([HOME]) is None
    assert obstacle_to_subscribing([Address("ann@old.example", on_hold=True), HOME]) is None


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        ([], Code.CV_NO_ADDRESS),
        ([Address(" ")], Code.CV_NO_ADDRESS),
        ([Address("ann@")], Code.CV_BAD_ADDRESS),
        ([Address("ann@home.example", on_hold=True)], Code.CV_ON_HOLD),
        ([Address("ann@home.example", on_hold=True), Address("ann@")], Code.CV_ON_HOLD),
    ],
)
def test_a_contact_without_a_good_address_may_not(addresses: list[Address], reason: Code) -> None:
    assert obstacle_to_subscribing(addresses) is reason


@pytest.mark.parametrize(
    ("mark", "reason"),
    [
        ("do_not_email", Code.CV_DO_NOT_EMAIL),
        ("is_opt_out", Code.CV_OPTED_OUT),
        ("is_deceased", Code.CV_DECEASED),
    ],
)
def test_a_contact_who_must_not_be_mailed_may_not_be_subscribed(mark: str, reason: Code) -> None:
    assert obstacle_to_subscribing([HOME], **{mark: True}) is reason
    assert obstacle_to_subscribing([], **{mark: True}) is reason


def test_that_a_person_died_is_said_before_anything_else() -> None:
    reason = obstacle_to_subscribing([HOME], do_not_email=True, is_opt_out=True, is_deceased=True)

    assert reason is Code.CV_DECEASED


@pytest.mark.parametrize(
    "text", ["ann@example.org", "ANN+news@mail.example.co.uk", "änn@exämple.org", "o'hara@example.org", " ann@a.org "]
)
def test_these_can_be_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@example",
        "@example.org",
        "ann@@example.org",
        "ann@.org",
        "an n@example.org",
        "ann@example.org,bob@example.org",
        "Ann <ann@example.org>",
        "ann@example.org\nBcc: bob@example.org",
        f"{'a' * 250}@example.org",
    ],
)
def test_these_cannot(text: str) -> None:
    assert not is_address(text)
