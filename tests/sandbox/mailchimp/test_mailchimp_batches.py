"""Batches: their states, their archives, their limits."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mailchimpsync_sandbox.mailchimp import MailchimpSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.mailchimp.conftest import Charity

KEY = "0123456789abcdef0123456789abcdef-us6"
DEADLINE_SECONDS = 10


def _put(email: str, **body: Any) -> dict[str, Any]:
    return {
        "method": "PUT",
        "path": f"/lists/news/members/{email}",
        "body": json.dumps({"email_address": email, **body}),
    }


def _submit(api: httpx2.Client, *operations: dict[str, Any]) -> dict[str, Any]:
    batch: dict[str, Any] = api.post("/batches", json={"operations": operations}).raise_for_status().json()
    return batch


def _finished(api: httpx2.Client, batch: dict[str, Any]) -> dict[str, Any]:
    until = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < until:
        now: dict[str, Any] = api.get(f"/batches/{batch['id']}").raise_for_status().json()
        if now["status"] == "finished":
            return now
        time.sleep(0.02)
    pytest.fail("the batch did not finish")


def _rows(archive: bytes) -> list[dict[str, Any]]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = [tar.extractfile(entry) for entry in tar if entry.isfile()]
        texts = [one.read() for one in files if one is not None]
    return [row for text in texts if text for row in json.loads(text)]


@pytest.fixture
def manual() -> Iterator[tuple[MailchimpSandbox, httpx2.Client]]:
    """A stand-in without threads, whose clock is stopped."""
    app = MailchimpSandbox(manual_batches=True)
    app.control["clock"]({"freeze": "2026-03-01T10:00:00+00:00"})
    app.add_account(KEY)
    app.add_audience(KEY, "news", "Newsletter")
    transport = httpx2.WSGITransport(app=app)
    with httpx2.Client(transport=transport, base_url="http://mailchimp.test/3.0", auth=("x", KEY)) as api:
        yield app, api
    app.close()


def test_a_batch_runs_in_the_background_and_tells_what_became_of_each_operation(charity: Charity) -> None:
    batch = _submit(
        charity.api,
        _put("gina@example.org", status="subscribed") | {"operation_id": "gina"},
        _put("bob@example.org", status="subscribed") | {"operation_id": "bob"},
        {"method": "DELETE", "path": "lists/news/members/alice@example.org"},
    )
    assert batch["status"] == "pending"
    assert (batch["total_operations"], batch["completed_at"], batch["response_body_url"]) == (0, "", "")
    done = _finished(charity.api, batch)
    assert [done[f"{name}_operations"] for name in ("total", "finished", "errored")] == [3, 3, 1]
    gina, bob, alice = _rows(httpx2.get(done["response_body_url"]).content)
    assert (gina["status_code"], gina["operation_id"]) == (200, "gina")
    assert json.loads(gina["response"])["status"] == "subscribed"
    refusal = json.loads(bob["response"])
    assert (bob["status_code"], refusal["title"], refusal["instance"]) == (400, "Member In Compliance State", "")
    assert alice == {"status_code": 204, "operation_id": None, "response": "{}"}
    assert charity.get("alice@example.org")["status"] == "archived"


def test_the_archive_is_packed_as_mailchimp_packs_it(charity: Charity) -> None:
    charity.app.set_options(batch_file_rows=2)
    batch = _submit(charity.api, *[{"method": "GET", "path": "/lists/news"} for _ in range(5)])
    packed = httpx2.get(_finished(charity.api, batch)["response_body_url"])
    raw = gzip.decompress(packed.content)
    assert (raw[:100].rstrip(b"\0"), raw[156:157]) == (b"./", b"5")
    with tarfile.open(fileobj=io.BytesIO(packed.content)) as tar:
        entries = tar.getmembers()
    assert [entry.name.endswith(".json") for entry in entries] == [False, True, True, True, True]
    assert [entry.size for entry in entries].count(0) == 2
    assert rb"http:\\/\\/" in raw
    assert len(_rows(packed.content)) == 5


def test_the_result_is_refused_to_those_who_show_their_key_and_to_those_who_forge_the_url(charity: Charity) -> None:
    url = _finished(charity.api, _submit(charity.api, {"method": "GET", "path": "/ping"}))["response_body_url"]
    assert charity.api.get(url).status_code == 400
    assert httpx2.get(url.replace("Signature=", "Signature=0")).status_code == 403
    assert httpx2.get(url).status_code == 200


def test_the_result_url_is_good_for_ten_minutes_and_fresh_each_time(
    manual: tuple[MailchimpSandbox, httpx2.Client],
) -> None:
    app, api = manual
    anyone = httpx2.Client(transport=httpx2.WSGITransport(app=app))
    batch = _submit(api, {"method": "GET", "path": "/ping"})
    app.run_batches()
    first = api.get(f"/batches/{batch['id']}").json()["response_body_url"]
    app.clock.advance(601)
    second = api.get(f"/batches/{batch['id']}").json()["response_body_url"]
    assert first != second
    assert (anyone.get(first).status_code, anyone.get(second).status_code) == (400, 200)


def test_a_batch_passes_through_its_states_as_the_clock_moves(manual: tuple[MailchimpSandbox, httpx2.Client]) -> None:
    app, api = manual
    app.set_options(batch_dwell={"pending": 10, "preprocessing": 10, "started": 10, "finalizing": 3600})
    batch = _submit(api, _put("gina@example.org", status="subscribed"))
    seen = []
    for seconds in (0, 10, 10, 10, 3599, 1):
        app.clock.advance(seconds)
        now = api.get(f"/batches/{batch['id']}").json()
        seen.append((now["status"], now["total_operations"], now["finished_operations"]))
    assert seen == [
        ("pending", 0, 0),
        ("preprocessing", 1, 0),
        ("started", 1, 0),
        ("finalizing", 1, 1),
        ("finalizing", 1, 1),
        ("finished", 1, 1),
    ]


def test_batches_of_an_account_wait_for_each_other_when_told_to(manual: tuple[MailchimpSandbox, httpx2.Client]) -> None:
    app, api = manual
    app.set_options(
        parallel_batches=False, batch_dwell=dict.fromkeys(("pending", "preprocessing", "started", "finalizing"), 1)
    )
    first, second = (_submit(api, {"method": "GET", "path": "/ping"}) for _ in range(2))
    for _ in range(3):
        app.clock.advance(1)
        api.get("/batches")
    status = {one["id"]: one["status"] for one in api.get("/batches").json()["batches"]}
    assert status == {first["id"]: "finalizing", second["id"]: "pending"}


def test_a_get_without_count_reads_all_pages_each_a_row_of_its_own(charity: Charity) -> None:
    charity.app.set_options(batch_page_size=2)
    path = "/lists/news/members?exclude_fields=members._links"
    batch = _finished(charity.api, _submit(charity.api, {"method": "GET", "path": path, "operation_id": "all"}))
    rows = _rows(httpx2.get(batch["response_body_url"]).content)
    pages = [json.loads(row["response"])["members"] for row in rows]
    assert ([len(page) for page in pages], {row["operation_id"] for row in rows}) == ([2, 2, 1], {"all"})
    counted = _submit(charity.api, {"method": "GET", "path": "/lists/news/members", "params": {"count": 1}})
    assert _finished(charity.api, counted)["total_operations"] == 1


def test_a_query_string_may_stand_in_the_path_of_a_write(charity: Charity) -> None:
    charity.api.post("/lists/news/merge-fields", json={"tag": "TOWN", "name": "Town", "type": "text", "required": True})
    with_query = _put("gina@example.org", status="subscribed")
    with_query["path"] += "?skip_merge_validation=true"
    batch = _submit(charity.api, with_query, _put("hugo@example.org", status="subscribed"))
    assert _finished(charity.api, batch)["errored_operations"] == 1
    assert charity.get("gina@example.org")["status"] == "subscribed"


def test_an_object_as_body_is_taken_and_fails_when_it_is_run(charity: Charity) -> None:
    operation = {"method": "PUT", "path": "/lists/news/members/alice@example.org", "body": {"status": "unsubscribed"}}
    assert _finished(charity.api, _submit(charity.api, operation))["errored_operations"] == 1
    assert charity.get("alice@example.org")["status"] == "subscribed"


@pytest.mark.parametrize(
    "body", [[], {}, {"operations": []}, {"operations": [{"method": "HEAD", "path": "/"}]}, {"operations": ["x"]}]
)
def test_what_is_no_batch_is_refused(charity: Charity, body: Any) -> None:
    assert charity.api.post("/batches", json=body).json()["title"] == "Invalid Resource"


def test_more_than_the_limit_of_pending_batches_is_refused(manual: tuple[MailchimpSandbox, httpx2.Client]) -> None:
    app, api = manual
    app.set_options(batches_pending_max=2)
    for _ in range(2):
        _submit(api, {"method": "GET", "path": "/ping"})
    refused = api.post("/batches", json={"operations": [{"method": "GET", "path": "/ping"}]})
    assert (refused.status_code, refused.json()["detail"]) == (429, "You have more than 2 pending batches.")


def test_no_batch_is_taken_while_too_many_batch_webhooks_wait(manual: tuple[MailchimpSandbox, httpx2.Client]) -> None:
    app, api = manual
    app.set_options(batch_webhook_events_max=1, validate_webhooks=False)
    api.post("/batch-webhooks", json={"url": "http://site.test/hook"}).raise_for_status()
    _submit(api, {"method": "GET", "path": "/ping"})
    app.run_batches()
    refused = api.post("/batches", json={"operations": [{"method": "GET", "path": "/ping"}]})
    assert refused.status_code == 429
    assert refused.json()["detail"].startswith("You have more than 1 pending webhooks.")
    assert len(app.take_webhooks()) == 1
    _submit(api, {"method": "GET", "path": "/ping"})


def test_results_are_gone_after_a_week(manual: tuple[MailchimpSandbox, httpx2.Client]) -> None:
    app, api = manual
    batch = _submit(api, {"method": "GET", "path": "/ping"})
    app.run_batches()
    app.clock.advance(7 * 24 * 3600 + 1)
    assert api.get(f"/batches/{batch['id']}").status_code == 404
    assert api.get("/batches").json()["total_items"] == 0


def test_a_deleted_batch_does_nothing_more_and_is_gone(manual: tuple[MailchimpSandbox, httpx2.Client]) -> None:
    app, api = manual
    batch = _submit(api, _put("gina@example.org", status="subscribed"))
    assert api.delete(f"/batches/{batch['id']}").status_code == 204
    assert app.run_batches() == {"finished": 0}
    assert api.get(f"/batches/{batch['id']}").status_code == 404
    assert app.members("news") == []


def test_shuffled_results_are_all_there_in_another_order(manual: tuple[MailchimpSandbox, httpx2.Client]) -> None:
    app, api = manual
    app.set_options(shuffle_batches=True)
    ids = [str(number) for number in range(30)]
    batch = _submit(api, *[{"method": "GET", "path": "/ping", "operation_id": key} for key in ids])
    app.run_batches()
    url = api.get(f"/batches/{batch['id']}").json()["response_body_url"]
    found = [
        row["operation_id"] for row in _rows(httpx2.Client(transport=httpx2.WSGITransport(app=app)).get(url).content)
    ]
    assert found != ids
    assert sorted(found, key=int) == ids


def test_a_batch_left_undone_is_done_when_the_file_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "mailchimp.db"
    app = MailchimpSandbox(path, manual_batches=True)
    app.add_account(KEY)
    app.add_audience(KEY, "news", "Newsletter")
    with httpx2.Client(
        transport=httpx2.WSGITransport(app=app), base_url="http://mailchimp.test/3.0", auth=("x", KEY)
    ) as api:
        _submit(api, _put("gina@example.org", status="subscribed"))
    app.close()
    again = MailchimpSandbox(path, manual_batches=True)
    assert again.run_batches() == {"finished": 1}
    assert [one["email_address"] for one in again.members("news")] == ["gina@example.org"]
    again.close()
