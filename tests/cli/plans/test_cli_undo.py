"""Ann takes back a sync that did what someone had asked for by mistake."""

from __future__ import annotations

import json

from cli.conftest import LIST_ID, CommandLine


def put(command_line: CommandLine, contact: int, status: str) -> None:
    record = {"contact_id": contact, "group_id": 8, "status": status}
    params = {"records": [record], "match": ["contact_id", "group_id"], "method": "Admin"}
    command_line.civicrm.call("GroupContact", "save", params)


def run_of(command_line: CommandLine, *words: str) -> str:
    [report] = json.loads(command_line("sync", *words, "--json").stdout)
    return str(report["run_id"])


def statuses(command_line: CommandLine) -> dict[str, str]:
    return {one["email_address"]: one["status"] for one in command_line.mailchimp.members(LIST_ID)}


def test_a_mistake_is_taken_back_in_two_steps(connected: CommandLine) -> None:
    connected("sync")
    put(connected, 11, "Removed")
    run = run_of(connected)
    assert statuses(connected)["bella@example.org"] == "unsubscribed"
    result = connected("undo", run)

    assert result.exit_code == 0
    assert "1 subscribed at Mailchimp" in result.output
    assert "Removed →" in result.output
    assert statuses(connected)["bella@example.org"] == "unsubscribed"
    assert "Next: `mailchimpsync apply 1`" in result.output
    assert connected("apply", "1", "--yes").exit_code == 0
    assert statuses(connected)["bella@example.org"] == "subscribed"
    assert connected("verify").exit_code in (0, 3)  # nothing unexplained; what changed since the run began is due
    assert connected("sync").exit_code == 0
    assert connected("verify").exit_code == 0


def test_it_says_plainly_what_cannot_be_undone(connected: CommandLine) -> None:
    run = run_of(connected)  # Dora's contact is created, Carl leaves the group, for he left by his own act
    result = " ".join(connected("undo", run).output.split())

    assert "Can't be undone" in result
    assert "not deleted" in result


def test_it_says_why_each_person_is_left_out(connected: CommandLine) -> None:
    connected("sync")
    connected.mailchimp.act(LIST_ID, "bella@example.org", change="unsubscribe")
    run = run_of(connected)
    shown = " ".join(connected("undo", run).output.split())
    [plan] = json.loads(connected("plan", "list", "--json").stdout)

    assert [one["outcome"] for one in plan["reasons"]] == ["left out"]
    assert sum(one["count"] for one in plan["reasons"]) == plan["outcomes"]["left out"] == 1
    assert "Left out 1 person: The person opted out at Mailchimp; only they can come back." in shown
    assert "of 1 person: 1 left out" in shown


def test_a_run_that_does_not_exist_is_told_with_those_there_are(connected: CommandLine) -> None:
    assert "No run has changed anything yet." in connected("undo", "99").output
    run = run_of(connected)
    result = connected("undo", "99")

    assert result.exit_code == 2
    assert f"The newest runs that changed something: {run} (20" in " ".join(result.output.split())


def test_a_run_that_changed_nothing_needs_no_undo(connected: CommandLine) -> None:
    connected("sync")
    result = connected("undo", run_of(connected))

    assert result.exit_code == 0
    assert "can be undone" in result.output
    assert "Next:" not in result.output


def test_other_programs_make_the_plan_over_the_api(connected: CommandLine) -> None:
    connected("sync")
    put(connected, 11, "Removed")
    run = run_of(connected)
    answer = json.loads(connected("api", "MailchimpsyncPlan.undo", f"run_id={run}").stdout)

    assert (answer["values"]["kind"], answer["values"]["run_id"]) == ("undo", int(run))


def test_a_run_with_other_groups_linked_is_not_undone(connected: CommandLine) -> None:
    run = run_of(connected)
    assert connected.connect("--audience", LIST_ID, "--group", "13").exit_code == 0
    result = connected("undo", run)

    assert result.exit_code == 2
    assert "other groups were linked" in " ".join(result.output.split())
