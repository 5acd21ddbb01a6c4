"""Mailchimp's own Python client works with the stand-in, for every call that we make."""

from __future__ import annotations

import io
import json
import tarfile
import time
from typing import TYPE_CHECKING, Any

import httpx2
import mailchimp_marketing  # type: ignore[import-untyped] # it comes without types
import pytest
from mailchimp_marketing.api_client import ApiClientError  # type: ignore[import-untyped] # likewise

from mailchimpsync_sandbox.mailchimp.ids import member_id

if TYPE_CHECKING:
    from sandbox.mailchimp.conftest import Charity

KEY = "0123456789abcdef0123456789abcdef-us6"
NEWS, EVENTS = "aaaa000001", "aaaa000002"
ALICE, BOB, GINA = "alice@example.org", "bob@example.org", "gina@example.org"
URL = "https://sync.example.org/webhook?secret=s"
ON = {"subscribe": True, "unsubscribe": True, "profile": True, "cleaned": True, "upemail": True, "campaign": False}
SOURCES = {"user": True, "admin": True, "api": False}
DEADLINE_SECONDS = 10


def client_of(charity: Charity, key: str = KEY) -> Any:
    """Return the client, which has no setting for another host."""
    client = mailchimp_marketing.Client({"api_key": key})
    client.api_client.host = f"{charity.url}/3.0"
    return client


@pytest.fixture
def mailchimp(charity: Charity) -> Any:
    charity.app.set_options(validate_webhooks=False)
    return client_of(charity)


def refusal(error: pytest.ExceptionInfo[ApiClientError]) -> dict[str, Any]:
    """Return the problem document; the client leaves it as text, since it isn't `application/json`."""
    text = error.value.text
    document: dict[str, Any] = text if isinstance(text, dict) else json.loads(text)
    return document


def test_the_key_is_proved(mailchimp: Any) -> None:
    assert mailchimp.ping.get() == {"health_status": "Everything's Chimpy!"}
    root = mailchimp.root.get_root(fields=["account_name", "role"])
    assert root == {"account_name": "Ants for All", "role": "owner"}
    assert mailchimp.root.get_root()["account_id"]


def test_a_wrong_key_is_refused(charity: Charity) -> None:
    with pytest.raises(ApiClientError) as caught:
        client_of(charity, "f" * 32 + "-us6").ping.get()
    assert caught.value.status_code == 401
    assert refusal(caught)["title"] == "API Key Invalid"


def test_audiences_are_listed(mailchimp: Any) -> None:
    found = mailchimp.lists.get_all_lists(fields=["total_items", "lists.id", "lists.name"], count=1000, offset=0)
    assert found == {"lists": [{"id": "news", "name": "Newsletter"}], "total_items": 1}
    assert mailchimp.lists.get_list("news")["stats"]["member_count"] == 1


def test_a_missing_audience_is_a_problem_document(mailchimp: Any) -> None:
    with pytest.raises(ApiClientError) as caught:
        mailchimp.lists.get_list("gone")
    assert caught.value.status_code == 404
    assert refusal(caught)["title"] == "Resource Not Found"


def test_interests_are_found_by_category(mailchimp: Any) -> None:
    [category] = mailchimp.lists.get_list_interest_categories("news", count=1000)["categories"]
    assert category["title"] == "Topics"
    found = mailchimp.lists.list_interest_category_interests("news", category["id"], count=1000)
    assert {one["id"]: one["name"] for one in found["interests"]} == {NEWS: "News", EVENTS: "Events"}
    one = mailchimp.lists.get_interest_category_interest("news", category["id"], NEWS)
    assert (one["name"], one["list_id"]) == ("News", "news")


def test_members_are_paged_and_filtered(mailchimp: Any) -> None:
    everybody = mailchimp.lists.get_list_members_info("news", count=2, offset=0, sort_field="last_changed")
    assert len(everybody["members"]) == 2
    assert everybody["total_items"] == 5
    left = mailchimp.lists.get_list_members_info(
        "news", status="unsubscribed", since_last_changed="2019-12-31T00:00:00+00:00", fields=["members.email_address"]
    )
    assert {one["email_address"].partition("@")[0] for one in left["members"]} == {"bob", "eric"}


def test_a_member_is_read_and_set(mailchimp: Any) -> None:
    alice = mailchimp.lists.get_list_member("news", member_id(ALICE), fields=["id", "interests"])
    assert alice == {"id": member_id(ALICE), "interests": {NEWS: True, EVENTS: False}}
    gina = mailchimp.lists.set_list_member(
        "news",
        member_id(GINA),
        {"email_address": GINA, "status_if_new": "subscribed", "interests": {EVENTS: True}},
        skip_merge_validation=True,
    )
    assert (gina["status"], gina["interests"]) == ("subscribed", {NEWS: False, EVENTS: True})
    changed = mailchimp.lists.set_list_member(
        "news", member_id(GINA), {"email_address": GINA, "status": "unsubscribed"}
    )
    assert changed["status"] == "unsubscribed"
    assert mailchimp.lists.update_list_member("news", member_id(ALICE), {"merge_fields": {"FNAME": "Al"}})["id"]


def test_a_member_who_left_is_not_subscribed_again(mailchimp: Any) -> None:
    with pytest.raises(ApiClientError) as caught:
        mailchimp.lists.set_list_member("news", member_id(BOB), {"email_address": BOB, "status": "subscribed"})
    assert caught.value.status_code == 400
    assert refusal(caught)["title"] == "Member In Compliance State"


def test_a_member_is_archived_and_forgotten(mailchimp: Any) -> None:
    assert mailchimp.lists.delete_list_member("news", member_id(ALICE)).status_code == 204
    assert mailchimp.lists.get_list_member("news", member_id(ALICE))["status"] == "archived"
    assert mailchimp.lists.delete_list_member_permanent("news", member_id(BOB)).status_code == 204


def test_members_are_found_by_address(mailchimp: Any) -> None:
    found = mailchimp.searchMembers.search(ALICE, list_id="news")
    assert [one["email_address"] for one in found["exact_matches"]["members"]] == [ALICE]


def finished(mailchimp: Any, batch_id: str) -> dict[str, Any]:
    until = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < until:
        now: dict[str, Any] = mailchimp.batches.status(batch_id)
        if now["status"] == "finished":
            return now
        time.sleep(0.02)
    pytest.fail("the batch did not finish")


def test_a_batch_is_started_followed_and_its_results_are_read(mailchimp: Any, charity: Charity) -> None:
    charity.app.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started", "finalizing"), 0))
    operations = [
        {
            "method": "PUT",
            "path": f"/lists/news/members/{member_id(email)}",
            "operation_id": str(number),
            "body": json.dumps({"email_address": email, "status": "subscribed"}),
        }
        for number, email in enumerate((GINA, BOB))
    ]
    batch = mailchimp.batches.start({"operations": operations})
    assert batch["total_operations"] in (0, 2)
    done = finished(mailchimp, batch["id"])
    assert (done["total_operations"], done["finished_operations"], done["errored_operations"]) == (2, 2, 1)
    assert [one["id"] for one in mailchimp.batches.list(count=10, offset=0)["batches"]] == [batch["id"]]

    archive = httpx2.get(done["response_body_url"]).raise_for_status().content
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        texts = [file.read() for entry in tar if entry.isfile() and (file := tar.extractfile(entry)) is not None]
    results = {row["operation_id"]: row["status_code"] for text in texts if text for row in json.loads(text)}
    assert results == {"0": 200, "1": 400}


def test_a_batch_is_deleted(mailchimp: Any) -> None:
    batch = mailchimp.batches.start({"operations": [{"method": "GET", "path": "/ping"}]})
    assert mailchimp.batches.delete_request(batch["id"]).status_code == 204
    with pytest.raises(ApiClientError) as caught:
        mailchimp.batches.status(batch["id"])
    assert caught.value.status_code == 404


def test_webhooks_are_set_up_changed_and_deleted(mailchimp: Any) -> None:
    made = mailchimp.lists.create_list_webhook("news", {"url": URL, "events": ON, "sources": SOURCES})
    assert (made["url"], made["events"], made["sources"], made["list_id"]) == (URL, ON, SOURCES, "news")
    changed = mailchimp.lists.update_list_webhook("news", made["id"], {"events": {**ON, "campaign": True}})
    assert changed["events"]["campaign"] is True
    assert mailchimp.lists.get_list_webhook("news", made["id"])["sources"] == SOURCES
    assert mailchimp.lists.get_list_webhooks("news")["total_items"] == 1
    assert mailchimp.lists.delete_list_webhook("news", made["id"]).status_code == 204
    assert mailchimp.lists.get_list_webhooks("news")["webhooks"] == []


def test_batch_webhooks_are_set_up_changed_and_deleted(mailchimp: Any) -> None:
    made = mailchimp.batchWebhooks.create({"url": URL})
    assert (made["url"], made["enabled"]) == (URL, True)
    assert mailchimp.batchWebhooks.update(made["id"], {"enabled": False})["enabled"] is False
    assert mailchimp.batchWebhooks.get(made["id"])["url"] == URL
    assert mailchimp.batchWebhooks.list(count=1000, offset=0)["total_items"] == 1
    assert mailchimp.batchWebhooks.remove(made["id"]).status_code == 204
    assert mailchimp.batchWebhooks.list()["webhooks"] == []
