"""Ann has two audiences: they share the time, and none starves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import CommandLine


@pytest.fixture
def two_audiences(connected: CommandLine) -> CommandLine:
    connected.mailchimp.add_audience(connected.mailchimp_key, "bbbb111122", "Volunteers")
    assert connected("connect", "--audience", "Volunteers", "--group", "Other").exit_code == 0
    return connected


def order(command_line: CommandLine, *words: str) -> list[tuple[int, str]]:
    return [
        (report["group_id"], report["outcome"]) for report in json.loads(command_line("sync", "--json", *words).stdout)
    ]


def groups(reports: list[tuple[int, str]]) -> list[int]:
    return [group for group, _ in reports]


def test_the_connection_that_waited_longest_goes_first(two_audiences: CommandLine) -> None:
    assert order(two_audiences, "--group-id", "8") == [(8, "done")]

    assert groups(order(two_audiences)) == [13, 8]
    assert groups(order(two_audiences)) == [13, 8]
    assert groups(order(two_audiences, "--group-id", "13")) == [13]
    assert groups(order(two_audiences)) == [8, 13]


def test_when_time_is_over_the_rest_is_reported_and_goes_on_later(two_audiences: CommandLine) -> None:
    first = two_audiences("sync", "--max-time", "0.0001")
    second = two_audiences("sync")

    assert first.exit_code == 3
    assert first.stdout.count("out of time") == 2
    assert second.exit_code == 0


def test_one_that_never_gets_done_in_the_time_given_does_not_starve_the_other(two_audiences: CommandLine) -> None:
    first = order(two_audiences, "--max-time", "0.0001")
    second = order(two_audiences, "--max-time", "0.0001")

    assert [outcome for _, outcome in first + second] == ["out of time"] * 4
    assert first[0] != second[0]


def test_a_failing_connection_does_not_keep_another_from_running(two_audiences: CommandLine) -> None:
    two_audiences.civicrm.call("Group", "update", {"where": [["id", "=", 8]], "values": {"is_active": False}})

    result = two_audiences("sync")

    assert result.exit_code == 7
    assert "CV_GROUP_INACTIVE" in result.stderr
    assert "Volunteers ↔ Other: done" in result.stdout


def test_status_can_be_asked_for_one_connection(two_audiences: CommandLine) -> None:
    shown = two_audiences("status", "--group-id", "13").stdout

    assert "Volunteers ↔ Other" in shown
    assert "Newsletter" not in shown


def test_another_account_of_the_same_name_does_not_take_the_place_of_the_first(connected: CommandLine) -> None:
    other = "00112233445566778899aabbccddeeff-us6"
    connected.mailchimp.add_account(other, account_name="Green Paths")
    connected.mailchimp.add_audience(other, "cccc111122", "Youth")

    refused = connected.connect("--audience", "Youth", "--group", "Other", key=other)
    named = connected.connect("--audience", "Youth", "--group", "Other", "--account", "youth", key=other)

    assert refused.exit_code == 2
    assert "give it another name with --account" in " ".join(refused.stderr.split())
    assert named.exit_code == 0
    assert order(connected) == [(8, "done"), (13, "done")]


def test_connecting_again_with_the_same_key_makes_no_second_account(connected: CommandLine) -> None:
    renewed = connected.connect("--audience", connected.list_id, "--group", "8")

    assert renewed.exit_code == 0
    assert connected("config", "show").stdout.count("[accounts.") == 1
