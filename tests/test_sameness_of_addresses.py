"""When two addresses are one person's mailbox, and which form each system has of it."""

from __future__ import annotations

import pytest

from mailchimpsync.addresses import member_id_of, normalise_address, sendable, spellings

ASCII = "info@xn--mller-kva.de"


@pytest.mark.parametrize(
    "spelt",
    [
        "info@müller.de",
        "info@xn--mller-kva.de",
        "INFO@MÜLLER.DE",
        " info@müller.de ",
        "info@mu\u0308ller.de",  # the same letter in two signs
        "info@m\u00adüller.de",  # a soft hyphen
        "\u200binfo@müller.de\u200b",
        "\u202ainfo@müller.de\u202c",
        "info@müller.de\u00a0",
        "info@XN--MLLER-KVA.de",
        "info\ufe0f@müller.de",  # a variation selector
        "in\u034ffo@müller.de",  # a joiner of graphemes
        "info\u3164\u2800@müller.de",  # fillers
    ],
)
def test_one_mailbox_is_one_address_however_it_is_spelt(spelt: str) -> None:
    assert normalise_address(spelt) == ASCII


@pytest.mark.parametrize("other", ["info@muller.de", "infó@müller.de", "info@müller.at", "info.@müller.de"])
def test_other_mailboxes_stay_other_addresses(other: str) -> None:
    assert normalise_address(other) != ASCII


def test_letters_before_the_sign_are_kept_and_so_is_their_case_when_it_is_sent() -> None:
    assert sendable(" Jörg.Ößmann@Straße.de") == "Jörg.Ößmann@xn--strae-oqa.de"


def test_mailchimps_id_is_made_of_the_address_as_mailchimp_has_it() -> None:
    assert member_id_of("Info@müller.de") == member_id_of("info@müller.de") != member_id_of(ASCII)


def test_both_forms_of_a_domain_are_looked_for_and_one_where_there_is_one() -> None:
    assert set(spellings(["Info@müller.de"])) == {ASCII, "info@müller.de"}
    assert set(spellings([ASCII])) == {ASCII, "info@müller.de"}
    assert spellings(["Ann@Example.org"]) == ["ann@example.org"]


@pytest.mark.parametrize("odd", ["", "@", "no address", "ann@", "ann@xn--ü", "ann@..ü", f"ann@{'ü' * 300}.de"])
def test_what_is_no_address_is_compared_as_it_is(odd: str) -> None:
    assert normalise_address(odd) == odd.strip()
    assert spellings([odd])
