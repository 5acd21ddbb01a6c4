"""Webhooks, from the receiver's side."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx2
import pytest
from werkzeug.wrappers import Request, Response

from mailchimpsync_sandbox.kit.server import Served
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from sandbox.mailchimp.conftest import Charity

KEY = "0123456789abcdef0123456789abcdef-us6"
ALICE, BOB, GINA = "alice@example.org", "bob@example.org", "gina@example.org"
ALL_EVENTS = dict.fromkeys(("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign"), True)
ALL_SOURCES = dict.fromkeys(("user", "admin", "api"), True)
DEADLINE_SECONDS = 10


@dataclass
class Receiver:
    """Records requests, and responds with the given statuses, then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    told: list[dict[str, str]] = field(default_factory=list)
    raw: list[tuple[str, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        status = self.statuses.pop(0) if self.statuses else 200
        if request.method == "GET":
            self.asked.append(request.headers["User-Agent"])
        else:
            body = request.get_data().decode()
            with self.arrived:
                self.told.append(dict(parse_qsl(body, keep_blank_values=True)))
                self.raw.append((body, request.headers.get("X-Mailchimp-Signature", "")))
                self.arrived.notify_all()
        return Response(status=status)(environ, start_response)

    def wait_for(self, count: int) -> list[dict[str, str]]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.told) >= count, DEADLINE_SECONDS), f"only {self.told} came"
        return self.told


@pytest.fixture(scope="module")
def site() -> Iterator[Receiver]:
    receiver = Receiver()
    with Served(receiver) as served:
        receiver.url = f"{served.url}/hook"
        yield receiver


@pytest.fixture
def receiver(site: Receiver) -> Receiver:
    site.statuses, site.asked, site.told, site.raw = [], [], [], []
    return site


def _hook(charity: Charity, receiver: Receiver, **more: Any) -> dict[str, Any]:
    body = {"url": receiver.url, "events": ALL_EVENTS, "sources": ALL_SOURCES, **more}
    webhook: dict[str, Any] = charity.api.post("/lists/news/webhooks", json=body).raise_for_status().json()
    return webhook


def _settled(charity: Charity, name: str, count: int) -> dict[str, int]:
    until = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < until:
        if (report := charity.app.webhooks())[name] >= count:
            return report
        time.sleep(0.01)
    pytest.fail(f"{name} stayed below {count}: {charity.app.webhooks()}")


def test_a_webhook_is_saved_once_its_url_has_answered(charity: Charity, receiver: Receiver) -> None:
    webhook = _hook(charity, receiver)
    assert receiver.asked == ["MailChimp.com WebHook Validator"]
    assert charity.api.get("/lists/news/webhooks").json()["webhooks"] == [webhook]
    again = charity.api.post("/lists/news/webhooks", json={"url": receiver.url})
    assert again.json()["errors"][0]["message"] == "Sorry, you can't set up multiple WebHooks for one URL"
    receiver.statuses = [404]
    refused = charity.api.post("/lists/news/webhooks", json={"url": f"{receiver.url}/2"})
    assert (refused.status_code, charity.api.get("/lists/news/webhooks").json()["total_items"]) == (400, 1)


def test_alice_unsubscribes_and_the_site_is_told_in_bracketed_form(charity: Charity, receiver: Receiver) -> None:
    _hook(charity, receiver)
    charity.app.act("news", ALICE, change="unsubscribe", at="2026-03-01T10:00:00+00:00")
    (told,) = receiver.wait_for(1)
    alice = charity.get(ALICE)
    assert told["type"] == "unsubscribe"
    assert (told["data[action]"], told["data[reason]"]) == ("unsub", "manual")
    assert (told["data[id]"], told["data[email]"], told["data[list_id]"]) == (alice["unique_email_id"], ALICE, "news")
    assert (told["data[merges][FNAME]"], told["data[merges][INTERESTS]"]) == ("Alice", "News")
    assert told["data[merges][GROUPINGS][0][name]"] == "Topics"
    assert alice["last_changed"] == "2026-03-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("change", "more", "expected"),
    [
        ("complain", {}, [("unsubscribe", "abuse")]),
        ("bounce", {}, [("cleaned", "hard")]),
        ("interests", {"interests": {"aaaa000002": True}}, [("profile", None)]),
        ("names", {"merge_fields": {"FNAME": "Al"}}, [("profile", None)]),
        ("address", {"new_address": GINA}, [("upemail", None), ("profile", None)]),
        ("archive", {}, [("unsubscribe", "manual")]),
        ("delete", {}, [("unsubscribe", "manual")]),
    ],
)
def test_what_alice_does_is_told_by_its_own_event(
    charity: Charity, receiver: Receiver, change: str, more: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    _hook(charity, receiver)
    charity.app.act("news", ALICE, change=change, **more)
    told = receiver.wait_for(len(expected))
    assert [(one["type"], one.get("data[reason]")) for one in told] == expected
    if change in ("archive", "delete"):
        assert told[0]["data[action]"] == change
    if change == "address":
        assert (told[0]["data[old_email]"], told[0]["data[new_email]"]) == (ALICE, GINA)


def test_only_the_events_and_sources_that_are_switched_on_are_told(charity: Charity, receiver: Receiver) -> None:
    _hook(charity, receiver, events={"unsubscribe": True, "subscribe": True}, sources={"user": True})
    charity.put(ALICE, status="unsubscribed")
    charity.app.act("news", GINA, "admin", change="subscribe")
    charity.app.act("news", BOB, change="subscribe", interests={"aaaa000001": True})
    charity.app.act("news", BOB, change="names", merge_fields={"FNAME": "Rob"})
    charity.app.act("news", BOB, change="unsubscribe")
    assert [(one["type"], one["data[email]"]) for one in receiver.wait_for(2)] == [
        ("subscribe", BOB),
        ("unsubscribe", BOB),
    ]


def test_the_api_is_a_source_too_and_batches_are_the_api(charity: Charity, receiver: Receiver) -> None:
    _hook(charity, receiver, sources={"api": True})
    charity.app.act("news", ALICE, change="unsubscribe")
    operation = {"method": "PUT", "path": f"/lists/news/members/{ALICE}", "body": '{"status": "pending"}'}
    charity.api.post("/batches", json={"operations": [operation]})
    charity.post(GINA)
    assert [one["data[email]"] for one in receiver.wait_for(1)] == [GINA]


def test_a_failed_delivery_is_tried_again_and_given_up_in_the_end(charity: Charity, receiver: Receiver) -> None:
    charity.app.set_options(webhook_retry_seconds=[0.01, 0.01])
    _hook(charity, receiver)
    receiver.statuses = [503, 500]
    charity.app.act("news", ALICE, change="unsubscribe")
    assert receiver.wait_for(3)[0] == receiver.told[2]
    receiver.statuses = [500, 500, 500]
    charity.app.act("news", ALICE, change="subscribe")
    report = _settled(charity, "given_up", 1)
    assert (report["delivered"], report["failed_attempts"], report["waiting"]) == (1, 5, 0)


def test_a_receiver_that_is_gone_is_told_no_more_until_it_is_set_up_again(charity: Charity, receiver: Receiver) -> None:
    webhook = _hook(charity, receiver)
    receiver.statuses = [410]
    charity.app.act("news", ALICE, change="unsubscribe")
    _settled(charity, "given_up", 1)
    charity.app.act("news", BOB, change="subscribe")
    assert charity.app.webhooks()["waiting"] == 0
    charity.api.patch(f"/lists/news/webhooks/{webhook['id']}", json={}).raise_for_status()
    charity.app.act("news", GINA, change="subscribe")
    assert receiver.wait_for(2)[1]["data[email]"] == GINA


def test_a_signed_delivery_can_be_checked_with_the_secret_that_is_shown_once(
    charity: Charity, receiver: Receiver
) -> None:
    webhook = _hook(charity, receiver, signing_enabled=True)
    shown = charity.api.get(f"/lists/news/webhooks/{webhook['id']}").json()
    assert shown["signing_enabled"] is True
    assert "signing_secret" not in shown
    charity.app.act("news", ALICE, change="unsubscribe")
    receiver.wait_for(1)
    body, signature = receiver.raw[0]
    at, digest = (part.partition("=")[2] for part in signature.split(","))
    expected = hmac.new(webhook["signing_secret"].encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    assert digest == expected


def test_deliveries_can_come_twice_and_in_the_wrong_order(charity: Charity, receiver: Receiver) -> None:
    charity.app.set_options(webhook_copies=2, webhook_reversed=True)
    _hook(charity, receiver)
    charity.app.act("news", ALICE, change="address", new_address=GINA)
    assert [one["type"] for one in receiver.wait_for(4)] == ["profile", "profile", "upemail", "upemail"]


def test_a_full_queue_drops_the_oldest_and_counts_it() -> None:
    app = MailchimpSandbox(manual_batches=True)
    app.add_account(KEY)
    app.add_audience(KEY, "news", "Newsletter")
    app.set_options(webhook_queue_max=2, validate_webhooks=False)
    with_hook(app)
    for number in range(3):
        app.act("news", f"person{number}@example.org", change="subscribe")
    assert (app.webhooks()["waiting"], app.webhooks()["dropped"]) == (2, 1)
    taken = app.take_webhooks()
    assert [dict(parse_qsl(one["body"]))["data[email]"] for one in taken] == [
        "person1@example.org",
        "person2@example.org",
    ]
    assert taken[0]["headers"]["User-Agent"] == "MailChimp.com"
    assert app.take_webhooks() == []
    app.close()


def with_hook(app: MailchimpSandbox) -> None:
    """Add a webhook to the audience, in the same process."""
    with httpx2.Client(
        transport=httpx2.WSGITransport(app=app), base_url="http://mailchimp.test/3.0", auth=("x", KEY)
    ) as api:
        body = {"url": "http://site.test/hook", "events": ALL_EVENTS, "sources": ALL_SOURCES}
        api.post("/lists/news/webhooks", json=body).raise_for_status()


def test_batch_webhooks_get_a_call_for_every_finished_batch(charity: Charity, receiver: Receiver) -> None:
    hook = charity.api.post("/batch-webhooks", json={"url": receiver.url}).raise_for_status().json()
    assert (hook["enabled"], receiver.asked) == (True, ["MailChimp.com WebHook Validator"])
    batch = charity.api.post("/batches", json={"operations": [{"method": "GET", "path": "/ping"}]}).json()
    (told,) = receiver.wait_for(1)
    assert (told["type"], told["data[id]"], told["data[status]"]) == (
        "batch_operation_completed",
        batch["id"],
        "finished",
    )
    assert (told["data[total_operations]"], told["data[errored_operations]"]) == ("1", "0")
    assert httpx2.get(told["data[response_body_url]"]).status_code == 200
    charity.api.patch(f"/batch-webhooks/{hook['id']}", json={"enabled": False}).raise_for_status()
    charity.app.control["clear_log"]({})
    other = charity.api.post("/batches", json={"operations": [{"method": "GET", "path": "/ping"}]}).json()
    charity.app.run_batches()
    assert charity.api.get(f"/batches/{other['id']}").json()["status"] == "finished"
    assert charity.app.webhooks() == {"waiting": 0, "delivered": 1, "failed_attempts": 0, "given_up": 0, "dropped": 0}
