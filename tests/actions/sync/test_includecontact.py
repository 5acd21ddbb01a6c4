"""Contacts that the next run is to look at again."""

from __future__ import annotations

from typing import Any

import pytest

from actions.conftest import BELLA, EMIL, FAY, CharitySite, Interface
from support.service import LIST_ID

INCLUDE = "Mailchimpsync.includecontact"


@pytest.mark.parametrize(
    ("contacts", "affected"),
    [
        (BELLA, {"inputCount": 1, "affected": 1}),
        (str(BELLA), {"inputCount": 1, "affected": 1}),
        ([BELLA, EMIL], {"inputCount": 2, "affected": 2}),
        (f"{BELLA}, {EMIL},{EMIL}", {"inputCount": 2, "affected": 2}),
        (FAY, {"inputCount": 1, "affected": 3}),  # two addresses in one audience, one in the other
        ([999_999], {"inputCount": 1, "affected": 0}),
    ],
)
def test_all_rows_of_the_contacts_are_due_in_every_audience(
    charity_site: CharitySite, interface: Interface, contacts: Any, affected: dict[str, int]
) -> None:
    before = {row["id"] for row in charity_site.rows() if row["sync_status"] == "todo"}

    answer = interface(charity_site, INCLUDE, contact_id=contacts)

    assert (answer.exit_code, answer.values) == (0, affected)
    due = {row["id"] for row in charity_site.rows() if row["sync_status"] == "todo"}
    assert (before, len(due)) == (set(), affected["affected"])


def test_a_row_with_an_update_on_its_way_is_due_after_its_result(
    charity_site: CharitySite, interface: Interface
) -> None:
    charity_site.set(charity_site.row(contact=BELLA)["id"], sync_status="live")

    assert interface(charity_site, INCLUDE, contact_id=BELLA).values["affected"] == 1

    row = charity_site.row(contact=BELLA)
    assert (row["sync_status"], row["recheck"]) == ("live", True)


def test_the_next_run_looks_at_them(charity_site: CharitySite, interface: Interface) -> None:
    interface(charity_site, INCLUDE, contact_id=[BELLA, FAY])
    charity_site.sync()

    assert {row["sync_status"] for row in charity_site.rows() if row["mailchimp_list_id"] == LIST_ID} == {"ok", "fail"}


@pytest.mark.parametrize("contacts", [0, -3, [BELLA, 0], [], "", "11,-1", "11;12", 2**63])
def test_what_is_no_contact_is_refused_and_nothing_is_due(
    library: CharitySite, interface: Interface, contacts: Any
) -> None:
    before = library.rows()

    answer = interface(library, INCLUDE, contact_id=contacts)

    assert answer.exit_code == 2
    assert "contact_id: " in answer.error
    assert library.rows() == before


def test_too_many_contacts_at_once_are_refused(library: CharitySite, interface: Interface) -> None:
    assert "at most 50,000" in interface(library, INCLUDE, contact_id=",".join(map(str, range(1, 50_002)))).error


def test_contacts_have_to_be_named(library: CharitySite, interface: Interface) -> None:
    assert "contact_id: it is required" in interface(library, INCLUDE).error
