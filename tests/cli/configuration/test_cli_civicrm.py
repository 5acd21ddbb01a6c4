"""Ann puts links to the screens into CiviCRM, with a key that may do so, and takes them away again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import Result

from cli.conftest import CommandLine
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from support.rights import TRASH

SERVICE = "https://sync.example.org"
ADMIN_KEY = "a-key-that-may-administer"
MENU = {"mailchimpsync_service_status", "mailchimpsync_service_configuration"}


def civicrm(ann: CommandLine, *words: str, url: str = SERVICE) -> Result:
    return ann("civicrm", *words, MAILCHIMPSYNC_PUBLIC_URL=url, MAILCHIMPSYNC_CIVICRM_ADMIN_KEY=ADMIN_KEY)


def found(ann: CommandLine, *words: str, url: str = SERVICE) -> list[str]:
    return [one["found"] for one in json.loads(civicrm(ann, "status", "--json", *words, url=url).stdout)]


def menu(sandbox: CivicrmSandbox) -> dict[str, Any]:
    return {row["name"]: row for row in sandbox.dump("Navigation") if row["url"]}


@pytest.fixture
def ann(connected: CommandLine) -> CommandLine:
    """Ann's own key is for syncing; an administrator's key is at hand."""
    connected.civicrm.add_user(ADMIN_KEY, ["access CiviCRM", "administer CiviCRM", "authenticate with api key"])
    return connected


def test_two_entries_of_the_menu_and_a_tab_on_every_contact_lead_to_the_service(ann: CommandLine) -> None:
    for _ in "twice":
        assert civicrm(ann, "install", "--other-key").exit_code == 0

    entries = menu(ann.civicrm)
    titles = {row["id"]: row["label"] for row in ann.civicrm.dump("Navigation")}
    assert {row["label"]: (titles[row["parent_id"]], row["url"]) for row in entries.values()} == {
        "Mailchimp Sync Status": ("Mailings", f"{SERVICE}/"),
        "Configure Mailchimp Sync": ("System Settings", f"{SERVICE}/configuration"),
    }
    [tab] = ann.civicrm.dump("Afform")
    assert tab["placement"] == ["contact_summary_tab"]
    assert f'href="{SERVICE}/people?person={{{{options.contact_id}}}}"' in tab["layout"]
    assert found(ann, "--other-key") == ["The menu and the tab on contacts lead to this service."]


def test_everything_is_taken_away_again_and_nothing_else(ann: CommandLine) -> None:
    before = ann.civicrm.dump("Navigation")
    civicrm(ann, "install", "--other-key")

    removed, again = civicrm(ann, "remove", "--other-key"), civicrm(ann, "remove", "--other-key")

    assert (ann.civicrm.dump("Navigation"), ann.civicrm.dump("Afform")) == (before, [])
    assert removed.stdout == "The entries in CiviCRM are removed.\n"
    assert again.stdout == "There were no entries in CiviCRM.\n"


def test_a_key_that_is_for_syncing_learns_which_permission_is_missing(ann: CommandLine) -> None:
    ann.civicrm.grant(ann.civicrm_key, TRASH)

    result = civicrm(ann, "install")

    assert (result.exit_code, menu(ann.civicrm), ann.civicrm.dump("Afform")) == (7, {}, [])
    assert "administer CiviCRM" in result.output


def test_without_form_builder_there_is_only_the_menu(ann: CommandLine) -> None:
    ann.civicrm._api.missing.add("Afform")

    assert civicrm(ann, "install", "--other-key").exit_code == 0

    assert menu(ann.civicrm).keys() == MENU
    assert found(ann, "--other-key") == ["The menu leads to this service. Without FormBuilder, contacts have no tab."]
    assert civicrm(ann, "remove", "--other-key").exit_code == 0


def test_the_check_up_notices_that_the_tab_leads_to_an_address_that_the_service_no_longer_has(
    ann: CommandLine,
) -> None:
    ann.civicrm.grant(ann.civicrm_key, TRASH)
    civicrm(ann, "install", "--other-key", url="https://old.example.org")

    of_doctor = json.loads(ann("doctor", "--json", MAILCHIMPSYNC_PUBLIC_URL=SERVICE).stdout)

    [entries] = [one for one in of_doctor if one["subject"] == "Entries in CiviCRM"]
    assert (entries["level"], entries["found"]) == ("warning", "Missing, or leading to another address: Mailchimp.")
    assert entries["remedy"] == "Run `mailchimpsync civicrm install`."


def test_without_a_public_address_it_says_what_to_set(ann: CommandLine) -> None:
    result = ann("civicrm", "install")

    assert result.exit_code == 7
    assert "Set `public_url` in mailchimpsync.toml first." in result.output
