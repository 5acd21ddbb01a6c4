"""Updates: looked up, queued by hand, dropped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actions.conftest import BELLA, EMIL, NOBODY, Door, Office
from mailchimpsync.store.schema import batch, update
from mailchimpsync.sync.lease.lease import holding_lease
from support.service import LIST_ID

GET, CREATE, DELETE = (f"MailchimpsyncUpdate.{name}" for name in ("get", "create", "delete"))
LEAVE = {"status": "unsubscribed"}


def sent(office: Office, row_id: int) -> int:
    """Let an update for a row be at Mailchimp."""
    now = office.site.runtime.now()
    batch_id = office.add(batch, mailchimp_list_id=LIST_ID, mailchimp_batch_id="b1", created_date=now)
    office.set(row_id, sync_status="live")
    values = {"mailchimpsync_batch_id": batch_id, "open_row": row_id, "created_date": now}
    return office.add(update, mailchimpsync_cache_id=row_id, data=LEAVE, **values)


def test_updates_are_found_with_what_they_sent(library: Office, door: Door) -> None:
    emil = library.row(contact=EMIL)["id"]

    [found] = door(library, GET, mailchimpsync_cache_id=emil).values

    assert found["data"] == {"email_address": "emil@example.org", "status_if_new": "subscribed", **_names("Emil")}
    assert (found["completed"], found["error_response"], found["open_row"]) == (1, None, None)
    assert found["created_date"].endswith("Z")


def _names(first: str) -> dict[str, Any]:
    return {"merge_fields": {"FNAME": first}}


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        ({}, 2),
        ({"id": {">": 0}}, 2),
        ({"mailchimpsync_batch_id": {"IS NULL": 1}}, 0),
        ({"completed": 1}, 2),
        ({"completed": "0"}, 0),
        ({"data": {"LIKE": "%emil@example.org%"}}, 1),
        ({"data": {"LIKE": "carl@"}}, 0),
        ({"error_response": {"IS NULL": 1}}, 2),
        ({"created_date": {">": "2026-01-01"}}, 2),
        ({"created_date": {"<": "2026-01-01T00:00:00+02:00"}}, 0),
        ({"open_row": {"IS NOT NULL": 1}}, 0),
        ({"attempt": {"LIKE": '"tries":[]'}}, 2),
        ({"agreed": {"LIKE": '"subscribed":true'}}, 2),
        ({"run_id": {"IN": [1, 2]}}, 2),
        ({"limit": 1, "offset": 1}, 1),
        ({"sort": "created_date DESC"}, 2),
    ],
)
def test_every_column_can_be_looked_for(library: Office, door: Door, filters: dict[str, Any], number: int) -> None:
    assert len(door(library, GET, **filters).values) == number
    if "limit" not in filters:
        assert door(library, GET, **filters, is_count=1).values == number


@pytest.mark.parametrize("data", [LEAVE, json.dumps(LEAVE)], ids=["object", "text"])
def test_a_change_queued_by_hand_is_sent_with_the_next_run(office: Office, door: Door, data: Any) -> None:
    bella = office.row(contact=BELLA)["id"]

    [queued] = door(office, CREATE, mailchimpsync_cache_id=bella, data=data).values

    assert queued["data"] == {"email_address": "Bella@example.org", "status": "unsubscribed"}
    assert (queued["completed"], queued["open_row"], queued["mailchimpsync_batch_id"]) == (0, bella, None)
    assert office.row(contact=BELLA)["sync_status"] == "live"
    office.sync()
    assert office.charity.members()["bella@example.org"] == "unsubscribed"


def test_it_counts_as_a_change_made_at_mailchimp(office: Office, door: Door) -> None:
    door(office, CREATE, mailchimpsync_cache_id=office.row(contact=BELLA)["id"], data=LEAVE)
    office.sync()
    office.sync()

    row = office.row(contact=BELLA)
    assert (row["sync_status"], row["reason"]) == ("ok", "MAILCHIMP_LEFT")
    assert office.charity.group_members()[BELLA] == "Removed"


def test_a_change_that_was_not_sent_can_be_changed(office: Office, door: Door) -> None:
    bella = office.row(contact=BELLA)["id"]
    [queued] = door(office, CREATE, mailchimpsync_cache_id=bella, data=LEAVE).values

    [changed] = door(office, CREATE, id=queued["id"], data={"merge_fields": {"FNAME": "Bea"}}).values

    assert changed["id"] == queued["id"]
    assert changed["data"] == {"email_address": "Bella@example.org", "merge_fields": {"FNAME": "Bea"}}
    assert changed["attempt"] == {"decided": changed["data"], "tries": []}


def test_a_row_has_one_update_under_way(office: Office, door: Door) -> None:
    bella = office.row(contact=BELLA)["id"]
    [queued] = door(office, CREATE, mailchimpsync_cache_id=bella, data=LEAVE).values

    answer = door(office, CREATE, mailchimpsync_cache_id=bella, data=LEAVE)

    assert f"Row {bella} already has update {queued['id']} under way" in answer.error
    assert door(office, GET, open_row=bella, is_count=1).values == 1


def test_what_was_sent_is_neither_changed_nor_dropped(office: Office, door: Door) -> None:
    update_id = sent(office, office.row(contact=BELLA)["id"])

    assert f"Update {update_id} was sent in batch" in door(office, CREATE, id=update_id, data=LEAVE).error
    assert f"Update {update_id} was sent in batch" in door(office, DELETE, id=update_id).error


def test_what_has_its_result_is_not_changed_but_can_be_forgotten(office: Office, door: Door) -> None:
    [found] = door(office, GET, mailchimpsync_cache_id=office.row(contact=EMIL)["id"]).values

    assert "already has its result" in door(office, CREATE, id=found["id"], data=LEAVE).error
    assert door(office, DELETE, id=found["id"]).values == [{"id": found["id"]}]
    assert door(office, GET, id=found["id"]).values == []
    assert office.row(contact=EMIL)["sync_status"] == "ok"


def test_a_change_that_is_dropped_leaves_its_row_to_the_next_run(office: Office, door: Door) -> None:
    bella = office.row(contact=BELLA)["id"]
    [queued] = door(office, CREATE, mailchimpsync_cache_id=bella, data=LEAVE).values

    door(office, DELETE, id=queued["id"])
    office.sync()

    assert (office.row(contact=BELLA)["sync_status"], office.charity.members()["bella@example.org"]) == (
        "ok",
        "subscribed",
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "data: Field required"),
        ({"data": LEAVE}, "give the row of a new update"),
        ({"data": LEAVE, "mailchimpsync_cache_id": 999_999}, "There is no row 999999"),
        ({"data": LEAVE, "id": 999_999}, "There is no update 999999"),
        ({"data": {}, "mailchimpsync_cache_id": 1}, "give what to change"),
        ({"data": {"status": "friend"}, "mailchimpsync_cache_id": 1}, "data"),
        ({"data": {"vip": True}, "mailchimpsync_cache_id": 1}, "data"),
        ({"data": "{", "mailchimpsync_cache_id": 1}, "data"),
        ({"data": LEAVE, "mailchimpsync_cache_id": -1}, "mailchimpsync_cache_id"),
    ],
)
def test_what_is_no_update_is_refused(library: Office, door: Door, given: dict[str, Any], told: str) -> None:
    answer = door(library, CREATE, **given)

    assert answer.exit_code == 2
    assert told in answer.error


def test_a_row_without_member_needs_the_address(library: Office, door: Door) -> None:
    nobody = library.row(contact=NOBODY)["id"]

    assert "email_address" in door(library, CREATE, mailchimpsync_cache_id=nobody, data=LEAVE).error


def test_an_update_stays_that_of_its_row(library: Office, door: Door) -> None:
    found = door(library, GET).values[0]

    assert (
        "of an existing one can't change"
        in door(library, CREATE, id=found["id"], mailchimpsync_cache_id=1, data=LEAVE).error
    )


def test_nothing_is_queued_while_a_run_is_at_work(office: Office, door: Door) -> None:
    bella = office.row(contact=BELLA)["id"]
    with holding_lease(office.site.store, LIST_ID):
        answer = door(office, CREATE, mailchimpsync_cache_id=bella, data=LEAVE)

    assert (answer.exit_code, answer.envelope["error_code"]) == (3, "BUSY")


def test_an_update_that_is_not_there_can_not_be_dropped(library: Office, door: Door) -> None:
    assert door(library, DELETE, id=999_999).envelope["error_code"] == "UNKNOWN"
