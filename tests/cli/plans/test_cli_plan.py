"""Ann looks before she leaps: plans, holds, approving and dropping, at the command line."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from typing import Any

import pytest

from cli.conftest import LIST_ID, CommandLine


def leave(command_line: CommandLine, number: int, first: int = 0) -> None:
    """Let staff take people out of the group."""
    people = [one["contact_id"] for one in command_line.civicrm.dump("Email") if one["email"].startswith("person")]
    records = [{"contact_id": one, "group_id": 8, "status": "Removed"} for one in people[first : first + number]]
    params = {"records": records, "match": ["contact_id", "group_id"], "method": "Admin"}
    command_line.civicrm.call("GroupContact", "save", params)


@pytest.fixture
def crowd(connected: CommandLine) -> CommandLine:
    """Ann's audience with forty people more, in sync."""
    people = [f"person{number}@example.org" for number in range(40)]
    members = [{"email_address": one, "last_changed": "2026-01-01T10:00:00Z"} for one in people]
    connected.mailchimp.load_members(LIST_ID, members)
    added = {8: {"status": "Added", "date": "2026-01-01T10:00:00Z"}}
    connected.civicrm.load_contacts([{"first_name": "P", "emails": [one], "groups": added} for one in people])
    assert connected("sync").exit_code == 0
    return connected


def statuses(command_line: CommandLine) -> list[str]:
    return [
        one["status"] for one in command_line.mailchimp.members(LIST_ID) if one["email_address"].startswith("person")
    ]


def plans(command_line: CommandLine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command_line("plan", "list", "--json").stdout)
    return found


def test_a_plan_says_what_a_sync_would_do_and_does_nothing(crowd: CommandLine) -> None:
    leave(crowd, 2)
    result = crowd("plan")

    assert result.exit_code == 0
    assert "2 unsubscribed or archived at Mailchimp" in result.output
    assert "Mailchimp: subscribed →" in result.output
    assert "2 unsubscribed first, one by one; about a second if Mailchimp is as quick as usual" in result.output
    assert set(statuses(crowd)) == {"subscribed"}


def test_a_change_for_a_contact_that_is_gone_is_not_said_to_be_about_a_new_one(crowd: CommandLine) -> None:
    [gone] = [one for one in crowd.civicrm.dump("Email") if one["email"] == "person3@example.org"]
    crowd.civicrm.call("Contact", "delete", {"where": [["id", "=", gone["contact_id"]]]})
    result = crowd("plan")

    assert "1 unsubscribed or archived at Mailchimp" in result.output
    assert "person3@" in result.output
    assert " new " not in result.output


def test_applying_a_plan_does_exactly_that(crowd: CommandLine) -> None:
    leave(crowd, 2)
    crowd("plan")
    leave(crowd, 1, first=10)
    result = crowd("apply", "1", "--yes")

    assert result.exit_code == 0
    assert "applied" in result.output
    assert statuses(crowd).count("unsubscribed") == 2
    assert crowd("sync").exit_code == 0
    assert statuses(crowd).count("unsubscribed") == 3


def test_no_answer_and_the_answer_no_approve_nothing(crowd: CommandLine) -> None:
    leave(crowd, 2)
    crowd("plan")
    for typed in (None, "n\n"):
        result = crowd("apply", "1", typed=typed)
        assert result.exit_code == 7
        assert "was not approved" in result.output

    assert set(statuses(crowd)) == {"subscribed"}


def test_a_sync_that_would_do_too_much_is_held_and_every_command_says_so(crowd: CommandLine) -> None:
    leave(crowd, 12)
    result = crowd("sync")

    assert result.exit_code == 7
    assert "people would be unsubscribed or archived at Mailchimp" in result.output
    assert "the limit is 10%" in result.output
    assert set(statuses(crowd)) == {"subscribed"}
    shown = crowd("status").output
    assert "held for review: plan 1" in shown
    assert re.search(r"Next sync +after someone has decided about the plan", shown)
    status = crowd.status()
    assert (status["held_plan_id"], status["in_sync"]) == (1, False)
    again = crowd("sync", "--json")
    assert again.exit_code == 7
    assert json.loads(again.stdout)[0]["kept_plan_id"] == 1


def test_an_approved_plan_is_done_by_the_next_sync(crowd: CommandLine) -> None:
    leave(crowd, 12)
    crowd("sync")
    assert crowd("approve", "1", typed="y\n").exit_code == 0
    result = crowd("sync")

    assert result.exit_code == 0
    assert statuses(crowd).count("unsubscribed") == 12
    [plan] = plans(crowd)
    assert (plan["state"], plan["outcomes"]) == ("applied", {"done": 12})
    assert plan["decided_by"]


def test_a_dropped_plan_can_not_be_approved_any_more(crowd: CommandLine) -> None:
    leave(crowd, 12)
    crowd("sync")
    assert crowd("drop", "1").exit_code == 0
    result = crowd("approve", "1", "--yes")

    assert result.exit_code == 2
    assert "it is already dropped by" in result.output


def test_a_plan_as_csv_is_safe_to_open_in_a_spreadsheet(crowd: CommandLine) -> None:
    crowd.mailchimp.load_members(LIST_ID, [{"email_address": "=1+1@example.org"}])
    rows = list(csv.DictReader(io.StringIO(crowd("plan", "--csv").stdout)))

    assert [row["address"] for row in rows] == ["'=1+1@example.org"]
    assert rows[0]["reason"] == "MAILCHIMP_NEW_PERSON"


def test_a_plan_as_json_holds_every_change(crowd: CommandLine) -> None:
    leave(crowd, 30)
    [plan] = json.loads(crowd("plan", "--json").stdout)

    assert plan["counts"] == {"unsubscribe": 30}
    assert len(plan["changes"]) == 30
    assert plan["changes"][0]["changes"] == ["Mailchimp: subscribed → unsubscribed"]


@pytest.mark.parametrize("words", [("plan", "show", "7"), ("apply", "7", "--yes"), ("approve", "7"), ("drop", "7")])
def test_a_plan_nobody_made_is_told_so(connected: CommandLine, words: tuple[str, ...]) -> None:
    result = connected(*words)

    assert result.exit_code == 2
    assert "There is no plan 7" in result.output


@pytest.mark.parametrize("words", [("plan",), ("verify",)])
def test_no_room_for_temporary_files_is_told_with_what_to_do(
    connected: CommandLine, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(connected.home / "gone"))
    result = connected(*words)

    assert result.exit_code == 1
    assert "TEMPORARY_FILES" in result.output
    assert "Free up space there, or set TMPDIR" in " ".join(result.output.split())


def test_nothing_to_do_is_a_plan_too(crowd: CommandLine) -> None:
    result = crowd("plan")

    assert result.exit_code == 0
    assert "nothing" in result.output


def test_an_audience_without_a_guard_is_never_held(crowd: CommandLine) -> None:
    text = crowd("config", "export").stdout
    crowd("config", "import", "-", typed=text + "\n[connections.guard]\nenabled = false\n")
    leave(crowd, 30)

    assert crowd("sync").exit_code == 0
    assert statuses(crowd).count("unsubscribed") == 30
