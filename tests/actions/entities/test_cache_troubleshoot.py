"""Why is someone (not) on the list? What `troubleshoot` adds."""

from __future__ import annotations

import json
from typing import Any

from actions.conftest import BELLA, CARL, EMIL, FAY, NOBODY, CharitySite, Interface
from mailchimpsync.store.cache import groups
from mailchimpsync.store.schema import batch, update
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.service import LIST_ID, NEWS, OTHERS

GET = "MailchimpsyncCache.get"


def troubled(interface: Interface, charity_site: CharitySite, **given: Any) -> dict[str, Any]:
    [row] = interface(charity_site, GET, mailchimp_list_id=LIST_ID, troubleshoot=1, **given).values
    found: dict[str, Any] = row
    return found


def test_names_are_read_from_civicrm(library: CharitySite, interface: Interface) -> None:
    assert troubled(interface, library, civicrm_contact_id=BELLA)["civicrm_display_name"] == "Bella Blum"


def test_a_contact_nobody_knows_is_unknown(charity_site: CharitySite, interface: Interface) -> None:
    charity_site.set(charity_site.row(contact=BELLA)["id"], civicrm_contact_id=999)

    assert troubled(interface, charity_site, civicrm_contact_id=999)["civicrm_display_name"] == "Unknown"


def test_a_row_of_nobody_has_no_name(charity_site: CharitySite, interface: Interface) -> None:
    charity_site.set(charity_site.row(email="carl@example.org")["id"], civicrm_contact_id=None)

    row = troubled(interface, charity_site, mailchimp_email="carl@example.org")

    assert (row["civicrm_display_name"], row["civicrm_problem"], row["most_recent"]) == (None, None, "Mailchimp")


def test_a_civicrm_that_is_away_is_said_and_the_rest_is_told(charity_site: CharitySite, interface: Interface) -> None:
    charity_site.charity.civicrm.faults.plant(Fault(FaultKind.STATUS, pattern="Contact/get", times=100, status=401))

    row = troubled(interface, charity_site, civicrm_contact_id=BELLA)

    assert row["civicrm_display_name"] is None
    assert "CiviCRM" in row["civicrm_problem"]
    assert row["mailchimp_email"] == "Bella@example.org"


def test_groups_dates_and_data_are_told(library: CharitySite, interface: Interface) -> None:
    row = troubled(interface, library, civicrm_contact_id=BELLA)

    assert (row["civicrm_status"], row["civicrm_updated"]) == ("Added", "2026-01-01T10:00:00Z")
    assert row["civicrm_groups"].startswith(f"{NEWS};Added;")
    assert row["mailchimp_data"] == {"first_name": "Bella", "last_name": ""}
    assert row["most_recent"] == "CiviCRM"
    assert row["civicrm_other_groups"] == {}


def test_a_change_of_our_own_is_no_word_of_civicrms(library: CharitySite, interface: Interface) -> None:
    row = troubled(interface, library, civicrm_contact_id=CARL)

    assert (row["civicrm_status"], row["most_recent"]) == ("Removed", "Mailchimp")


def test_what_was_sent_is_told_with_what_came_of_it(library: CharitySite, interface: Interface) -> None:
    row = troubled(interface, library, civicrm_contact_id=EMIL)

    [sent] = row["updates"]
    assert (sent["data"]["email_address"], sent["completed"]) == ("emil@example.org", 1)
    assert (sent["status"], sent["error"], sent["batch_status"]) == ("ok", None, "finished")
    assert sent["submitted_at"] <= sent["completed_at"]
    assert row["errors"] == []


def test_the_newest_three_updates_are_told_the_newest_first(charity_site: CharitySite, interface: Interface) -> None:
    bella = charity_site.row(contact=BELLA)["id"]
    now = charity_site.site.runtime.now()
    sent = charity_site.add(
        batch, mailchimp_list_id=LIST_ID, mailchimp_batch_id="b1", status="started", created_date=now
    )
    duplicate = json.dumps({"code": "MC_DUPLICATE", "status": 400, "detail": "… is already a list member."})
    for completed, error, batch_id in (
        (1, None, None),
        (1, "aborted long ago", None),
        (1, duplicate, None),
        (0, None, sent),
    ):
        values = {"completed": completed, "error_response": error, "mailchimpsync_batch_id": batch_id}
        charity_site.add(
            update, mailchimpsync_cache_id=bella, data={"status": "subscribed"}, created_date=now, **values
        )

    told = troubled(interface, charity_site, civicrm_contact_id=BELLA)["updates"]

    assert [(one["status"], one["batch_status"]) for one in told] == [
        ("pending", "started"),
        ("error", None),
        ("error", None),
    ]
    assert told[1]["error"].startswith("Mailchimp already has this address under another member. Mailchimp says: … is")
    assert "archive one of the two" in told[1]["error"]
    assert told[2]["error"] == "aborted long ago"


def test_a_failed_row_says_why_and_what_to_do(library: CharitySite, interface: Interface) -> None:
    [error] = troubled(interface, library, civicrm_contact_id=NOBODY)["errors"]

    assert error["code"] == "CV_NO_ADDRESS"
    assert error["sentence"] == "In the group, but without an e-mail address."
    assert error["remedy"] == "Add an address to the contact, or remove it from the group."
    assert error["who"] == "CiviCRM staff"


def test_the_other_subscribed_address_is_named(library: CharitySite, interface: Interface) -> None:
    row = troubled(interface, library, mailchimp_email="fay.old@example.org")

    [error] = row["errors"]
    assert (error["code"], error["other_addresses"]) == ("CV_OTHER_ADDRESS", ["fay@example.org"])
    assert "harmless" in error["remedy"]


def test_other_groups_of_the_connection_are_told(charity_site: CharitySite, interface: Interface) -> None:
    fay = charity_site.row(email="fay@example.org")
    with charity_site.site.store.begin() as tx:
        groups.store_memberships(tx, LIST_ID, 1, [(FAY, OTHERS, "Added")])

    row = troubled(interface, charity_site, id=fay["id"])

    assert row["civicrm_other_groups"] == {str(OTHERS): {"status": "Added", "date": None}}


def test_a_reason_of_another_version_is_no_obstacle(charity_site: CharitySite, interface: Interface) -> None:
    charity_site.set(charity_site.row(contact=NOBODY)["id"], reason="FROM_THE_FUTURE")

    [error] = troubled(interface, charity_site, civicrm_contact_id=NOBODY)["errors"]

    assert error["sentence"] == "For a reason that this version doesn't know."
