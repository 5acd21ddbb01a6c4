"""What the PHP extension keeps is read by its API, within bounds, and says clearly where it can't be."""

from __future__ import annotations

from typing import Any

import pytest

from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.civicrm.extension import by_api
from mailchimpsync.civicrm.extension.by_api import TablesByApi, read_jobs, read_setting, turn_job
from mailchimpsync.civicrm.extension.rows import row_from
from mailchimpsync.civicrm.extension.work import OpenBatch
from mailchimpsync.civicrm.http.api3 import UnknownApiError
from mailchimpsync.errors import AccessError, Code, RefusedError, Right, TransientError
from mailchimpsync.model import Base
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from support.extension import MANAGED_JOB, as_text, cache_row, serialise, setting

Civicrm = tuple[CivicrmSandbox, CivicrmClient]
LIST, WALK, RIDE = "a1b2c3d4e5", "1111111111", "2222222222"
KEY = "fedcba9876543210fedcba9876543210-us6"


def install(civicrm: Civicrm, **kept: Any) -> CivicrmClient:
    sandbox, client = civicrm
    sandbox.install_extension(**{"setting": as_text(setting(KEY, LIST, 8)), "jobs": [dict(MANAGED_JOB)], **kept})
    return client


def test_the_configuration_is_read(civicrm: Civicrm) -> None:
    client = install(civicrm)

    found = read_setting(client)

    assert found is not None
    assert found["lists"][LIST]["subscriptionGroup"] == 8


@pytest.mark.parametrize("stored", ["", "false", "[]", '{"lists": [], "accounts": []}'])
def test_a_configuration_that_is_still_empty_is_no_error(stored: str, civicrm: Civicrm) -> None:
    found = read_setting(install(civicrm, setting=stored))

    assert found is not None
    assert not found.get("lists")


def test_a_site_without_the_extension_is_told_from_an_empty_one(civicrm: Civicrm) -> None:
    _, client = civicrm

    assert read_setting(client) is None
    with pytest.raises(UnknownApiError):
        next(TablesByApi(client).pages(LIST))


def test_a_configuration_that_is_damaged_is_not_taken_for_an_empty_one(civicrm: Civicrm) -> None:
    with pytest.raises(TransientError) as caught:
        read_setting(install(civicrm, setting='{"lists": {'))

    assert caught.value.code is Code.CV_ODD_ANSWER


def test_a_key_without_the_permission_is_told_which_one_it_needs(civicrm: Civicrm) -> None:
    install(civicrm)
    sandbox, client = civicrm
    sandbox.grant("s3cret", "smallest")

    with pytest.raises(AccessError) as caught:
        read_setting(client)

    assert caught.value.lacking == (Right.MAKE_TYPES,)
    assert "administer CiviCRM" in caught.value.remedy


def test_the_job_is_found_and_turned_off_and_on(civicrm: Civicrm) -> None:
    other = {**MANAGED_JOB, "id": "22", "api_action": "Pullcampaigns", "name": "Import Mailchimp campaigns"}
    client = install(civicrm, jobs=[dict(MANAGED_JOB), other])

    [job] = read_jobs(client)
    turn_job(client, job.id, on=False)
    turn_job(client, job.id, on=False)

    assert (job.name, job.is_active) == ("Call Mailchimpsync.Fetchandreconcile API", True)
    assert [one.is_active for one in read_jobs(client)] == [False]
    turn_job(client, job.id, on=True)
    assert [one.is_active for one in read_jobs(client)] == [True]


def test_rows_are_read_page_by_page(civicrm: Civicrm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_api, "ROWS_PER_PAGE", 3)
    rows = [cache_row(n, LIST, f"p{n}@example.org", groups={8: "Added"}) for n in range(1, 9)]
    client = install(civicrm, cache=rows)

    pages = list(TablesByApi(client).pages(LIST))

    assert [row.id for page in pages for row in page] == list(range(1, 9))
    assert max(map(len, pages)) <= 3


def test_a_row_that_goes_between_two_pages_is_noticed(civicrm: Civicrm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_api, "ROWS_PER_PAGE", 3)
    rows = [cache_row(n, LIST, f"p{n}@example.org", groups={8: "Added"}) for n in range(1, 9)]
    client = install(civicrm, cache=rows)
    pages = TablesByApi(client).pages(LIST)
    next(pages)
    del civicrm[0].extension.cache[0]

    with pytest.raises(TransientError):
        list(pages)


def test_unfinished_work_is_counted(civicrm: Civicrm) -> None:
    client = install(
        civicrm,
        updates=[
            {"id": "1", "mailchimpsync_cache_id": "1", "completed": "0", "mailchimpsync_batch_id": None},
            {"id": "2", "mailchimpsync_cache_id": "2", "completed": "0", "mailchimpsync_batch_id": "7"},
            {"id": "3", "mailchimpsync_cache_id": "3", "completed": "1", "mailchimpsync_batch_id": "7"},
        ],
        batches=[
            {"id": "7", "mailchimp_list_id": LIST, "mailchimp_batch_id": "abc123def4", "response_processed": "0"},
            {"id": "6", "mailchimp_list_id": LIST, "mailchimp_batch_id": "0000000000", "response_processed": "2"},
            {"id": "5", "mailchimp_list_id": "other", "mailchimp_batch_id": "1111111111", "response_processed": "0"},
        ],
        status={
            LIST: {"locks": {"fetchAndReconcile": "busy"}, "crashed": False},
            "gone": {"locks": {"fetchAndReconcile": "busy"}, "crashed": "Possibly crashed"},
            "idle": {"locks": {"fetchAndReconcile": "readyToFetch"}, "crashed": False},
        },
    )

    work = TablesByApi(client).open_work({LIST, "gone", "idle"})

    assert (work.unsent, work.sent) == (1, 1)
    assert work.batches == [OpenBatch(LIST, "abc123def4")]
    assert (work.running, work.crashed) == ([LIST], ["gone"])


def test_the_newest_error_of_a_row_counts(civicrm: Civicrm) -> None:
    client = install(
        civicrm,
        updates=[
            {"id": "1", "mailchimpsync_cache_id": "4", "completed": "1", "error_response": "old"},
            {"id": "2", "mailchimpsync_cache_id": "4", "completed": "1", "error_response": "new"},
            {"id": "3", "mailchimpsync_cache_id": "5", "completed": "1", "error_response": "old"},
            {"id": "4", "mailchimpsync_cache_id": "5", "completed": "1", "error_response": None},
        ],
    )

    assert TablesByApi(client).errors_of([4, 5]) == {4: "new"}


def test_an_error_of_civicrm_is_none_of_access(civicrm: Civicrm) -> None:
    with pytest.raises(RefusedError) as caught:
        next(TablesByApi(install(civicrm)).pages(""))

    assert caught.value.code is Code.CV_API


def agreed(**columns: Any) -> Base:
    row = row_from(cache_row(1, LIST, "bella@example.org", **columns))
    assert row is not None
    return row.base(8, {WALK: 9, RIDE: 10})


def test_a_row_in_sync_is_what_both_sides_agreed_on() -> None:
    ticks = {WALK: True, RIDE: False}
    groups = {8: "Added", 9: "Added", 10: "Removed"}

    assert agreed(groups=groups, interests=ticks) == Base(subscribed=True, interests=ticks)
    assert agreed(groups={8: "Removed"}, mailchimp_status="unsubscribed") == Base(subscribed=False)
    assert agreed(groups={8: "Added"}, mailchimp_status="pending") == Base(subscribed=True)


def test_the_newer_form_of_data_is_read_too() -> None:
    data = {
        "status": "subscribed",
        "status@": "2026-01-01T10:00:00+00:00",
        f"interest-{WALK}": "1",
        f"interest-{WALK}@": "",
    }

    found = agreed(groups={8: "Added", 9: "Added"}, mailchimp_data=serialise(data).decode())

    assert found == Base(subscribed=True, interests={WALK: True})


@pytest.mark.parametrize("status", ["todo", "live", "fail", "redo", ""])
def test_a_row_that_is_not_in_sync_agrees_on_nothing(status: str) -> None:
    assert agreed(groups={8: "Added"}, sync_status=status) == Base()


@pytest.mark.parametrize(
    "columns",
    [
        {"groups": {8: "Removed"}},  # put into the group after the history was looked at
        {"groups": {8: "Added"}, "mailchimp_status": "unsubscribed"},
        {"groups": {}, "mailchimp_status": "unsubscribed"},  # no history is no “no”
        {"groups": {8: "Added"}, "mailchimp_status": "nonsense"},
        {"groups": {8: "Nonsense"}},
        {"groups": {8: "Added"}, "mailchimp_member_id": "nonsense"},
    ],
)
def test_where_the_two_sides_of_a_row_differ_nothing_was_agreed(columns: dict[str, Any]) -> None:
    assert agreed(**columns) == Base()


@pytest.mark.parametrize("data", ['O:8:"stdClass":0:{}', "a:1:{", "{", "x" * 100, "i:1;"])
def test_data_that_can_not_be_read_leaves_the_rest_of_the_row(data: str) -> None:
    row = row_from(cache_row(1, LIST, "bella@example.org", groups={8: "Added", 9: "Added"}, mailchimp_data=data))

    assert row is not None
    assert not row.is_readable
    assert row.base(8, {WALK: 9}) == Base(subscribed=True)


def test_a_person_does_not_show_in_logs() -> None:
    assert "bella" not in repr(row_from(cache_row(1, LIST, "bella@example.org")))
