"""A plan and its run count in the same way, and what was refused is told with whom it was refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cli.conftest import CYCLING, LIST_ID, WALKS, CommandLine
from mailchimpsync.actions.plans.words import DEEDS, KIND_WORDS
from mailchimpsync.model import ChangeKind
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind

LONG_AGO = "2026-01-01T10:00:00Z"
JOINED = {"status": "Added", "date": LONG_AGO}


@pytest.fixture
def crowd(connected: CommandLine) -> CommandLine:
    """Ann's audience, never synced: people on one side only, with interests and groups of interests."""
    members = [
        {
            "email_address": f"member{number}@example.org",
            "last_changed": LONG_AGO,
            "interests": {WALKS: number % 2 == 0, CYCLING: number % 3 == 0},
        }
        for number in range(12)
    ]
    connected.mailchimp.load_members(LIST_ID, members)
    contacts = [
        {"first_name": "C", "emails": [f"contact{number}@example.org"], "groups": {8: JOINED, 9: JOINED, 10: JOINED}}
        for number in range(8)
    ]
    connected.civicrm.load_contacts(contacts)
    return connected


def planned(command_line: CommandLine) -> dict[str, Any]:
    [plan] = json.loads(command_line("plan", "--json").stdout)
    counts: dict[str, Any] = plan["counts"]
    return counts


def newest_run(command_line: CommandLine) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(command_line("api", "Mailchimpsync.getruns").stdout)["values"]
    return found[0]


def test_a_plan_and_the_run_that_does_it_count_the_same_people(crowd: CommandLine) -> None:
    counts = planned(crowd)
    crowd("apply", "1", "--yes")
    run = newest_run(crowd)

    assert counts["interests"] == 8
    assert counts["join"] == 12 + 1
    assert (run["planned"], run["changes"], run["refused"]) == (counts, counts, 0)


def test_a_run_without_a_plan_says_how_many_it_planned_and_did(crowd: CommandLine) -> None:
    crowd("sync")
    run = newest_run(crowd)

    assert run["planned"] == run["changes"]
    assert run["changes"]["add"] == 9


def test_what_was_refused_is_told_with_whom(crowd: CommandLine) -> None:
    crowd.civicrm.load_contacts([{"first_name": "Fay", "emails": ["fay@gmail.vom"], "groups": {8: JOINED}}])
    counts = planned(crowd)
    shown = " ".join(crowd("apply", "1", "--yes").stdout.split())
    run = newest_run(crowd)

    assert (counts["add"], run["changes"]["add"], run["refused"]) == (10, 9, 1)
    assert re.search(r"of (\d+) people: \d+ done, 1 refused", shown)
    assert "Refused 1 person: Mailchimp considers this address fake or mistyped." in shown
    assert "Mailchimp considers this address fake or mistyped." in shown


def test_whom_mailchimp_may_ask_instead_is_told_before_it_is_done_and_after(crowd: CommandLine) -> None:
    crowd.mailchimp.load_members(LIST_ID, [{"email_address": "gus@example.org", "last_changed": LONG_AGO}])
    crowd.mailchimp.act(LIST_ID, "gus@example.org", change="unsubscribe", at=LONG_AGO)
    later = {8: {"status": "Added", "date": "2026-11-01T10:00:00Z"}}
    crowd.civicrm.load_contacts([{"first_name": "Gus", "emails": ["gus@example.org"], "groups": later}])
    counts = planned(crowd)
    told = " ".join(crowd("plan", "show", "1").stdout.split())
    crowd("apply", "1", "--yes")
    run = newest_run(crowd)

    assert (
        "1 of those subscribed was on the list before and is asked to confirm instead if Mailchimp requires it" in told
    )
    assert counts["add"] == run["planned"]["add"] == 10
    assert (run["changes"]["add"], run["changes"]["ask"]) == (9, 1)


def test_a_plan_says_every_kind_of_change_and_names_groups_and_interests(crowd: CommandLine) -> None:
    told = " ".join(crowd("plan").stdout.split())

    assert KIND_WORDS.keys() == DEEDS.keys() == set(ChangeKind)
    assert "group “Walks”" in told
    assert "interest “Topics: Walks”" in " ".join(crowd("plan", "show", "1", "--csv").stdout.split())
    assert "interest “Topics: Walks” with group “Walks”" in " ".join(crowd("config", "history").stdout.split())


def test_a_plan_is_told_by_names_that_were_kept_while_civicrm_refuses_to_give_them(crowd: CommandLine) -> None:
    crowd("plan")
    denied = json.dumps({"error_code": 0, "error_message": "no"})
    crowd.civicrm.faults.plant(Fault(FaultKind.STATUS, pattern="/Group/get", times=99, status=403, body=denied))
    told = " ".join(crowd("plan", "show", "1").stdout.split())

    assert "“Walks”" in told
    assert "group 9" not in told
