"""The Mailchimp client handles unusual, late and missing responses."""

from __future__ import annotations

import base64
import json
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx2
import pytest

from mailchimpsync.errors import (
    AccessError,
    Code,
    ConfigurationError,
    RefusedError,
    TransientError,
)
from mailchimpsync.mailchimp import MailchimpClient, Operation, account, audience, audiences, submit_batch
from mailchimpsync.mailchimp.slots import OwnSlots
from mailchimpsync.runtime import Deadline
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox

if TYPE_CHECKING:
    from clients.conftest import FakeClock, MailchimpSays

KEY = "0123456789abcdef0123456789abcdef-us6"

FINE = httpx2.Response(200, json={"account_id": "abc", "account_name": "Stone Age Trust", "role": "admin"})
HTML = "<html><h1>Bad Request</h1></html>"
TWO = [Operation("PUT", "/lists/a/members/b", {"status": "subscribed"}, "row-1")]


def problem(status: int, title: str, detail: str = "") -> httpx2.Response:
    return httpx2.Response(status, json={"title": title, "status": status, "detail": detail, "instance": ""})


@pytest.mark.parametrize("key", ["", "us6", "0123456789abcdef", "0123456789abcdef-us6.evil.org/", "0123456789-6"])
def test_what_is_no_key_is_refused_before_anything_is_sent(key: str, clock: FakeClock) -> None:
    with pytest.raises(ConfigurationError) as caught:
        MailchimpClient(key, clock.runtime)
    assert caught.value.code is Code.MC_BAD_KEY


def test_the_key_goes_to_its_data_centre_by_basic_auth(mailchimp_says: MailchimpSays) -> None:
    client, script = mailchimp_says(FINE)
    assert account(client).name == "Stone Age Trust"
    request = script.requests[0]
    assert request.url.host == "us6.api.mailchimp.com"
    assert base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode().endswith(f":{KEY}")
    assert request.headers["User-Agent"].startswith("mailchimpsync/")


def test_no_cookie_is_sent_back(mailchimp_says: MailchimpSays) -> None:
    client, script = mailchimp_says(httpx2.Response(200, json=FINE.json(), headers={"Set-Cookie": "ak=1; path=/"}))
    account(client)
    account(client)
    assert [request.headers.get("Cookie") for request in script.requests] == [None, None]


@pytest.mark.parametrize(
    "trouble",
    [
        problem(429, "TooManyRequests"),
        httpx2.Response(429),
        httpx2.Response(403, text=""),
        httpx2.Response(403, text=HTML),
        httpx2.Response(403, json={"type": "akamai_error_message", "title": "akamai_503", "status": 503}),
        problem(500, "InternalServerError"),
        httpx2.Response(502, text=HTML),
        httpx2.Response(400, text=HTML),
        httpx2.Response(404, text=HTML),
        httpx2.Response(301, headers={"Location": "https://elsewhere.test/"}),
        httpx2.Response(200, text=HTML),
        httpx2.Response(200, text=""),
        httpx2.Response(200, text='{"account_id": "abc", "accou'),
        httpx2.Response(200, json={"account_id": "abc"}),
        httpx2.Response(200, json=[]),
        httpx2.ReadTimeout("slow"),
        httpx2.ConnectError("refused"),
        httpx2.RemoteProtocolError("cut"),
    ],
    ids=str,
)
def test_wilma_is_read_although_the_first_answer_was_bad(
    trouble: httpx2.Response | Exception, mailchimp_says: MailchimpSays, clock: FakeClock
) -> None:
    client, script = mailchimp_says(trouble, FINE)
    assert account(client).id == "abc"
    assert len(script.requests) == 2
    assert len(clock.slept) == 1


def test_after_six_attempts_the_trouble_is_told(mailchimp_says: MailchimpSays, clock: FakeClock) -> None:
    client, script = mailchimp_says(httpx2.Response(503))
    with pytest.raises(TransientError) as caught:
        account(client)
    assert (caught.value.code, caught.value.status, len(script.requests)) == (Code.MC_UNAVAILABLE, 503, 6)
    assert all(0 <= wait <= 2 * 2**number for number, wait in enumerate(clock.slept))


def test_a_wait_that_mailchimp_asks_for_is_kept(mailchimp_says: MailchimpSays, clock: FakeClock) -> None:
    client, _ = mailchimp_says(httpx2.Response(429, headers={"Retry-After": "45"}), FINE)
    account(client)
    assert 45 <= clock.slept[0] <= 47


def test_a_wait_given_as_a_date_is_understood(mailchimp_says: MailchimpSays, clock: FakeClock) -> None:
    client, _ = mailchimp_says(httpx2.Response(503, headers={"Retry-After": "Fri, 20 Nov 2026 12:00:30 GMT"}), FINE)
    account(client)
    assert 30 <= clock.slept[0] <= 32


@pytest.mark.parametrize(("asked", "most"), [("86400", 122), ("tomorrow", 2), ("-5", 2)])
def test_a_silly_wait_is_bounded(asked: str, most: float, mailchimp_says: MailchimpSays, clock: FakeClock) -> None:
    client, _ = mailchimp_says(httpx2.Response(429, headers={"Retry-After": asked}), FINE)
    account(client)
    assert clock.slept[0] <= most


def test_no_wait_goes_beyond_the_end_of_the_run(mailchimp_says: MailchimpSays, clock: FakeClock) -> None:
    client, script = mailchimp_says(httpx2.Response(429, headers={"Retry-After": "45"}))
    client.deadline = Deadline.after(clock.runtime, 40)
    with pytest.raises(TransientError) as caught:
        account(client)
    assert caught.value.code is Code.MC_THROTTLED
    assert (clock.slept, len(script.requests)) == ([], 1)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (problem(401, "API Key Invalid"), AccessError, Code.MC_AUTH),
        (problem(403, "Forbidden"), AccessError, Code.MC_FORBIDDEN),
        (problem(403, "User Disabled"), AccessError, Code.MC_DISABLED),
        (problem(404, "Resource Not Found"), RefusedError, Code.MC_AUDIENCE_GONE),
        (problem(405, "Method Not Allowed"), RefusedError, Code.MC_REFUSED),
    ],
    ids=str,
)
def test_a_definite_no_is_told_at_once(
    answer: httpx2.Response, kind: type[Exception], code: Code, mailchimp_says: MailchimpSays
) -> None:
    client, script = mailchimp_says(answer)
    with pytest.raises(kind) as caught:
        audience(client, "a1b2c3d4e5")
    assert isinstance(caught.value, AccessError | RefusedError)
    assert caught.value.code is code
    assert len(script.requests) == 1


def test_what_mailchimp_says_of_a_passing_trouble_is_kept(mailchimp_says: MailchimpSays) -> None:
    full = "You have more than 500 pending batches."
    client, _ = mailchimp_says(problem(429, "TooManyRequests", full))
    with pytest.raises(TransientError) as caught:
        account(client)
    assert (caught.value.code, caught.value.detail) == (Code.MC_BATCHES_FULL, full)


def test_what_mailchimp_said_is_kept_without_the_address(mailchimp_says: MailchimpSays) -> None:
    client, _ = mailchimp_says(problem(400, "Invalid Resource", "wilma@bedrock.org looks fake or invalid, sorry."))
    with pytest.raises(RefusedError) as caught:
        account(client)
    assert caught.value.code is Code.MC_FAKE_EMAIL
    assert caught.value.detail == "… looks fake or invalid, sorry."


def test_an_answer_that_cannot_be_read_is_not_quoted(mailchimp_says: MailchimpSays) -> None:
    client, _ = mailchimp_says(httpx2.Response(200, json={"account_id": ["wilma@bedrock.org"], "account_name": "x"}))
    with pytest.raises(TransientError) as caught:
        account(client)
    assert caught.value.code is Code.MC_ODD_ANSWER
    assert "account_id" in str(caught.value)
    assert "wilma" not in repr(caught.value) + caught.value.detail
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("trouble", [httpx2.ConnectError("refused"), httpx2.Response(429)], ids=str)
def test_a_batch_that_never_arrived_is_sent_again(
    trouble: httpx2.Response | Exception, mailchimp_says: MailchimpSays
) -> None:
    client, script = mailchimp_says(trouble, httpx2.Response(200, json={"id": "8b2428d747", "status": "pending"}))
    assert submit_batch(client, TWO).id == "8b2428d747"
    sent = json.loads(script.requests[1].content)["operations"]
    assert sent == [
        {
            "method": "PUT",
            "path": "/lists/a/members/b",
            "operation_id": "row-1",
            "body": '{"status":"subscribed"}',
        }
    ]


@pytest.mark.parametrize(
    "trouble",
    [
        httpx2.ReadTimeout("slow"),
        httpx2.Response(502, text=HTML),
        httpx2.Response(200, text=HTML),
        httpx2.Response(200),
    ],
    ids=str,
)
def test_a_batch_that_may_have_arrived_is_not_sent_twice(
    trouble: httpx2.Response | Exception, mailchimp_says: MailchimpSays
) -> None:
    client, script = mailchimp_says(trouble)
    with pytest.raises(TransientError) as caught:
        submit_batch(client, TWO)
    assert caught.value.work_may_be_done
    assert len(script.requests) == 1


def test_a_batch_of_too_many_operations_is_a_mistake_of_ours(mailchimp_says: MailchimpSays) -> None:
    client, script = mailchimp_says(FINE)
    for operations in ([], TWO * 1001):
        with pytest.raises(ValueError, match="a batch has"):
            submit_batch(client, operations)
    assert script.requests == []


def test_an_answer_without_end_is_not_read_to_its_end(
    mailchimp_says: MailchimpSays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailchimpsync.http.BODY_BYTES_MAX", 1000)
    client, _ = mailchimp_says(httpx2.Response(200, text=" " * 1001))
    with pytest.raises(TransientError, match="over 1000 bytes"):
        account(client)


def test_a_client_makes_no_more_requests_at_once_than_it_has_slots(clock: FakeClock) -> None:
    busy, peak, gate = 0, 0, threading.Condition()

    def answer(_request: httpx2.Request) -> httpx2.Response:
        nonlocal busy, peak
        with gate:
            busy += 1
            peak = max(peak, busy)
            gate.notify_all()
            gate.wait_for(lambda: peak > 2, timeout=0.05)  # long enough for a third request, if it is allowed
            busy -= 1
        return httpx2.Response(200, content=FINE.content)

    with MailchimpClient(KEY, clock.runtime, transport=httpx2.MockTransport(answer)) as client:
        client.slots = OwnSlots(2)
        threads = [threading.Thread(target=account, args=(client,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert peak == 2


def test_a_truncated_answer_of_a_real_server_is_asked_for_again(
    mailchimp: tuple[MailchimpSandbox, MailchimpClient], clock: FakeClock
) -> None:
    sandbox, client = mailchimp
    sandbox.faults.plant(Fault(FaultKind.TRUNCATE, "GET /3.0/lists"))
    assert [found.name for found in audiences(client)] == ["Newsletter"]
    assert len(clock.slept) == 1


def test_the_clock_of_the_run_counts_waits(mailchimp_says: MailchimpSays, clock: FakeClock) -> None:
    client, script = mailchimp_says(httpx2.Response(503))
    client.deadline = Deadline(clock.runtime, clock.time + timedelta(seconds=10))
    with pytest.raises(TransientError):
        account(client)
    assert sum(clock.slept) <= 10
    assert 1 < len(script.requests) < 7


def test_a_redirect_is_never_followed_elsewhere(mailchimp_says: MailchimpSays) -> None:
    client, script = mailchimp_says(httpx2.Response(302, headers={"Location": "https://evil.test/"}))
    with pytest.raises(TransientError):
        account(client)
    assert {request.url.host for request in script.requests} == {"us6.api.mailchimp.com"}
