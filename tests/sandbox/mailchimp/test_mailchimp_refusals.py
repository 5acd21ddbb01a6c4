"""Refused values of a member, and changes of last_changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox.mailchimp.conftest import Charity

ALICE, BOB, FRED, GINA = "alice@example.org", "bob@example.org", "fred@example.org", "gina@example.org"
GINA_ID = "682e59d53e352704a5ea45bbf9f76d1d"  # the MD5 hash of her address
LONG_AGO = "2020-01-01T00:00:00+00:00"
NOT_VALIDATED = "The resource submitted could not be validated. For field-specific details, see the 'errors' array."


def test_alice_exists_already(charity: Charity) -> None:
    refused = charity.post("Alice@Example.org")
    assert refused.status_code == 400
    assert refused.json() == {
        "title": "Member Exists",
        "status": 400,
        "detail": "Alice@Example.org is already a list member. Use PUT to insert or update list members.",
        "instance": refused.headers["X-Request-Id"],
    }


@pytest.mark.parametrize(
    "email", ["alice", "alice@", "a b@example.org", "alice@example", "alice..ant@example.org", "a@b@c.org"]
)
def test_what_is_no_address_is_refused(charity: Charity, email: str) -> None:
    assert charity.post(email).json()["detail"] == "Please provide a valid email address."


def test_addresses_that_look_fake_are_refused_where_examples_are_not_allowed(charity: Charity) -> None:
    assert "looks fake or invalid" in charity.post("gina@gmail.vom").json()["detail"]
    charity.app.set_options(allow_example_addresses=False)
    detail = f"{GINA} looks fake or invalid, please enter a real email address."
    assert charity.post(GINA).json()["detail"] == detail


def test_gina_signed_up_too_often_and_fred_stays_archived(charity: Charity) -> None:
    charity.app.set_options(throttled_addresses=[GINA, FRED])
    for email in (GINA, FRED):
        expected = f"{email} has signed up to a lot of lists very recently; we're not allowing more signups for now"
        assert charity.put(email, status="subscribed").json()["detail"] == expected
    assert charity.get(FRED)["status"] == "archived"


def test_an_interest_that_is_gone_fails_the_whole_update(charity: Charity) -> None:
    answer = charity.put(ALICE, merge_fields={"FNAME": "Al"}, interests={"57d5ad703b": True}).json()
    assert (answer["title"], answer["detail"]) == ("Invalid Resource", "Invalid interest ID: '57d5ad703b'.")
    assert charity.get(ALICE)["merge_fields"]["FNAME"] == "Alice"


@pytest.mark.parametrize(
    ("kind", "good", "read_back", "bad", "message"),
    [
        ("number", "15.5", 15.5, "many", "Please enter a number"),
        ("date", "12/31/1980", "1980-12-31", "soon", "Please enter the date"),
        ("birthday", "1/5", "01/05", "31/12", "Please enter a month (01-12) and a day (01-31)"),
        (
            "address",
            {"addr1": "Way 1", "city": "X", "state": "Y", "zip": "1"},
            None,
            {"addr1": "Way 1"},
            "Please enter a complete address",
        ),
        ("zip", "12345", "12345", "1234", "Please enter a valid zip code"),
        ("url", "https://x.org/y", "https://x.org/y", "x", "Please enter a complete URL"),
        ("dropdown", "red", "red", "blue", "Please choose one of the options"),
    ],
)
def test_merge_fields_are_checked_by_their_type(
    charity: Charity, kind: str, *, good: Any, read_back: Any, bad: Any, message: str
) -> None:
    field = {"tag": "ITEM", "name": "Item", "type": kind, "options": {"choices": ["red"]}}
    charity.api.post("/lists/news/merge-fields", json=field).raise_for_status()
    refused = charity.put(ALICE, merge_fields={"ITEM": bad}).json()
    assert refused["detail"] == "Your merge fields were invalid."
    assert refused["errors"] == [{"field": "ITEM", "message": message}]
    stored = charity.put(ALICE, merge_fields={"ITEM": good}).json()["merge_fields"]["ITEM"]
    assert stored == (read_back or good | {"addr2": "", "country": "US"})
    assert charity.put(ALICE, merge_fields={"ITEM": ""}).json()["merge_fields"]["ITEM"] == ""


def test_a_required_field_is_asked_for_unless_told_otherwise(charity: Charity) -> None:
    charity.api.post("/lists/news/merge-fields", json={"tag": "TOWN", "name": "Town", "type": "text", "required": True})
    assert charity.post(GINA).json()["errors"] == [{"field": "TOWN", "message": "Please enter a value"}]
    body = {"email_address": GINA, "status": "subscribed"}
    assert charity.api.put(charity.path(GINA) + "?skip_merge_validation=true", json=body).status_code == 200
    charity.app.set_options(language="de")
    assert charity.put(ALICE, status="subscribed").json()["errors"][0]["message"] == "Bitte gib einen Wert ein."


def test_texts_are_cut_at_255_bytes_and_unknown_tags_dropped(charity: Charity) -> None:
    fields = charity.put(ALICE, merge_fields={"FNAME": "ä" * 200, "NOSUCH": 1}).json()["merge_fields"]
    assert fields == {"FNAME": "ä" * 127, "LNAME": "Ant", "ADDRESS": "", "PHONE": ""}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "Schema describes object, array found instead"),
        ({"interests": []}, "Schema describes object, array found instead"),
        ({"vip": "yes"}, "Schema describes boolean, string found instead"),
        ({"status": "gone"}, "Data did not match any of the schemas described in anyOf."),
        ({"ip_opt": "here"}, "This value is not a valid IP address."),
    ],
)
def test_bodies_that_do_not_fit_the_schema_are_refused(charity: Charity, body: Any, message: str) -> None:
    refused = charity.api.put(charity.path(ALICE), json=body).json()
    assert (refused["status"], refused["detail"]) == (400, NOT_VALIDATED)
    assert refused["errors"][0]["message"] == message


def test_broken_json_is_a_parse_exception(charity: Charity) -> None:
    answer = charity.api.put(charity.path(ALICE), content=b'{"status": ')
    assert (answer.status_code, answer.json()["title"]) == (400, "JSON Parse Exception")


def test_alice_moves_to_a_new_address_and_stays_the_same_contact(charity: Charity) -> None:
    before = charity.get(ALICE)
    after = charity.api.patch(charity.path(ALICE), json={"email_address": GINA}).json()
    assert after["id"] == GINA_ID
    assert after["unique_email_id"] != before["unique_email_id"]
    assert all(after[name] == before[name] for name in ("contact_id", "web_id", "timestamp_opt"))
    assert charity.api.get(charity.path(ALICE)).status_code == 404


@pytest.mark.parametrize(
    ("taken", "word"), [(BOB, "Unsubscribed"), (FRED, "Deleted"), ("charlie@example.org", "Cleaned")]
)
def test_alice_cannot_move_to_an_address_that_is_taken(charity: Charity, taken: str, word: str) -> None:
    refused = charity.api.put(charity.path(ALICE), json={"email_address": taken}).json()
    message = f'"{taken}" is already in this list with a status of "{word}".'
    assert (refused["detail"], refused["errors"]) == (NOT_VALIDATED, [{"field": "email address", "message": message}])


def test_bob_is_unsubscribed_and_cannot_move(charity: Charity) -> None:
    refused = charity.api.patch(charity.path(BOB), json={"email_address": GINA}).json()
    assert refused["errors"][0]["message"] == (
        'This member\'s status is "unsubscribed." You can only update email addresses for members'
        ' with a status of "subscribed."'
    )


def test_a_put_under_another_hash_makes_gina_under_her_own_but_never_takes_alice(charity: Charity) -> None:
    made = charity.api.put(charity.path("nobody@example.org"), json={"email_address": GINA, "status": "subscribed"})
    assert made.json()["id"] == GINA_ID
    assert charity.api.get(charity.path("nobody@example.org")).status_code == 404
    taken = charity.api.put(charity.path("nobody@example.org"), json={"email_address": ALICE, "status": "subscribed"})
    assert taken.json()["title"] == "Member Exists"


@pytest.mark.parametrize(
    "body",
    [
        {"status": "unsubscribed"},
        {"merge_fields": {"FNAME": "Al"}},
        {"interests": {"aaaa000002": True}},
        {"email_address": GINA},
        {"tags": ["board"]},
    ],
)
def test_a_change_moves_last_changed(charity: Charity, body: dict[str, Any]) -> None:
    answer = charity.api.put(charity.path(ALICE), json=body).json()
    assert answer["last_changed"] > LONG_AGO


def test_a_write_of_what_is_there_already_leaves_last_changed_alone(charity: Charity) -> None:
    same = {"FNAME": "Alice", "NOSUCH": "x"}
    answer = charity.put(ALICE, status="subscribed", merge_fields=same, interests={"aaaa000001": True}).json()
    assert answer["last_changed"] == LONG_AGO


def test_tags_move_last_changed_when_sent_again_but_not_when_none_is_sent(charity: Charity) -> None:
    tags, path = [{"name": "board", "status": "active"}], charity.path(ALICE, "/tags")
    assert charity.api.post(path, json={"tags": []}).status_code == 204
    assert charity.get(ALICE)["last_changed"] == LONG_AGO
    for moment in ("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:09+00:00"):
        charity.app.control["clock"]({"freeze": moment})
        charity.api.post(path, json={"tags": tags}).raise_for_status()
        assert charity.get(ALICE)["last_changed"] == moment


def test_archiving_moves_last_changed(charity: Charity) -> None:
    charity.api.delete(charity.path(ALICE))
    assert charity.get(ALICE)["last_changed"] > LONG_AGO
