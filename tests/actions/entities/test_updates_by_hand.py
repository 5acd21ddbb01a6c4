"""Updates: looked up, queued by hand, dropped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actions.conftest import BELLA, EMIL, NOBODY, CharitySite, Interface
from mailchimpsync.store.schema import batch, update
from mailchimpsync.sync.lease.lease import acquired_lease
from support.service import LIST_ID

GET, CREATE, DELETE = (f"MailchimpsyncUpdate.{name}" for name in ("get", "create", "delete"))
LEAVE = {"status": "unsubscribed"}


def sent(charity_site: CharitySite, row_id: int) -> int:
    """Let an update for a row be at Mailchimp."""
    now = charity_site.site.runtime.now()
    batch_id = charity_site.add(batch, mailchimp_list_id=LIST_ID, mailchimp_batch_id="b1", created_date=now)
    charity_site.set(row_id, sync_status="live")
    values = {"mailchimpsync_batch_id": batch_id, "open_row": row_id, "created_date": now}
    return charity_site.add(update, mailchimpsync_cache_id=row_id, data=LEAVE, **values)


def test_updates_are_found_with_what_they_sent(library: CharitySite, interface: Interface) -> None:
    emil = library.row(contact=EMIL)["id"]

    [found] = interface(library, GET, mailchimpsync_cache_id=emil).values

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
def test_every_column_can_be_looked_for(
    library: CharitySite, interface: Interface, filters: dict[str, Any], number: int
) -> None:
    assert len(interface(library, GET, **filters).values) == number
    if "limit" not in filters:
        assert interface(library, GET, **filters, is_count=1).values == number


@pytest.mark.parametrize("data", [LEAVE, json.dumps(LEAVE)], ids=["object", "text"])
def test_a_change_queued_by_hand_is_sent_with_the_next_run(
    charity_site: CharitySite, interface: Interface, data: Any
) -> None:
    bella = charity_site.row(contact=BELLA)["id"]

    [queued] = interface(charity_site, CREATE, mailchimpsync_cache_id=bella, data=data).values

    assert queued["data"] == {"email_address": "Bella@example.org", "status": "unsubscribed"}
    assert (queued["completed"], queued["open_row"], queued["mailchimpsync_batch_id"]) == (0, bella, None)
    assert charity_site.row(contact=BELLA)["sync_status"] == "live"
    charity_site.sync()
    assert charity_site.charity.members()["bella@example.org"] == "unsubscribed"


def test_it_counts_as_a_change_made_at_mailchimp(charity_site: CharitySite, interface: Interface) -> None:
    interface(charity_site, CREATE, mailchimpsync_cache_id=charity_site.row(contact=BELLA)["id"], data=LEAVE)
    charity_site.sync()
    charity_site.sync()

    row = charity_site.row(contact=BELLA)
    assert (row["sync_status"], row["reason"]) == ("ok", "MAILCHIMP_LEFT")
    assert charity_site.charity.group_members()[BELLA] == "Removed"


def test_a_change_that_was_not_sent_can_be_changed(charity_site: CharitySite, interface: Interface) -> None:
    bella = charity_site.row(contact=BELLA)["id"]
    [queued] = interface(charity_site, CREATE, mailchimpsync_cache_id=bella, data=LEAVE).values

    [changed] = interface(charity_site, CREATE, id=queued["id"], data={"merge_fields": {"FNAME": "Bea"}}).values

    assert changed["id"] == queued["id"]
    assert changed["data"] == {"email_address": "Bella@example.org", "merge_fields": {"FNAME": "Bea"}}
    assert changed["attempt"] == {"decided": changed["data"], "tries": []}


def test_a_row_has_one_update_under_way(charity_site: CharitySite, interface: Interface) -> None:
    bella = charity_site.row(contact=BELLA)["id"]
    [queued] = interface(charity_site, CREATE, mailchimpsync_cache_id=bella, data=LEAVE).values

    answer = interface(charity_site, CREATE, mailchimpsync_cache_id=bella, data=LEAVE)

    assert f"Row {bella} already has update {queued['id']} under way" in answer.error
    assert interface(charity_site, GET, open_row=bella, is_count=1).values == 1


def test_what_was_sent_is_neither_changed_nor_dropped(charity_site: CharitySite, interface: Interface) -> None:
    update_id = sent(charity_site, charity_site.row(contact=BELLA)["id"])

    assert f"Update {update_id} was sent in batch" in interface(charity_site, CREATE, id=update_id, data=LEAVE).error
    assert f"Update {update_id} was sent in batch" in interface(charity_site, DELETE, id=update_id).error


def test_what_has_its_result_is_not_changed_but_can_be_forgotten(
    charity_site: CharitySite, interface: Interface
) -> None:
    [found] = interface(charity_site, GET, mailchimpsync_cache_id=charity_site.row(contact=EMIL)["id"]).values

    assert "already has its result" in interface(charity_site, CREATE, id=found["id"], data=LEAVE).error
    assert interface(charity_site, DELETE, id=found["id"]).values == [{"id": found["id"]}]
    assert interface(charity_site, GET, id=found["id"]).values == []
    assert charity_site.row(contact=EMIL)["sync_status"] == "ok"


def test_a_change_that_is_dropped_leaves_its_row_to_the_next_run(
    charity_site: CharitySite, interface: Interface
) -> None:
    bella = charity_site.row(contact=BELLA)["id"]
    [queued] = interface(charity_site, CREATE, mailchimpsync_cache_id=bella, data=LEAVE).values

    interface(charity_site, DELETE, id=queued["id"])
    charity_site.sync()

    assert (charity_site.row(contact=BELLA)["sync_status"], charity_site.charity.members()["bella@example.org"]) == (
        "ok",
        "subscribed",
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "data: it is required"),
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
def test_what_is_no_update_is_refused(
    library: CharitySite, interface: Interface, given: dict[str, Any], told: str
) -> None:
    answer = interface(library, CREATE, **given)

    assert answer.exit_code == 2
    assert told in answer.error


def test_a_row_without_member_needs_the_address(library: CharitySite, interface: Interface) -> None:
    nobody = library.row(contact=NOBODY)["id"]

    assert "email_address" in interface(library, CREATE, mailchimpsync_cache_id=nobody, data=LEAVE).error


def test_an_update_stays_that_of_its_row(library: CharitySite, interface: Interface) -> None:
    found = interface(library, GET).values[0]

    assert (
        "of an existing one can't change"
        in interface(library, CREATE, id=found["id"], mailchimpsync_cache_id=1, data=LEAVE).error
    )


def test_nothing_is_queued_while_a_run_is_at_work(charity_site: CharitySite, interface: Interface) -> None:
    bella = charity_site.row(contact=BELLA)["id"]
    with acquired_lease(charity_site.site.store, LIST_ID):
        answer = interface(charity_site, CREATE, mailchimpsync_cache_id=bella, data=LEAVE)

    assert (answer.exit_code, answer.envelope["error_code"]) == (3, "BUSY")


def test_an_update_that_is_not_there_can_not_be_dropped(library: CharitySite, interface: Interface) -> None:
    assert interface(library, DELETE, id=999_999).envelope["error_code"] == "UNKNOWN"
