"""Changes of a person's status, and refusals in the words of the real service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.mailchimp.conftest import Charity

ALICE, BOB, CHARLIE = "alice@example.org", "bob@example.org", "charlie@example.org"
DORA, ERIC, FRED, GINA = "dora@example.org", "eric@example.org", "fred@example.org", "gina@example.org"


@pytest.mark.parametrize("status", ["subscribed", "pending", "unsubscribed", "transactional", "cleaned"])
def test_gina_is_new_and_may_come_with_any_status(charity: Charity, status: str) -> None:
    assert charity.post(GINA, status).json()["status"] == status
    assert charity.get(GINA)["status"] == status


def test_gina_is_new_and_a_put_without_status_takes_status_if_new(charity: Charity) -> None:
    assert charity.put(GINA, status_if_new="pending").json()["status"] == "pending"
    assert charity.put(ALICE, status_if_new="pending").json()["status"] == "subscribed"


def test_gina_subscribes_by_the_api_and_has_an_opt_in_but_no_signup(charity: Charity) -> None:
    charity.app.control["clock"]({"freeze": "2026-03-01T10:00:00+00:00"})
    gina = charity.post(GINA).json()
    assert (gina["timestamp_opt"], gina["ip_opt"]) == ("2026-03-01T10:00:00+00:00", "127.0.0.1")
    assert (gina["timestamp_signup"], gina["ip_signup"]) == ("", "")


def test_alice_is_unsubscribed_by_the_api_and_may_be_subscribed_again(charity: Charity) -> None:
    gone = charity.put(ALICE, status="unsubscribed").json()
    assert (gone["status"], gone["unsubscribe_reason"]) == ("unsubscribed", "N/A (Unsubscribed by admin)")
    back = charity.put(ALICE, status="subscribed").json()
    assert (back["status"], back["timestamp_opt"]) == ("subscribed", "2020-01-01T00:00:00+00:00")
    assert "unsubscribe_reason" not in back


def test_eric_was_unsubscribed_by_staff_and_may_be_subscribed(charity: Charity) -> None:
    assert charity.put(ERIC, status="subscribed").status_code == 200


@pytest.mark.parametrize("email", [BOB, CHARLIE])
def test_bob_and_charlie_cannot_be_subscribed_but_asked(charity: Charity, email: str) -> None:
    refused = charity.put(email, status="subscribed")
    assert refused.json() == {
        "title": "Member In Compliance State",
        "status": 400,
        "detail": f"{email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.",
        "instance": refused.headers["X-Request-Id"],
    }
    assert charity.put(email, status="pending").json()["status"] == "pending"


def test_bob_is_asked_and_still_cannot_be_subscribed_until_he_confirms(charity: Charity) -> None:
    charity.put(BOB, status="pending")
    assert charity.put(BOB, status="subscribed").json()["title"] == "Member In Compliance State"
    charity.app.act("news", BOB, change="confirm")
    assert charity.get(BOB)["status"] == "subscribed"
    charity.put(BOB, status="unsubscribed")
    assert charity.put(BOB, status="subscribed").status_code == 200


def test_bob_is_asked_once_however_often_pending_is_sent(charity: Charity) -> None:
    for _ in range(3):
        charity.put(BOB, status="pending")
    assert next(one["confirmations"] for one in charity.app.members("news") if one["email_address"] == BOB) == 1


def test_bob_left_by_himself_and_an_unsubscribe_by_the_api_does_not_change_that(charity: Charity) -> None:
    charity.put(BOB, status="unsubscribed")
    charity.put(BOB, status="pending")
    charity.put(BOB, status="unsubscribed")
    assert charity.origin(BOB) == "user"


def test_alice_complains_and_cannot_be_subscribed(charity: Charity) -> None:
    charity.app.act("news", ALICE, change="complain")
    assert charity.put(ALICE, status="subscribed").json()["title"] == "Member In Compliance State"


def test_fred_is_archived_hidden_from_the_list_and_revived_by_post(charity: Charity) -> None:
    before = charity.get(FRED)
    assert before["status"] == "archived"
    after = charity.post(FRED).json()
    assert after["status"] == "subscribed"
    assert all(after[name] == before[name] for name in ("contact_id", "web_id", "unique_email_id"))
    assert after["timestamp_opt"] == after["last_changed"] > before["last_changed"]


def test_fred_is_archived_and_stays_so_when_no_status_is_sent(charity: Charity) -> None:
    answer = charity.put(FRED, merge_fields={"FNAME": "Freddy"}).json()
    assert (answer["status"], answer["merge_fields"]["FNAME"]) == ("archived", "Freddy")
    assert charity.put(FRED, status="subscribed").json()["status"] == "subscribed"


@pytest.mark.parametrize("email", [ALICE, BOB, ERIC])
def test_alice_bob_and_eric_can_be_archived_but_not_twice(charity: Charity, email: str) -> None:
    assert charity.api.delete(charity.path(email)).status_code == 204
    refused = charity.api.delete(charity.path(email))
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, PUT")
    assert refused.json()["detail"] == (
        "This list member cannot be removed. Can not archive a contact that is bounced, pending or archived"
    )


@pytest.mark.parametrize("email", [CHARLIE, DORA])
def test_charlie_and_dora_cannot_be_archived(charity: Charity, email: str) -> None:
    assert charity.api.delete(charity.path(email)).status_code == 405


def test_alice_is_deleted_for_good_and_cannot_come_back_by_the_api(charity: Charity) -> None:
    assert charity.api.post(charity.path(ALICE, "/actions/delete-permanent")).status_code == 204
    assert charity.api.get(charity.path(ALICE)).status_code == 404
    for status in ("subscribed", "pending"):
        refused = charity.post(ALICE, status).json()
        assert "type" not in refused
        assert refused["title"] == "Forgotten Email Not Subscribed"
        assert refused["detail"] == (
            f"{ALICE} was permanently deleted and cannot be re-imported."
            " The contact must re-subscribe to get back on the list."
        )
    charity.app.act("news", ALICE, change="subscribe")
    assert charity.get(ALICE)["status"] == "subscribed"


def test_gina_signs_up_on_a_list_with_double_opt_in_and_waits_until_she_confirms(charity: Charity) -> None:
    charity.api.patch("/lists/news", json={"double_optin": True})
    charity.app.act("news", GINA, change="subscribe", interests={"aaaa000001": True})
    assert charity.get(GINA)["status"] == "pending"
    charity.app.act("news", GINA, change="confirm")
    assert charity.get(GINA)["status"] == "subscribed"
    assert charity.post("hugo@example.org").json()["status"] == "subscribed"


def test_the_administrator_cannot_bring_back_bob_nor_confirm_for_alice(charity: Charity) -> None:
    with pytest.raises(ValueError, match="signing up again"):
        charity.app.act("news", BOB, "admin", change="subscribe")
    with pytest.raises(ValueError, match="not pending"):
        charity.app.act("news", ALICE, change="confirm")
    assert charity.get(BOB)["status"] == "unsubscribed"


def test_archived_is_no_status_to_write(charity: Charity) -> None:
    refused = charity.put(ALICE, status="archived").json()
    assert (refused["title"], refused["errors"][0]["field"]) == ("Invalid Resource", "status")
    assert charity.api.patch(charity.path(ALICE), json={"status": "transactional"}).status_code == 400
