"""Ann's audience has double opt-in, or not: what is said of new members when she connects, plans, and looks for faults."""

from __future__ import annotations

import json

import httpx2
import pytest

from cli.conftest import LIST_ID, CommandLine

ADDED = {8: {"status": "Added", "date": "2026-01-01T10:00:00Z"}}
ASKED = "Mailchimp asks new members to confirm before they are subscribed"
AT_ONCE = "New members are subscribed at once"


def set_double_optin(command_line: CommandLine, *, on: bool) -> None:
    auth = ("ann", command_line.mailchimp_key)
    httpx2.patch(
        f"{command_line.mailchimp_url}/lists/{LIST_ID}", auth=auth, json={"double_optin": on}
    ).raise_for_status()


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("double_optin", "words", "said"),
    [
        (False, (), f"{AT_ONCE}, because double opt-in is off for this audience."),
        (True, (), f"{ASKED}, because double opt-in is on for this audience."),
        (True, ("--new-members", "subscribe"), f"{AT_ONCE}, although double opt-in is on for this audience."),
        (False, ("--new-members", "confirm"), f"{ASKED}, although double opt-in is off for this audience."),
        (True, ("--new-members", "confirm"), f"{ASKED}."),
    ],
)
def test_connect_says_what_becomes_of_new_members(
    command_line: CommandLine, double_optin: bool, words: tuple[str, ...], said: str
) -> None:
    set_double_optin(command_line, on=double_optin)
    command_line.init()

    result = command_line.connect("--audience", LIST_ID, "--group", "8", "--no-interests", *words)

    assert said in flat(result.stdout)


def test_the_choice_is_in_the_configuration_and_is_taken_back_by_name(connected: CommandLine) -> None:
    shown = []
    for mode in ("confirm", "audience"):
        connected("connect", "--audience", LIST_ID, "--new-members", mode)
        shown.append('new_members = "confirm"' in connected("config", "show").stdout)

    assert shown == [True, False]


def test_a_plan_says_who_would_be_asked_and_the_sync_asks_just_them(connected: CommandLine) -> None:
    connected("sync")
    set_double_optin(connected, on=True)
    connected.civicrm.load_contacts([{"first_name": "N", "emails": ["new@example.org"], "groups": ADDED}])

    plan = flat(connected("plan", "--everything").stdout)
    assert "1 asked by Mailchimp to confirm" in plan
    assert "1 subscribed at Mailchimp" not in plan
    connected("sync", "--since", "ever")
    statuses = {one["email_address"]: one["status"] for one in connected.mailchimp.members(LIST_ID)}
    assert statuses["new@example.org"] == "pending"
    assert connected.status()["in_sync"] is True


@pytest.mark.parametrize(("mode", "level"), [("subscribe", "warning"), ("confirm", "good"), ("audience", "good")])
def test_doctor_warns_where_people_are_subscribed_whom_the_audience_would_ask(
    connected: CommandLine, mode: str, level: str
) -> None:
    set_double_optin(connected, on=True)
    connected("connect", "--audience", LIST_ID, "--new-members", mode)

    found = [one for one in json.loads(connected("doctor", "--json").stdout) if "ew members" in one["found"]]

    assert [one["level"] for one in found] == [level]
