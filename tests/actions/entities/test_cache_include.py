"""Rows that the next run is to decide about again, by the filters that people search with."""

from __future__ import annotations

from typing import Any

import pytest

from actions.conftest import BELLA, CARL, EMIL, FAY, NOBODY, CharitySite, Interface
from mailchimpsync.actions.api.csv_export import csv_chunks
from support.service import LIST_ID

INCLUDE = "MailchimpsyncCache.include"


@pytest.mark.parametrize(
    ("filters", "contacts"),
    [
        ({"sync_status": "fail"}, {NOBODY, FAY}),
        ({"civicrm_contact_id": BELLA}, {BELLA}),
        ({"mailchimp_email": "BELLA@"}, {BELLA}),
        ({"reason": ["CV_NO_ADDRESS"]}, {NOBODY}),
        ({"show": "cannot_subscribe"}, {NOBODY, FAY}),
        ({"mailchimp_status": "none", "civicrm_status": ["Added"]}, {NOBODY}),
    ],
)
def test_those_who_meet_all_filters_are_due(
    charity_site: CharitySite, interface: Interface, filters: dict[str, Any], contacts: set[int]
) -> None:
    answer = interface(charity_site, INCLUDE, mailchimp_list_id=LIST_ID, **filters)

    due = {row["civicrm_contact_id"] for row in charity_site.rows() if row["sync_status"] == "todo"}
    assert (answer.exit_code, answer.values, due) == (0, {"affected": len(contacts)}, contacts)


def test_a_person_who_will_be_decided_anyway_is_left_alone(charity_site: CharitySite, interface: Interface) -> None:
    for contact, status in ((BELLA, "live"), (CARL, "redo"), (EMIL, "todo")):
        charity_site.set(charity_site.row(contact=contact)["id"], sync_status=status)
    ids = [charity_site.row(contact=contact)["id"] for contact in (BELLA, CARL, EMIL)]

    answer = interface(charity_site, INCLUDE, mailchimp_list_id=LIST_ID, id=ids)

    assert answer.values == {"affected": 0}
    assert not any(charity_site.row(contact=contact)["recheck"] for contact in (BELLA, CARL, EMIL))


def test_without_a_filter_nobody_is_included_unless_that_is_meant(
    charity_site: CharitySite, interface: Interface
) -> None:
    refused = interface(charity_site, INCLUDE, mailchimp_list_id=LIST_ID)
    meant = interface(charity_site, INCLUDE, mailchimp_list_id=LIST_ID, everybody=True)

    assert refused.exit_code != 0
    assert "everybody" in refused.error
    assert meant.values["affected"] == len([row for row in charity_site.rows() if row["mailchimp_list_id"] == LIST_ID])


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_of_a_file_is_taken_for_a_formula(cell: str) -> None:
    text = "".join(csv_chunks(["name"], [[cell], ["Ann, Bob"]]))

    assert text == f'name\r\n\'{cell}\r\n"Ann, Bob"\r\n'
