"""Every known refusal of Mailchimp, in its own words.

See docs/reference/mailchimp-behaviour.md#refusals-of-a-member.
"""

from __future__ import annotations

from typing import Any

import pytest

from mailchimpsync.errors import Code
from mailchimpsync.mailchimp import classify_refusal, refusal_detail

SCHEMA = "The resource submitted could not be validated. For field-specific details, see the 'errors' array."


def invalid(detail: str, **more: Any) -> dict[str, Any]:
    return {"title": "Invalid Resource", "status": 400, "detail": detail, "instance": "", **more}


@pytest.mark.parametrize(
    ("title", "detail", "code"),
    [
        ("Member In Compliance State", "", Code.MC_COMPLIANCE),
        (
            "",
            "x@y.org is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.",
            Code.MC_COMPLIANCE,
        ),
        ("Forgotten Email Not Subscribed", "", Code.MC_FORGOTTEN),
        ("", "x@y.org was permanently deleted and cannot be re-imported. The contact must …", Code.MC_FORGOTTEN),
        ("", "x@y.org has previously unsubscribed from this list and must opt in again.", Code.MC_OPTED_OUT),
        (
            "",
            "x@y.org was previously removed from this audience. To rejoin, they'll need to sign up using a Mailchimp form.",
            Code.MC_MUST_REJOIN,
        ),
        ("Member Exists", "", Code.MC_DUPLICATE),
        ("", "x@y.org is already a list member. Use PUT to insert or update list members.", Code.MC_DUPLICATE),
        ("Invalid Resource", "Please provide a valid email address.", Code.MC_BAD_EMAIL),
        ("", "Invalid email address", Code.MC_BAD_EMAIL),
        ("", "foo@example.com looks fake or invalid, please enter a real email address.", Code.MC_FAKE_EMAIL),
        (
            "",
            "x@y.org has signed up to a lot of lists very recently; we're not allowing more signups for now",
            Code.MC_TOO_MANY_SIGNUPS,
        ),
        ("", "Your merge fields were invalid.", Code.MC_FIELD),
        ("", "Invalid interest ID: '57d5ad703b'.", Code.MC_MAPPING_GONE),
        ("", "Nobody has ever seen this.", Code.MC_REFUSED),
        ("", "", Code.MC_REFUSED),
    ],
)
def test_a_refusal_is_understood_by_title_and_detail(title: str, detail: str, code: Code) -> None:
    assert classify_refusal(400, {"title": title, "detail": detail, "type": "whatever"}) is code


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, Code.MC_AUTH),
        (403, Code.MC_FORBIDDEN),
        (404, Code.MC_MEMBER_GONE),
        (405, Code.MC_REFUSED),
        (429, Code.MC_THROTTLED),
        (500, Code.MC_UNAVAILABLE),
        (503, Code.MC_UNAVAILABLE),
    ],
)
def test_an_operation_of_a_batch_is_understood_by_its_status(status: int, code: Code) -> None:
    assert classify_refusal(status, {}) is code


def test_a_change_of_address_that_collided_is_known_by_its_field_in_any_language() -> None:
    body = invalid(SCHEMA, errors=[{"field": "email address", "message": "„neu@x.org“ steht schon auf der Liste."}])
    assert classify_refusal(400, body) is Code.MC_DUPLICATE


def test_localised_messages_do_not_decide() -> None:
    body = invalid(SCHEMA, errors=[{"field": "MMERGE3", "message": "looks fake or invalid"}])
    assert classify_refusal(400, body) is Code.MC_REFUSED


@pytest.mark.parametrize("errors", [None, [], "x", [1, None], [{}], {"field": "email address"}])
def test_odd_lists_of_errors_do_no_harm(errors: Any) -> None:
    assert classify_refusal(400, invalid(SCHEMA, errors=errors)) is Code.MC_REFUSED
    assert refusal_detail(invalid("No.", errors=errors)) == "No."


def test_a_person_reads_what_was_wrong_without_addresses_in_300_characters() -> None:
    body = invalid(
        "Your merge fields were invalid for wilma@bedrock.org.",
        errors=[
            {"field": "LTV", "message": "Please enter a number,\nnot <wilma+1@bedrock.org>"},
            {"message": "y" * 900},
        ],
    )
    said = refusal_detail(body)
    assert said.startswith("Your merge fields were invalid for … LTV: Please enter a number, not <…> ?: yyy")
    assert len(said) == 300
    assert "bedrock" not in said


@pytest.mark.parametrize(
    ("status", "title", "detail", "code"),
    [
        (403, "User Disabled", "This account has been disabled.", Code.MC_DISABLED),
        (403, "Forbidden", "This account has been deactivated.", Code.MC_DISABLED),
        (403, "Authorization Failure", "Your plan does not include this.", Code.MC_PLAN),
        (403, "Forbidden", "You are not permitted to access this resource.", Code.MC_FORBIDDEN),
        (429, "Too Many Requests", "You have more than 500 pending batches.", Code.MC_BATCHES_FULL),
        (429, "TooManyRequests", "You have more than 500 pending webhooks. Please wait.", Code.MC_BATCHES_FULL),
        (429, "TooManyRequests", "You have exceeded the limit of 10 simultaneous connections.", Code.MC_THROTTLED),
    ],
)
def test_a_refusal_of_everyone_has_its_own_cause(status: int, title: str, detail: str, code: Code) -> None:
    body = {"title": title, "status": status, "detail": detail}

    assert classify_refusal(status, body) is code
    assert detail in refusal_detail(body)


def test_an_address_that_cannot_be_changed_is_not_one_that_is_taken() -> None:
    fixed = 'This member\'s status is "unsubscribed." You can only update email addresses for members with …'
    taken = '"new@x.org" is already in this list with a status of "Subscribed".'

    assert classify_refusal(400, invalid(SCHEMA, errors=[{"field": "email address", "message": fixed}])) is (
        Code.MC_ADDRESS_FIXED
    )
    assert classify_refusal(400, invalid(SCHEMA, errors=[{"field": "email address", "message": taken}])) is (
        Code.MC_DUPLICATE
    )


def test_a_secret_in_mailchimps_words_is_not_repeated() -> None:
    said = "We couldn't verify https://us.example/hook?secret=abc123&x=1."

    assert refusal_detail(invalid(said)) == "We couldn't verify https://us.example/hook?secret=…&x=1."
