"""Mending rows by hand."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from actions.conftest import BELLA, CARL, EMIL, NOBODY, CharitySite, Interface
from mailchimpsync.addresses import member_id_of
from mailchimpsync.store.schema import change, update
from mailchimpsync.sync.lease.lease import acquired_lease
from support.service import LIST_ID

CREATE, DELETE = "MailchimpsyncCache.create", "MailchimpsyncCache.delete"


def under_way(charity_site: CharitySite, row_id: int, **values: Any) -> int:
    """Let an update for a row be on its way."""
    charity_site.set(row_id, sync_status="live")
    now = charity_site.site.runtime.now()
    return charity_site.add(update, mailchimpsync_cache_id=row_id, data={}, created_date=now, open_row=row_id, **values)


def test_a_contact_is_added_and_the_next_run_decides(charity_site: CharitySite, interface: Interface) -> None:
    [row] = interface(charity_site, CREATE, mailchimp_list_id=LIST_ID, civicrm_contact_id=77).values

    assert (row["identity"], row["sync_status"], row["base_subscribed"]) == ("c:77", "todo", None)
    assert charity_site.row(contact=77)["id"] == row["id"]


def test_a_member_is_added_with_the_id_of_its_address(charity_site: CharitySite, interface: Interface) -> None:
    given = {"mailchimp_email": "Gus@example.org", "mailchimp_status": "pending", "sync_status": "ok"}

    [row] = interface(charity_site, CREATE, mailchimp_list_id=LIST_ID, **given).values

    member_id = member_id_of("gus@example.org")
    assert (row["identity"], row["mailchimp_member_id"], row["sync_status"]) == (f"m:{member_id}", member_id, "ok")
    assert row["mailchimp_updated"] == row["mailchimp_status_date"] is not None


def test_a_member_may_have_an_old_kind_of_id_and_a_date(charity_site: CharitySite, interface: Interface) -> None:
    old_id, date = "0123456789abcdef0123456789abcdef", "2020-02-03T04:05:06+01:00"
    given = {"mailchimp_email": "gus@example.org", "mailchimp_status": "subscribed", "mailchimp_updated": date}

    [row] = interface(charity_site, CREATE, mailchimp_list_id=LIST_ID, mailchimp_member_id=old_id, **given).values

    assert (row["identity"], row["mailchimp_updated"]) == (f"m:{old_id}", "2020-02-03T03:05:06Z")


def test_a_new_contact_ends_what_was_agreed_with_the_one_before(
    charity_site: CharitySite, interface: Interface
) -> None:
    bella = charity_site.row(contact=BELLA)
    assert bella["base_subscribed"] is True

    [row] = interface(charity_site, CREATE, id=bella["id"], civicrm_contact_id=77).values

    assert (row["civicrm_contact_id"], row["sync_status"], row["base_subscribed"]) == (77, "todo", None)
    assert (row["identity"], row["civicrm_groups"]) == (bella["identity"], None)


def test_a_contact_can_be_removed_from_a_member(charity_site: CharitySite, interface: Interface) -> None:
    [row] = interface(charity_site, CREATE, id=charity_site.row(contact=BELLA)["id"], civicrm_contact_id=0).values

    assert row["civicrm_contact_id"] is None


def test_the_next_run_goes_by_what_was_repaired(charity_site: CharitySite, interface: Interface) -> None:
    charity_site.charity.civicrm.load_contacts(
        [{"id": 77, "first_name": "Carla", "emails": ["carl@example.org"], "groups": {}}]
    )
    carl = charity_site.row(email="carl@example.org")

    interface(charity_site, CREATE, id=carl["id"], civicrm_contact_id=77)
    charity_site.sync()

    found = charity_site.row(email="carl@example.org")
    assert (found["civicrm_contact_id"], found["sync_status"], found["reason"]) == (77, "ok", "NOT_SUBSCRIBED")


def test_the_date_of_the_status_moves_with_the_status_only(charity_site: CharitySite, interface: Interface) -> None:
    bella, date = charity_site.row(contact=BELLA), "2026-11-02T00:00:00Z"

    [same] = interface(charity_site, CREATE, id=bella["id"], mailchimp_updated=date).values
    [other] = interface(charity_site, CREATE, id=bella["id"], mailchimp_status="cleaned", mailchimp_updated=date).values

    assert (same["mailchimp_updated"], same["mailchimp_status_date"]) == (date, "2026-01-01T10:00:00Z")
    assert (other["mailchimp_status"], other["mailchimp_status_date"]) == ("cleaned", date)


def test_what_an_interrupted_run_planned_for_the_row_is_dropped(
    charity_site: CharitySite, interface: Interface
) -> None:
    bella = charity_site.row(contact=BELLA)["id"]
    planned = {
        "create_contact": False,
        "group_changes": [[8, "Removed"]],
        "sync_status": "ok",
        "reason": "MAILCHIMP_LEFT",
    }
    charity_site.add(change, run_id=1, cache_id=bella, identity="m:bella", before={}, agreed={}, **planned)

    interface(charity_site, CREATE, id=bella, civicrm_contact_id=77)

    with charity_site.site.store.begin() as tx:
        assert tx.execute(select(change).where(change.c.cache_id == bella)).all() == []


def test_a_row_with_an_update_on_its_way_can_only_be_made_due(charity_site: CharitySite, interface: Interface) -> None:
    bella = charity_site.row(contact=BELLA)["id"]
    update_id = under_way(charity_site, bella)

    assert (
        f"Update {update_id} of row {bella} is on its way"
        in interface(charity_site, CREATE, id=bella, civicrm_contact_id=77).error
    )
    [row] = interface(charity_site, CREATE, id=bella, sync_status="todo").values

    assert (row["sync_status"], row["recheck"]) == ("live", True)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "give the audience of a new row"),
        ({"mailchimp_list_id": "zzz", "civicrm_contact_id": 1}, "The audience zzz is not connected"),
        ({"mailchimp_list_id": LIST_ID}, "A row stands for a member or a contact"),
        ({"mailchimp_list_id": LIST_ID, "mailchimp_email": "gus@example.org"}, "give both"),
        ({"mailchimp_list_id": LIST_ID, "mailchimp_status": "subscribed"}, "give both"),
        ({"mailchimp_list_id": LIST_ID, "civicrm_contact_id": 1, "mailchimp_updated": "2026-01-01"}, "give both"),
        ({"mailchimp_list_id": LIST_ID, "civicrm_contact_id": -1}, "civicrm_contact_id"),
        ({"mailchimp_list_id": LIST_ID, "civicrm_contact_id": 1, "sync_status": "live"}, "sync_status"),
        ({"mailchimp_list_id": LIST_ID, "mailchimp_email": "gus", "mailchimp_status": "subscribed"}, "mailchimp_email"),
        ({"mailchimp_list_id": LIST_ID, "mailchimp_email": "g@x.org", "mailchimp_status": "friend"}, "mailchimp_status"),
        ({"mailchimp_list_id": LIST_ID, "mailchimp_member_id": "me"}, "mailchimp_member_id"),
        ({"mailchimp_list_id": LIST_ID, "mailchimp_updated": "0001-01-01T00:00:00Z"}, "mailchimp_updated"),
        ({"mailchimp_list_id": LIST_ID, "mailchimp_updated": "9999-12-31T23:00:00-12:00"}, "out of range"),
        ({"id": 999_999, "sync_status": "todo"}, "There is no row 999999"),
        ({"id": 0, "sync_status": "todo"}, "id: "),
    ],
)  # fmt: skip
def test_what_is_no_row_is_refused(
    library: CharitySite, interface: Interface, given: dict[str, Any], told: str
) -> None:
    before = library.rows()

    answer = interface(library, CREATE, **given)

    assert answer.exit_code == 2
    assert told in answer.error
    assert library.rows() == before


def test_a_row_stays_that_of_its_audience_and_its_member(library: CharitySite, interface: Interface) -> None:
    bella = library.row(contact=BELLA)["id"]

    assert (
        "of an existing one can't change" in interface(library, CREATE, id=bella, mailchimp_list_id="b1b2c3d4e5").error
    )
    assert "another member" in interface(library, CREATE, id=bella, mailchimp_email="bella@example.com").error


def test_two_rows_never_stand_for_the_same(library: CharitySite, interface: Interface) -> None:
    nobody, carl = library.row(contact=NOBODY)["id"], library.row(contact=CARL)["id"]
    same_member = {"mailchimp_email": "CARL@example.org", "mailchimp_status": "unsubscribed"}

    assert f"Row {carl} already stands" in interface(library, CREATE, mailchimp_list_id=LIST_ID, **same_member).error
    assert (
        f"Row {nobody} already stands"
        in interface(library, CREATE, mailchimp_list_id=LIST_ID, civicrm_contact_id=NOBODY).error
    )


def test_nothing_is_repaired_while_a_run_is_at_work(charity_site: CharitySite, interface: Interface) -> None:
    emil = charity_site.row(contact=EMIL)["id"]
    with acquired_lease(charity_site.site.store, LIST_ID):
        created = interface(charity_site, CREATE, id=emil, sync_status="todo")
        deleted = interface(charity_site, DELETE, id=emil)

    assert (created.exit_code, deleted.exit_code) == (3, 3)
    assert created.envelope["error_code"] == deleted.envelope["error_code"] == "BUSY"


def test_a_row_is_forgotten_and_comes_back_with_the_next_full_run(
    charity_site: CharitySite, interface: Interface
) -> None:
    bella = charity_site.row(contact=BELLA)["id"]

    assert interface(charity_site, DELETE, id=bella).values == [{"id": bella}]
    assert bella not in {row["id"] for row in charity_site.rows()}
    assert charity_site.charity.members()["bella@example.org"] == "subscribed"


def test_a_row_with_an_update_on_its_way_is_not_forgotten(charity_site: CharitySite, interface: Interface) -> None:
    bella = charity_site.row(contact=BELLA)["id"]
    update_id = under_way(charity_site, bella)

    assert f"Update {update_id} of row {bella} is on its way" in interface(charity_site, DELETE, id=bella).error
    assert charity_site.row(contact=BELLA)["id"] == bella


def test_a_row_that_is_not_there_can_not_be_forgotten(library: CharitySite, interface: Interface) -> None:
    answer = interface(library, DELETE, id="999999")

    assert (answer.exit_code, answer.envelope["error_code"]) == (2, "UNKNOWN")
