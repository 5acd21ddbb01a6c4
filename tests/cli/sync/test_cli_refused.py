"""Mailchimp refuses operations of batches: nobody is lost in silence, and nothing is called done that is not.

Tested through all interfaces, since each of them once said that all was well.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from cli.conftest import LIST_ID, CommandLine
from mailchimpsync.actions import open_site
from mailchimpsync.store.schema import batch, cache
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind

CODES = {401: "MC_AUTH", 403: "MC_FORBIDDEN", 429: "MC_THROTTLED", 500: "MC_UNAVAILABLE"}
LONG_AGO = "2026-01-01T10:00:00Z"


def five_in_sync(command_line: CommandLine) -> None:
    """Besides Ann's people, five who are in the group and subscribed; everyone is synced, by batches."""
    command_line.use_batches_only()
    addresses = [f"p{number}@example.org" for number in range(5)]
    command_line.mailchimp.load_members(
        LIST_ID, [{"email_address": one, "last_changed": LONG_AGO} for one in addresses]
    )
    added = {8: {"status": "Added", "date": LONG_AGO}}
    command_line.civicrm.load_contacts(
        [
            {"id": 20 + number, "first_name": "P", "emails": [one], "groups": added}
            for number, one in enumerate(addresses)
        ]
    )
    assert command_line("sync").exit_code == 0


def staff_removes(command_line: CommandLine, *contacts: int) -> None:
    records = [{"contact_id": one, "group_id": 8, "status": "Removed"} for one in contacts]
    params = {"records": records, "match": ["contact_id", "group_id"], "method": "Admin"}
    command_line.civicrm.call("GroupContact", "save", params)


def refuse(command_line: CommandLine, status: int, **which: Any) -> None:
    command_line.mailchimp.set_options(refused_operations=[{"status": status, **which}])


def is_subscribed(command_line: CommandLine, address: str) -> bool:
    found = {one["email_address"]: one["status"] for one in command_line.mailchimp.members(LIST_ID)}
    return bool(found[address] == "subscribed")


def flat(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


def alerts(command_line: CommandLine) -> set[str]:
    return {one["kind"] for one in json.loads(command_line("alerts", "list", "--json").stdout)}


@pytest.mark.parametrize(
    "status", [403, *(pytest.param(other, marks=pytest.mark.thorough) for other in (401, 429, 500))]
)
def test_one_who_left_and_whom_mailchimp_does_not_let_go_is_told_by_every_interface(
    connected: CommandLine, status: int
) -> None:
    five_in_sync(connected)
    staff_removes(connected, 20, 21)
    refuse(connected, status, address="p0@example.org")
    result = connected("sync")

    assert result.exit_code == 3
    assert "1 person is still due" in flat(result.output)
    assert CODES[status] in result.output
    assert "✓" not in result.output
    assert (is_subscribed(connected, "p0@example.org"), is_subscribed(connected, "p1@example.org")) == (True, False)
    found = connected.status()
    assert (found["state"], found["in_sync"], found["due"]) == ("failing", False, 1)
    assert found["due_because"] == {CODES[status]: 1}
    assert "leaving" in alerts(connected)
    doctor = flat(connected("doctor").output)
    assert "1 person is still due" in doctor
    verified = connected("verify")
    assert verified.exit_code == 3
    assert "✓ verified" not in verified.output
    assert "refused so far, and tried again" in flat(verified.output)


def test_a_change_refused_three_times_is_listed_with_its_code_and_needs_a_person(connected: CommandLine) -> None:
    five_in_sync(connected)
    staff_removes(connected, 20, 21)
    refuse(connected, 403, address="p0@example.org")
    codes = [connected("sync").exit_code for _ in range(3)]
    found, shown = connected.status(), flat(connected("status").output)

    assert codes[0] == 3
    assert codes[2] == 7
    assert ("MC_FORBIDDEN", 1) in [(one["code"], one["count"]) for one in found["failures"]]
    assert (found["state"], found["put_off"], found["in_sync"]) == ("failing", 1, False)
    assert "Use the key of a user with the role" in shown
    assert alerts(connected) >= {"leaving", "refused"}
    refuse(connected, 403, address="nobody@example.org")
    assert connected("sync").exit_code == 7  # it is not tried at once again
    assert is_subscribed(connected, "p0@example.org")


def test_once_it_is_allowed_the_change_is_made_and_every_interface_is_green_again(connected: CommandLine) -> None:
    five_in_sync(connected)
    staff_removes(connected, 20)
    refuse(connected, 500, times=3)
    for _ in range(3):
        connected("sync")
    _let_the_pause_pass(connected)
    result = connected("sync")

    assert result.exit_code == 0
    assert not is_subscribed(connected, "p0@example.org")
    found = connected.status()
    assert (found["state"], found["in_sync"], found["due"]) == ("ok", True, 0)
    assert not alerts(connected) & {"leaving", "refused"}


def test_a_refusal_that_passes_at_once_leaves_no_trace(connected: CommandLine) -> None:
    five_in_sync(connected)
    staff_removes(connected, 20, 21, 22)
    refuse(connected, 429, times=3)
    codes = [connected("sync").exit_code, connected("sync").exit_code]

    assert codes == [3, 0]
    assert connected.status()["failing_code"] is None


@pytest.mark.parametrize("status", [403, 401])
def test_refused_access_for_everyone_stops_the_connection_with_that_cause(connected: CommandLine, status: int) -> None:
    five_in_sync(connected)
    staff_removes(connected, 20, 21, 22)
    refuse(connected, status)
    result = connected("sync")

    assert result.exit_code == 7
    assert CODES[status] in result.output
    assert "people still due: 3" in flat(result.output)
    found = connected.status()
    assert (found["state"], found["failing_code"]) == ("failing", CODES[status])
    assert alerts(connected) >= {"key", "leaving"}
    connected.mailchimp.act(LIST_ID, "p4@example.org", "user", change="unsubscribe")
    connected("sync")
    where = {"where": [["contact_id", "=", 24]], "select": ["status"]}
    [of_p4] = connected.civicrm.call("GroupContact", "get", where)["values"]
    assert of_p4["status"] == "Removed", "opt-outs at Mailchimp are noticed all the same"


@pytest.mark.thorough
def test_the_same_error_three_times_in_a_row_needs_a_person_and_another_or_a_success_does_not(
    connected: CommandLine,
) -> None:
    connected("sync")
    connected.mailchimp.faults.plant(Fault(FaultKind.STATUS, "GET", times=10_000, status=500))
    codes = [connected("sync", "--max-time", "1").exit_code for _ in range(3)]
    last = connected("sync", "--max-time", "1")
    found, shown = connected.status(), flat(connected("status").output)

    assert codes == [3, 3, 7]
    assert last.exit_code == 7
    assert "What to do: Nothing" not in flat(last.output)
    assert "Mailchimp's status page" in flat(last.output)
    assert (found["state"], found["failing_code"], found["failing_times"]) == ("failing", "MC_UNAVAILABLE", 4)
    assert "failing since 20" in shown
    assert "4 times in a row" in shown
    assert "failed" in alerts(connected)
    assert "times in a row" in flat(connected("doctor").output)
    connected.mailchimp.faults.clear()
    assert connected("sync").exit_code == 0
    assert connected.status()["failing_times"] == 0
    assert "failed" not in alerts(connected)


def test_attempts_that_failed_before_their_run_began_are_in_the_history_and_share_a_line(
    connected: CommandLine,
) -> None:
    connected("sync")
    mark = connected.status()["last_sync_time"]
    connected.mailchimp.faults.plant(Fault(FaultKind.STATUS, "GET", times=10_000, status=500))
    for _ in range(2):
        connected("sync", "--max-time", "1")
    runs = json.loads(connected("api", "Mailchimpsync.getruns").stdout)["values"]

    assert [(one["outcome"], one["error_code"]) for one in runs] == [("failed", "MC_UNAVAILABLE"), ("done", None)]
    found = connected.status()
    assert (found["last_outcome"], found["last_error"], found["last_sync_time"]) == ("failed", "MC_UNAVAILABLE", mark)
    connected.mailchimp.faults.clear()
    assert connected("sync").exit_code == 0


def test_a_failed_sync_is_an_error_for_callers_of_the_api(connected: CommandLine) -> None:
    connected("sync")
    connected.mailchimp.faults.plant(Fault(FaultKind.STATUS, "GET", times=10_000, status=500))
    result = connected("api", "Mailchimpsync.fetchandreconcile", "max_time=1")
    answer = json.loads(result.stdout)

    assert result.exit_code == 3
    assert (answer["is_error"], answer["error_code"]) == (1, "MC_UNAVAILABLE")
    assert answer["error_message"]
    assert answer["values"][0]["error_code"] == "MC_UNAVAILABLE"


def test_people_still_due_are_no_error_for_callers_of_the_api_and_more_to_do(connected: CommandLine) -> None:
    five_in_sync(connected)
    staff_removes(connected, 20, 21)
    refuse(connected, 500, address="p0@example.org")
    result = connected("api", "Mailchimpsync.fetchandreconcile")
    answer = json.loads(result.stdout)

    assert (result.exit_code, answer["is_error"]) == (3, 0)
    assert (answer["values"][0]["outcome"], answer["values"][0]["due"]) == ("incomplete", 1)


def test_next_is_said_only_where_a_service_works_by_the_schedule(connected: CommandLine) -> None:
    connected("sync")
    answer = json.loads(connected("api", "Mailchimpsync.getstatus").stdout)["values"][LIST_ID]

    assert answer["next_run_at"] is None
    assert "not scheduled" in connected("status").output


def test_after_an_abort_with_people_missing_nothing_says_in_sync(connected: CommandLine) -> None:
    connected.use_batches_only()
    connected.mailchimp.set_options(batch_dwell={"started": 36_000.0})
    connected.sync_until_sent()
    assert connected("abort", "--yes").exit_code == 0
    found = connected.status()

    assert (found["state"], found["in_sync"], found["due_because"]) == ("waiting", False, {"ABORTED": 1})
    assert "not in sync: 1 person still due" in flat(connected("status").output)
    assert "1 person is still due" in flat(connected("doctor").output)


def _let_the_pause_pass(command_line: CommandLine) -> None:
    """As if the last refusal were an hour older."""
    with open_site(command_line.home) as site, site.store.begin() as tx:
        for row in tx.execute(select(cache.c.id, cache.c.refusal).where(cache.c.refusal.is_not(None))).all():
            again = (site.runtime.now() - timedelta(hours=1)).isoformat()
            tx.execute(update(cache).where(cache.c.id == row.id).values(refusal={**row.refusal, "again": again}))


def test_a_batch_that_mailchimp_does_not_finish_within_an_hour_is_told_by_every_interface(
    connected: CommandLine,
) -> None:
    connected.use_batches_only()
    connected.mailchimp.set_options(batch_dwell={"started": 100_000})
    connected.sync_until_sent()
    with open_site(connected.home) as site, site.store.begin() as tx:
        tx.execute(update(batch).values(created_date=site.runtime.now() - timedelta(minutes=61)))

    result = connected("sync", "--max-time", "0.5")

    assert result.exit_code == 3
    assert "BATCH_SLOW" in connected("doctor").output
    assert "has had a batch for more than an hour" in flat(connected("status").output)
    assert "batches" in alerts(connected)
