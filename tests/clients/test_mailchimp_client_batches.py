"""Batches from submission to results, and archives from storage: valid, unusual, and malicious."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tempfile
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mailchimpsync.addresses import member_id_of
from mailchimpsync.errors import Code, RefusedError, StoreError, TransientError
from mailchimpsync.mailchimp import (
    BatchInfo,
    MailchimpClient,
    Operation,
    OperationResult,
    batch,
    batch_results,
    delete_batch,
    member_path,
    recent_batches,
    submit_batch,
)
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox

if TYPE_CHECKING:
    from clients.conftest import FakeClock, MailchimpSays

Mailchimp = tuple[MailchimpSandbox, MailchimpClient]

LIST_ID = "a1b2c3d4e5"
URL = "https://storage.test/8b2428d747-response.tar.gz?Expires=1"
DONE = BatchInfo("8b2428d747", "finished", 1, 1, 0, None, None, URL)


def put(address: str, operation_id: str) -> Operation:
    body = {"email_address": address, "status": "subscribed"}
    return Operation("PUT", member_path(LIST_ID, member_id_of(address)), body, operation_id)


def item(operation_id: str | None = "row-1", response: Any = "{}", status: Any = 200) -> dict[str, Any]:
    return {"status_code": status, "operation_id": operation_id, "response": response}


def packed(*files: bytes) -> bytes:
    """Return an archive like Mailchimp's: a directory first, then the files."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        top = tarfile.TarInfo("./")
        top.type = tarfile.DIRTYPE
        archive.addfile(top)
        for number, content in enumerate(files):
            entry = tarfile.TarInfo(f"./{number}.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def results_of(says: MailchimpSays, *files: bytes) -> list[OperationResult]:
    client, _ = says(httpx2.Response(200, content=packed(*files)))
    return list(batch_results(client, DONE))


def finished(sandbox: MailchimpSandbox, client: MailchimpClient, *operations: Operation) -> BatchInfo:
    sent = submit_batch(client, operations)
    sandbox.run_batches()
    info = batch(client, sent.id)
    assert info is not None
    return info


def test_wilma_is_subscribed_and_the_bad_address_is_told(mailchimp: Mailchimp) -> None:
    sandbox, client = mailchimp
    info = finished(sandbox, client, put("wilma@bedrock.org", "row-1"), put("not an address", "row-2"))
    assert (info.is_finished, info.total_operations, info.errored_operations) == (True, 2, 1)
    assert info.completed_at is not None
    results = {result.operation_id: result for result in batch_results(client, info)}
    assert results["row-1"].status_code == 200
    assert results["row-1"].body["status"] == "subscribed"
    assert results["row-2"].status_code == 400
    assert [one["email_address"] for one in sandbox.members(LIST_ID)] == ["wilma@bedrock.org"]


def test_a_fresh_batch_knows_no_totals_and_no_results(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    sent = submit_batch(client, [put("wilma@bedrock.org", "row-1")])
    assert (sent.is_finished, sent.response_body_url, sent.completed_at) == (False, "", None)
    assert sent.submitted_at is not None
    assert [one.id for one in recent_batches(client)] == [sent.id]


def test_a_deleted_batch_is_gone_and_deleting_it_again_is_no_error(mailchimp: Mailchimp) -> None:
    _, client = mailchimp
    sent = submit_batch(client, [put("wilma@bedrock.org", "row-1")])
    delete_batch(client, sent.id)
    delete_batch(client, sent.id)
    assert batch(client, sent.id) is None


def test_an_expired_address_is_replaced_by_a_fresh_one(mailchimp: Mailchimp) -> None:
    sandbox, client = mailchimp
    info = finished(sandbox, client, put("wilma@bedrock.org", "row-1"))
    sandbox.clock.advance(11 * 60)
    assert [result.operation_id for result in batch_results(client, info)] == ["row-1"]


def test_results_that_mailchimp_no_longer_has_are_lost(mailchimp: Mailchimp) -> None:
    sandbox, client = mailchimp
    info = finished(sandbox, client, put("wilma@bedrock.org", "row-1"))
    delete_batch(client, info.id)
    with pytest.raises(RefusedError) as caught:
        list(batch_results(client, info))
    assert caught.value.code is Code.BATCH_LOST


def test_a_download_that_breaks_off_is_begun_again(mailchimp: Mailchimp, clock: FakeClock) -> None:
    sandbox, client = mailchimp
    info = finished(sandbox, client, put("wilma@bedrock.org", "row-1"))
    sandbox.faults.plant(Fault(FaultKind.TRUNCATE, "GET /storage/"))
    assert [result.operation_id for result in batch_results(client, info)] == ["row-1"]
    assert len(clock.slept) == 1


def test_the_key_never_goes_to_the_storage(mailchimp_says: MailchimpSays) -> None:
    client, script = mailchimp_says(httpx2.Response(200, content=packed(json.dumps([item()]).encode())))
    assert list(batch_results(client, DONE)) == [OperationResult("row-1", 200, {})]
    assert "Authorization" not in script.requests[0].headers


def test_an_address_of_results_that_is_none_is_told(mailchimp_says: MailchimpSays) -> None:
    client, script = mailchimp_says(httpx2.Response(200))
    info = BatchInfo("8b2428d747", "finished", 1, 1, 0, None, None, "http://[::1")
    with pytest.raises(TransientError, match="address of a batch's results"):
        list(batch_results(client, info))
    assert script.requests == []


def test_results_are_not_fetched_in_the_clear(mailchimp_says: MailchimpSays) -> None:
    client, script = mailchimp_says(httpx2.Response(200))
    insecure = BatchInfo("8b2428d747", "finished", 1, 1, 0, None, None, "http://storage.test/x")
    with pytest.raises(TransientError, match="not https"):
        list(batch_results(client, insecure))
    assert script.requests == []


def test_storage_that_refuses_even_the_fresh_address_is_a_temporary_trouble(mailchimp_says: MailchimpSays) -> None:
    fresh = httpx2.Response(200, json={"id": DONE.id, "status": "finished", "response_body_url": URL})
    client, script = mailchimp_says(httpx2.Response(403), fresh, httpx2.Response(403))
    with pytest.raises(TransientError) as caught:
        list(batch_results(client, DONE))
    assert caught.value.code is Code.BATCH_STORAGE
    assert [request.url.host for request in script.requests] == [
        "storage.test",
        "us6.api.mailchimp.com",
        "storage.test",
    ]


@pytest.mark.parametrize("response", ["", " ", "null", "{}", "[]", None, {}])
def test_an_operation_without_content_has_an_empty_body(response: Any, mailchimp_says: MailchimpSays) -> None:
    assert results_of(mailchimp_says, json.dumps([item(response=response, status=204)]).encode()) == [
        OperationResult("row-1", 204, {})
    ]


def test_several_files_and_empty_ones_give_all_results_in_order(mailchimp_says: MailchimpSays) -> None:
    first, second = ([item(f"{letter}-{number}") for number in range(3)] for letter in "ab")
    results = results_of(mailchimp_says, json.dumps(first).encode(), b"", b" \n", b"[]", json.dumps(second).encode())
    assert [result.operation_id for result in results] == ["a-0", "a-1", "a-2", "b-0", "b-1", "b-2"]


@pytest.mark.parametrize(
    ("odd", "marker"),
    [
        (item(response="<html>"), OperationResult("row-1", 200, unreadable=True)),
        (item(response='"text"'), OperationResult("row-1", 200, unreadable=True)),
        (item(status=None), OperationResult("row-1", 0, unreadable=True)),
        (item(operation_id=None), OperationResult(None, 200)),
        ("text", OperationResult(None, 0, unreadable=True)),
        (item(response="[" * 200_000), OperationResult("row-1", 200, unreadable=True)),
    ],
    ids=["html", "text", "no status", "no id", "no object", "deep"],
)
def test_one_odd_result_does_not_hide_the_others(
    odd: Any, marker: OperationResult, mailchimp_says: MailchimpSays
) -> None:
    results = results_of(mailchimp_says, json.dumps([item("before"), odd, item("after")]).encode())
    assert results == [OperationResult("before", 200), marker, OperationResult("after", 200)]


@pytest.mark.parametrize("damage", [b'{"status_code": 200}', b"<html>", b"[", b'["', b"\xff\xfe", b"[{]"])
def test_a_broken_file_does_not_hide_the_next(damage: bytes, mailchimp_says: MailchimpSays) -> None:
    results = results_of(mailchimp_says, damage, json.dumps([item("after")]).encode())
    assert results == [OperationResult(None, 0, unreadable=True), OperationResult("after", 200)]


def test_a_file_that_is_cut_gives_what_stands_before_the_cut(mailchimp_says: MailchimpSays) -> None:
    cut = json.dumps([item("one"), item("two"), item("three")]).encode()[:-20]
    results = results_of(mailchimp_says, cut)
    assert [result.operation_id for result in results] == ["one", "two", None]
    assert results[-1].unreadable


def test_no_room_for_the_results_here_is_no_fault_of_theirs(
    mailchimp_says: MailchimpSays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailchimpsync.mailchimp.results._IN_MEMORY_BYTES_MAX", 10)
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    client, _ = mailchimp_says(httpx2.Response(200, content=packed(json.dumps([item()]).encode())))
    with pytest.raises(StoreError) as caught:
        list(batch_results(client, DONE))

    assert caught.value.code is Code.TEMPORARY_FILES


def test_a_large_file_is_read_piece_by_piece(mailchimp_says: MailchimpSays) -> None:
    many = [item(f"row-{number}", json.dumps({"full_name": "Zoë 😀 " * 60})) for number in range(5_000)]
    results = results_of(mailchimp_says, json.dumps(many, ensure_ascii=False).encode())
    assert [result.operation_id for result in results] == [one["operation_id"] for one in many]
    assert {result.body["full_name"] for result in results} == {"Zoë 😀 " * 60}


def test_an_archive_that_is_cut_is_told_after_what_could_be_read(mailchimp_says: MailchimpSays) -> None:
    whole = packed(json.dumps([item("first")]).encode(), json.dumps([item(str(n)) for n in range(9_999)]).encode())
    client, _ = mailchimp_says(httpx2.Response(200, content=whole[: len(whole) * 2 // 3]))
    results = batch_results(client, DONE)
    assert next(results).operation_id == "first"
    with pytest.raises(TransientError) as caught:
        list(results)
    assert caught.value.code is Code.BATCH_DAMAGED


@pytest.mark.parametrize(
    "content", [b"", b"<html>", gzip.compress(b"no tar at all" * 99)], ids=["empty", "page", "no tar"]
)
def test_what_is_no_archive_is_odd(content: bytes, mailchimp_says: MailchimpSays) -> None:
    client, _ = mailchimp_says(httpx2.Response(200, content=content))
    with pytest.raises(TransientError) as caught:
        list(batch_results(client, DONE))
    assert caught.value.code is Code.BATCH_DAMAGED


@pytest.mark.parametrize(
    ("bound", "value"),
    [
        ("mailchimpsync.mailchimp.archive.FILES_MAX", 2),
        ("mailchimpsync.mailchimp.archive.EXPANDED_BYTES_MAX", 5_000),
        ("mailchimpsync.mailchimp.results.PACKED_BYTES_MAX", 50),
    ],
)
def test_an_archive_beyond_its_bounds_is_left(
    bound: str, value: int, mailchimp_says: MailchimpSays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bound, value)
    with pytest.raises(TransientError) as caught:
        results_of(mailchimp_says, b" " * 9_000, b"[]", b"[]")
    assert caught.value.code is Code.BATCH_DAMAGED


def test_a_bomb_is_found_by_its_ratio(mailchimp_says: MailchimpSays, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailchimpsync.mailchimp.archive.EXPANSION_FREE_BYTES", 1_000)
    monkeypatch.setattr("mailchimpsync.mailchimp.archive.EXPANSION_MAX", 20)
    with pytest.raises(TransientError):
        results_of(mailchimp_says, b" " * 1_000_000)


def test_links_and_devices_in_an_archive_are_passed_over(mailchimp_says: MailchimpSays) -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            entry = tarfile.TarInfo("../../etc/passwd")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    client, _ = mailchimp_says(httpx2.Response(200, content=raw.getvalue()))
    assert list(batch_results(client, DONE)) == []
