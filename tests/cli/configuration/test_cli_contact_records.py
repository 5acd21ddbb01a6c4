"""Staff see on contacts in CiviCRM what Mailchimp says about them, if Ann has turned that on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import Result

from cli.conftest import LIST_ID, CommandLine
from mailchimpsync.errors import Right
from support.rights import rights

ADMIN_KEY = "a-key-that-may-administer"
ENTITY = "Custom_What_Mailchimp_says"
BELLA, CARL, EMIL, NOBODY = 11, 12, 13, 14
MAY_WRITE = rights(Right.TRASH, Right.CUSTOM_DATA)


def civicrm(ann: CommandLine, *words: str) -> Result:
    given = {"MAILCHIMPSYNC_PUBLIC_URL": "https://sync.example.org", "MAILCHIMPSYNC_CIVICRM_ADMIN_KEY": ADMIN_KEY}
    return ann("civicrm", *words, "--other-key", **given)


def records(ann: CommandLine) -> dict[int, dict[str, Any]]:
    return {row["entity_id"]: row for row in ann.civicrm.call(ENTITY, "get", {})["values"]}


def notes(result: Result) -> list[str]:
    found: list[str] = json.loads(result.stdout)[0]["notes"]
    return found


def writes(ann: CommandLine) -> list[str]:
    """Return a list to which the path of every later request for records is added."""
    handle, seen = ann.civicrm.handle, list[str]()

    def noted(request: Any) -> Any:
        if ENTITY in request.path or "CustomGroup" in request.path:
            seen.append(request.path)
        return handle(request)

    ann.civicrm.handle = noted  # type: ignore[method-assign]
    return seen


@pytest.fixture
def ann(connected: CommandLine) -> CommandLine:
    """Ann has turned it on; her key may write custom data, and an administrator's key is at hand."""
    connected.civicrm.grant(connected.civicrm_key, MAY_WRITE)
    administrator = ["access CiviCRM", "administer CiviCRM", "access all custom data", "authenticate with api key"]
    connected.civicrm.add_user(ADMIN_KEY, administrator)
    assert connected.connect("--audience", LIST_ID, "--contact-records").exit_code == 0
    return connected


@pytest.fixture
def shown(ann: CommandLine) -> CommandLine:
    """The fields are there, and a sync has filled them."""
    assert civicrm(ann, "install").exit_code == 0
    ann("sync")
    return ann


def test_contacts_say_their_status_since_when_and_why_they_can_not_be_synced(shown: CommandLine) -> None:
    found = records(shown)

    assert {row["audience"] for row in found.values()} == {"Newsletter"}
    assert {row["audience_id"] for row in found.values()} == {LIST_ID}
    assert (found[BELLA]["status"], found[BELLA]["why_not"]) == ("subscribed", None)
    assert (found[CARL]["status"], found[CARL]["since"]) == ("unsubscribed", "2026-11-01")
    assert found[NOBODY]["why_not"]


def test_a_permission_that_is_lost_stops_the_records_alone_and_they_are_written_once_it_is_back(
    shown: CommandLine,
) -> None:
    shown.civicrm.grant(shown.civicrm_key, rights(Right.TRASH))
    shown.mailchimp.act(LIST_ID, "bella@example.org", change="unsubscribe")

    refused = shown("sync", "--json")

    assert any("CV_RIGHT_MISSING" in note for note in notes(refused))
    assert shown.status()["state"] == "ok"
    assert records(shown)[BELLA]["status"] == "subscribed"
    shown.civicrm.grant(shown.civicrm_key, MAY_WRITE)
    shown("sync")
    assert records(shown)[BELLA]["status"] == "unsubscribed"


def test_removing_asks_first_and_says_how_many_records_are_deleted(shown: CommandLine) -> None:
    number = len(records(shown))

    refused = civicrm(shown, "remove")

    assert refused.exit_code == 7
    assert f"records: {number}." in refused.output
    assert len(records(shown)) == number
    assert civicrm(shown, "remove", "--yes").exit_code == 0
    left = {entity: shown.civicrm.dump(entity) for entity in ("CustomGroup", "CustomField", "SearchDisplay")}
    assert left == {"CustomGroup": [], "CustomField": [], "SearchDisplay": []}
    assert not [row for row in shown.civicrm.dump("Navigation") if row["name"].startswith("mailchimpsync")]


def test_after_removing_and_installing_again_everything_is_written_again(shown: CommandLine) -> None:
    before = len(records(shown))
    civicrm(shown, "remove", "--yes")
    civicrm(shown, "install")

    shown("sync")

    assert len(records(shown)) == before


def test_a_search_in_the_menu_lists_people_who_can_not_be_synced(shown: CommandLine) -> None:
    [display] = shown.civicrm.dump("SearchDisplay")
    [search] = [row for row in shown.civicrm.dump("SavedSearch") if row["id"] == display["saved_search_id"]]
    [entry] = [row for row in shown.civicrm.dump("Navigation") if row["label"] == "Cannot Be Synced with Mailchimp"]

    assert search["api_entity"] == ENTITY
    assert entry["url"] == f"civicrm/search#/display/{search['name']}/{display['name']}"


def test_without_search_kit_there_are_only_the_fields(ann: CommandLine) -> None:
    ann.civicrm._api.missing.add("SearchDisplay")

    assert civicrm(ann, "install").exit_code == 0

    assert len(ann.civicrm.dump("CustomField")) == 5
    assert not [row for row in ann.civicrm.dump("Navigation") if row["label"].startswith("Cannot")]
    assert civicrm(ann, "remove").exit_code == 0


def test_before_the_fields_are_there_a_sync_is_complete_and_says_what_to_do(ann: CommandLine) -> None:
    result = ann("sync", "--json")

    assert any("What Mailchimp says isn't up to date" in note for note in notes(result))
    assert ann.status()["state"] == "ok"


def test_unless_it_is_turned_on_there_are_no_fields_and_nothing_is_written(connected: CommandLine) -> None:
    connected.civicrm.add_user(ADMIN_KEY, ["access CiviCRM", "administer CiviCRM", "authenticate with api key"])
    seen = writes(connected)

    assert civicrm(connected, "install").exit_code == 0
    connected("sync")

    assert (seen, connected.civicrm.dump("CustomGroup")) == ([], [])
