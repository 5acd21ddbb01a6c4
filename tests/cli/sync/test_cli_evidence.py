"""A side that looks empty, and a CiviCRM from a backup, wait for a person's word."""

from __future__ import annotations

import json

import pytest

from cli.conftest import CommandLine

PEOPLE = [f"person{number}@example.org" for number in range(12)]


@pytest.fixture
def emptied(connected: CommandLine) -> CommandLine:
    """Ann's command line, after a colleague has removed everyone from the group."""
    long_ago = "2026-01-01T10:00:00Z"
    connected.mailchimp.load_members(
        connected.list_id, [{"email_address": one, "last_changed": long_ago} for one in PEOPLE]
    )
    added = {8: {"status": "Added", "date": long_ago}}
    connected.civicrm.load_contacts([{"emails": [one], "groups": added} for one in PEOPLE])
    assert connected("sync").exit_code == 0
    leaving = [row["contact_id"] for row in connected.civicrm.dump("GroupContact") if row["group_id"] == 8]
    records = [{"contact_id": contact, "group_id": 8, "status": "Removed"} for contact in leaving]
    connected.civicrm.call("GroupContact", "save", {"records": records, "match": ["contact_id", "group_id"]})
    return connected


def subscribed(command_line: CommandLine) -> set[str]:
    return {
        one["email_address"]
        for one in command_line.mailchimp.members(command_line.list_id)
        if one["status"] == "subscribed"
    }


def test_an_emptied_group_stops_the_sync_until_ann_says_that_it_is_meant(emptied: CommandLine) -> None:
    stopped = emptied("sync")

    assert stopped.exit_code == 7
    assert "Nobody is in group 8 any more" in stopped.stderr
    assert "sync --accept-empty" in " ".join(stopped.stderr.split())
    assert "CV_GROUP_EMPTY" in stopped.stderr
    assert subscribed(emptied) >= set(PEOPLE)

    assert emptied("sync", "--accept-empty").exit_code == 0
    assert subscribed(emptied) & set(PEOPLE) == set()


def test_it_can_be_said_through_the_api_as_well(emptied: CommandLine) -> None:
    result = emptied("api", "Mailchimpsync.fetchandreconcile", "accept_empty=1")

    assert result.exit_code == 0
    assert subscribed(emptied) & set(PEOPLE) == set()


def test_after_a_restored_backup_ann_lets_dates_decide(connected: CommandLine) -> None:
    connected("sync")
    before = subscribed(connected)
    database = connected.civicrm._database
    database.execute("UPDATE civicrm_subscription_history SET date = '2026-01-02 11:07:09' WHERE contact_id = 11")

    stopped = connected("sync", "--json")
    assert stopped.exit_code == 7
    assert json.loads(stopped.stdout)[0]["error"]["code"] == "CV_RESTORED"

    assert connected("sync", "--accept-restored").exit_code == 0
    assert subscribed(connected) == before
    assert connected("sync").exit_code == 0
