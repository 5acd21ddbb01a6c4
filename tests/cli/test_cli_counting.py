"""A plan and its run count in the same way, and what was refused is told with whom it was refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.conftest import CYCLING, LIST_ID, WALKS, Desk

LONG_AGO = "2026-01-01T10:00:00Z"
JOINED = {"status": "Added", "date": LONG_AGO}


@pytest.fixture
def crowd(connected: Desk) -> Desk:
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


def planned(desk: Desk) -> dict[str, Any]:
    [plan] = json.loads(desk("plan", "--json").stdout)
    counts: dict[str, Any] = plan["counts"]
    return counts


def newest_run(desk: Desk) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(desk("api", "Mailchimpsync.getruns").stdout)["values"]
    return found[0]


def test_a_plan_and_the_run_that_does_it_count_the_same_people(crowd: Desk) -> None:
    counts = planned(crowd)
    crowd("apply", "1", "--yes")
    run = newest_run(crowd)

    assert counts["interests"] == 8
    assert counts["join"] == 12 + 1
    assert (run["planned"], run["changes"], run["refused"]) == (counts, counts, 0)


def test_a_run_without_a_plan_says_how_many_it_planned_and_did(crowd: Desk) -> None:
    crowd("sync")
    run = newest_run(crowd)

    assert run["planned"] == run["changes"]
    assert run["changes"]["add"] == 9


def test_what_was_refused_is_told_with_whom(crowd: Desk) -> None:
    crowd.civicrm.load_contacts([{"first_name": "Fay", "emails": ["fay@gmail.vom"], "groups": {8: JOINED}}])
    counts = planned(crowd)
    shown = " ".join(crowd("apply", "1", "--yes").stdout.split())
    run = newest_run(crowd)

    assert (counts["add"], run["changes"]["add"], run["refused"]) == (10, 9, 1)
    assert "1 refused" in shown
    assert "Mailchimp takes this address for fake or mistyped." in shown
