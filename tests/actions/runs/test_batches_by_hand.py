"""Batches: looked up, noted by hand, forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from actions.conftest import BELLA, CharitySite, Interface
from mailchimpsync.store.schema import batch, update
from mailchimpsync.sync.lease.lease import acquired_lease
from support.service import LIST_ID, OTHER_LIST

GET, CREATE, DELETE = (f"MailchimpsyncBatch.{name}" for name in ("get", "create", "delete"))


def open_batch(charity_site: CharitySite) -> int:
    """Let a batch with one update be at Mailchimp."""
    now, bella = charity_site.site.runtime.now(), charity_site.row(contact=BELLA)["id"]
    batch_id = charity_site.add(batch, mailchimp_list_id=LIST_ID, mailchimp_batch_id="b1", created_date=now)
    values = {"mailchimpsync_batch_id": batch_id, "open_row": bella, "created_date": now}
    charity_site.add(update, mailchimpsync_cache_id=bella, data={}, **values)
    return batch_id


@pytest.mark.parametrize(
    ("filters", "number"),
    [
        ({}, 2),
        ({"id": {"<": 1}}, 0),
        ({"mailchimp_list_id": LIST_ID}, 1),
        ({"mailchimp_list_id": OTHER_LIST}, 1),
        ({"mailchimp_batch_id": {"IS NOT NULL": 1}}, 2),
        ({"status": "finished"}, 2),
        ({"status": {"!=": "finished"}}, 0),
        ({"created_date": {">=": "2026-01-01"}}, 2),
        ({"submitted_at": {"IS NULL": 1}}, 0),
        ({"completed_at": {"IS NOT NULL": 1}}, 2),
        ({"finished_operations": 1}, 2),
        ({"errored_operations": {">": 0}}, 0),
        ({"total_operations": {"LIKE": "1"}}, 2),
        ({"response_processed": "2"}, 2),
        ({"limit": 1, "sort": "id desc"}, 1),
        ({"offset": 1}, 1),
    ],
)
def test_every_column_can_be_looked_for(
    library: CharitySite, interface: Interface, filters: dict[str, Any], number: int
) -> None:
    assert len(interface(library, GET, **filters).values) == number


def test_they_can_be_counted(library: CharitySite, interface: Interface) -> None:
    assert interface(library, GET, mailchimp_list_id=LIST_ID, options={"is_count": 1}).envelope["count"] == 1


def test_a_batch_that_is_at_mailchimp_is_noted_and_its_results_are_read(
    charity_site: CharitySite, interface: Interface
) -> None:
    at_mailchimp = interface(charity_site, GET, mailchimp_list_id=LIST_ID).values[0]
    interface(charity_site, DELETE, id=at_mailchimp["id"])

    [noted] = interface(
        charity_site, CREATE, mailchimp_list_id=LIST_ID, mailchimp_batch_id=at_mailchimp["mailchimp_batch_id"]
    ).values

    assert (noted["response_processed"], noted["status"]) == (0, None)
    charity_site.sync()
    [read] = interface(charity_site, GET, id=noted["id"]).values
    assert (read["response_processed"], read["status"]) == (2, "finished")


def test_results_can_be_read_again(charity_site: CharitySite, interface: Interface) -> None:
    known = interface(charity_site, GET, mailchimp_list_id=LIST_ID).values[0]

    [row] = interface(charity_site, CREATE, id=known["id"], response_processed=0).values

    assert row == known | {"response_processed": 0}


def test_changing_nothing_changes_nothing(charity_site: CharitySite, interface: Interface) -> None:
    known = interface(charity_site, GET, mailchimp_list_id=LIST_ID).values[0]

    assert interface(charity_site, CREATE, id=known["id"]).values == [known]


def test_whether_they_were_read_may_be_said_in_text(charity_site: CharitySite, interface: Interface) -> None:
    known = interface(charity_site, GET, mailchimp_list_id=LIST_ID).values[0]

    assert (
        interface(charity_site, CREATE, id=str(known["id"]), response_processed="0").values[0]["response_processed"]
        == 0
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "give the audience of a new batch"),
        ({"mailchimp_list_id": "zzz", "mailchimp_batch_id": "b9"}, "The audience zzz is not connected"),
        ({"mailchimp_list_id": LIST_ID}, "give Mailchimp's id of the new batch"),
        ({"mailchimp_list_id": LIST_ID, "mailchimp_batch_id": "b/9"}, "mailchimp_batch_id"),
        ({"mailchimp_list_id": LIST_ID, "mailchimp_batch_id": "b9", "response_processed": 1}, "response_processed"),
        ({"id": 999_999}, "There is no batch 999999"),
        ({"id": 1, "mailchimp_list_id": "zzz"}, "of an existing one can't change"),
    ],
)
def test_what_is_no_batch_is_refused(
    library: CharitySite, interface: Interface, given: dict[str, Any], told: str
) -> None:
    answer = interface(library, CREATE, **given)

    assert answer.exit_code == 2
    assert told in answer.error
    assert interface(library, GET, is_count=1).values == 2


def test_a_batch_is_known_once(library: CharitySite, interface: Interface) -> None:
    known = interface(library, GET).values[0]["mailchimp_batch_id"]

    answer = interface(library, CREATE, mailchimp_list_id=LIST_ID, mailchimp_batch_id=known)

    assert "this batch is already known" in answer.error


def test_a_batch_that_is_under_way_is_neither_forgotten_nor_taken_for_another(
    charity_site: CharitySite, interface: Interface
) -> None:
    batch_id = open_batch(charity_site)

    for answer in (
        interface(charity_site, DELETE, id=batch_id),
        interface(charity_site, CREATE, id=batch_id, mailchimp_batch_id="b2"),
        interface(charity_site, CREATE, id=batch_id, response_processed=2),
    ):
        assert f"Batch {batch_id} has updates that wait for results: 1." in answer.error
    assert interface(charity_site, GET, id=batch_id).values[0]["mailchimp_batch_id"] == "b1"


def test_a_batch_is_forgotten_with_its_updates(charity_site: CharitySite, interface: Interface) -> None:
    [known] = interface(charity_site, GET, mailchimp_list_id=LIST_ID).values

    assert interface(charity_site, DELETE, id=known["id"]).values == [{"id": known["id"]}]
    assert interface(charity_site, "MailchimpsyncUpdate.get", mailchimpsync_batch_id=known["id"]).values == []


def test_nothing_is_forgotten_while_a_run_is_at_work(charity_site: CharitySite, interface: Interface) -> None:
    [known] = interface(charity_site, GET, mailchimp_list_id=LIST_ID).values
    with acquired_lease(charity_site.site.store, LIST_ID):
        assert interface(charity_site, DELETE, id=known["id"]).envelope["error_code"] == "BUSY"
