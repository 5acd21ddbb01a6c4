"""`data` shows what goes to Mailchimp besides subscriptions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mailchimpsync.actions import open_site
from mailchimpsync.config import Data, FieldRule

if TYPE_CHECKING:
    from cli.conftest import CommandLine

BELLA = 11


@pytest.fixture
def mapped(connected: CommandLine) -> CommandLine:
    """Ann maps jobs; Bella is a baker, and a steward."""
    civicrm = connected.civicrm
    civicrm.call("Contact", "update", {"where": [["id", "=", BELLA]], "values": {"job_title": "Baker"}})
    tag = civicrm.call(
        "Tag", "create", {"values": {"name": "Steward", "label": "Steward", "used_for:name": ["Contact"]}}
    )
    values = {"entity_table": "civicrm_contact", "entity_id": BELLA, "tag_id": tag["values"][0]["id"]}
    civicrm.call("EntityTag", "create", {"values": values})
    configure(connected, tags=True, fields=[{"merge_field": "JOB", "source": "job_title"}], plugins={"weather": {}})
    return connected


def configure(command_line: CommandLine, **data: Any) -> None:
    with open_site(command_line.home) as site:
        [link] = site.configuration.connections
        changed = link.model_copy(update={"data": Data.model_validate(data)})
        site.save(site.configuration.model_copy(update={"connections": (changed,)}), "ann")


def test_plugins_are_listed_with_what_is_wrong(mapped: CommandLine) -> None:
    result = mapped("data", "plugins")

    assert result.exit_code == 0
    assert "The audience has no merge field JOB" in " ".join(result.stdout.split())
    found = {one["name"]: one for one in json.loads(mapped("data", "plugins", "--json").stdout)}
    assert (found["tags"]["is_on"], found["names"]["is_on"]) == (True, False)


def test_missing_fields_are_created_then_a_preview_shows_people_and_a_sync_sends(mapped: CommandLine) -> None:
    assert "JOB: Job Title (text)" in mapped("data", "create-fields").stdout
    assert "has all mapped merge fields" in mapped("data", "create-fields").stdout
    assert mapped("sync", "--with-data").exit_code == 0

    shown = mapped("data", "preview", "--contact-id", str(BELLA)).stdout

    assert "bella@example.org" in shown
    assert "Baker" in shown
    assert "CiviCRM: Steward" in shown
    assert "Plugin weather failed: it is not installed." in shown
    [bella] = [one for one in mapped.mailchimp.members(mapped.list_id) if one["email_address"] == "bella@example.org"]
    assert bella["merge_fields"]["JOB"] == "Baker"


def test_findings_name_values_and_plugins(mapped: CommandLine) -> None:
    assert "no complete run with data yet" in mapped("data", "findings").stdout
    mapped("sync", "--with-data")

    told = mapped("data", "findings").stdout

    assert "JOB: the audience has no such merge field" in told
    assert "Plugin weather was set aside: it is not installed." in told
    assert json.loads(mapped("data", "findings", "--json").stdout)["failures"] == {"weather": "it is not installed"}


def test_sources_and_fields_are_listed(mapped: CommandLine) -> None:
    told = mapped("data", "sources").stdout

    assert "donations.total" in told
    assert "FNAME" in told


def test_a_custom_field_that_the_key_is_not_shown_is_not_said_not_to_exist(mapped: CommandLine) -> None:
    with open_site(mapped.home) as site:
        [link] = site.configuration.connections
        rule = FieldRule(merge_field="SKILLS", source="Volunteering.Skills:label")
        link = link.model_copy(update={"data": link.data.model_copy(update={"fields": (rule,)})})
        site.save(site.configuration.replacing_link(link), "ann")

    told = mapped("data", "create-fields")

    assert told.exit_code == 2
    assert "CiviCRM shows no contact field “Volunteering.Skills:label”. Custom fields are shown only to users with" in (
        told.stderr.replace("\n", " ")
    )


def test_doctor_names_a_mapped_custom_field_that_the_key_is_not_shown(mapped: CommandLine) -> None:
    mapped("data", "create-fields")
    fields = [{"merge_field": "JOB", "source": "job_title"}]
    configure(mapped, fields=fields)
    assert data_in_doctor(mapped) == [("good", "Both sides have the fields that are mapped.")]

    configure(mapped, fields=[*fields, {"merge_field": "LNAME", "source": "Volunteering.Skills:label"}])

    [(level, found)] = data_in_doctor(mapped)
    assert level == "warning"
    assert "LNAME: CiviCRM shows no contact field “Volunteering.Skills:label”. Custom fields are shown only to" in found


def data_in_doctor(command_line: CommandLine) -> list[tuple[str, str]]:
    found = json.loads(command_line("doctor", "--json").stdout)
    return [(one["level"], one["found"]) for one in found if one["subject"].startswith("Data of ")]


def test_nobody_to_show_is_said(connected: CommandLine) -> None:
    assert "Nobody to show" in connected("data", "preview").stdout


def test_a_plan_of_data_alone_is_not_said_to_change_nothing(mapped: CommandLine) -> None:
    mapped("data", "create-fields")
    mapped("sync")

    told = mapped("plan", "--with-data").stdout

    assert "with changed data at Mailchimp" in told
    assert "Would change  nothing" not in told


def test_a_plan_with_data_names_each_field(mapped: CommandLine) -> None:
    mapped("data", "create-fields")
    mapped("sync")

    told = mapped("plan", "--with-data", "--json").stdout

    assert "Mailchimp, merge field JOB: (none) → Baker" in told
    assert "Mailchimp, tag “CiviCRM: Steward”: no → yes" in told
