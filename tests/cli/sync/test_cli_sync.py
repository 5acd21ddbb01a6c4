"""Ann syncs and looks at the status."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx2
import pytest
from sqlalchemy import update

from mailchimpsync.store import Store
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import run
from mailchimpsync.sync.lease.owner import current_process
from support.processes import wait_until

if TYPE_CHECKING:
    from cli.conftest import CommandLine


def statuses(command_line: CommandLine) -> dict[str, str]:
    return {
        member["email_address"]: member["status"] for member in command_line.mailchimp.members(command_line.list_id)
    }


def news_group(command_line: CommandLine) -> dict[int, str]:
    return {
        row["contact_id"]: row["status"] for row in command_line.civicrm.dump("GroupContact") if row["group_id"] == 8
    }


def test_before_both_sides_were_read_to_the_end_nobody_is_counted(connected: CommandLine) -> None:
    before, told = connected.status(), connected("status").output
    stats = json.loads(connected("api", "Mailchimpsync.getstatus").stdout)["values"][connected.list_id]["stats"]
    connected("sync", "--stop-on", "readyToAddCiviOnly")
    halfway = connected.status()
    connected("sync")

    assert "not counted yet" in told
    assert "in CiviCRM" not in told
    assert before["subscribed_at_civicrm"] is None
    assert stats["to_add_to_mailchimp"] is stats["subscribed_at_mailchimp"] is None
    assert halfway["subscribed_at_civicrm"] is halfway["subscribed_at_mailchimp"] is None
    assert connected.status()["subscribed_at_mailchimp"] == 3


def test_a_sync_brings_both_sides_into_agreement_and_says_so(connected: CommandLine) -> None:
    result = connected("sync")

    assert result.exit_code == 0
    assert "Newsletter ↔ News: done" in result.stdout
    assert "1 can't be synced" in result.stdout
    assert statuses(connected)["emil@example.org"] == "subscribed"
    assert news_group(connected)[12] == "Removed"
    assert {"Added"} == {status for contact, status in news_group(connected).items() if contact != 12}


def test_a_second_sync_of_a_quiet_world_changes_nothing(connected: CommandLine) -> None:
    connected("sync")

    result = connected("sync")

    assert result.exit_code == 0
    assert "Changes: none" in result.stdout


def test_json_is_alone_on_standard_output(connected: CommandLine) -> None:
    result = connected("sync", "--json")

    (report,) = json.loads(result.stdout)
    assert (report["audience_id"], report["outcome"], report["error"]) == (connected.list_id, "done", None)
    assert {"side": "CiviCRM", "field": "contact", "new": "created", "count": 1} in report["changes"]
    assert report["failing"] == 1
    assert result.stderr == ""


def test_output_in_a_pipe_has_no_control_codes(connected: CommandLine) -> None:
    process = connected.start("sync")
    stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 0, stderr
    assert "\x1b" not in stdout + stderr
    assert "\r" not in stdout + stderr
    assert stderr == ""


def test_a_table_is_drawn_to_fit_a_terminal_and_in_a_pipe_has_a_line_for_each_row(connected: CommandLine) -> None:
    connected("sync")
    ours, theirs = os.openpty()
    program = "from mailchimpsync.cli.main import main; main()"
    call = [sys.executable, "-c", program, "--home", str(connected.home), "status"]
    subprocess.run(call, stdout=theirs, check=True, env={**os.environ, "COLUMNS": "60", "TERM": "xterm"})  # noqa: S603 (our own)
    os.close(theirs)
    drawn = re.sub(r"\x1b\[[0-9;]*m", "", read_all(ours)).splitlines()
    rows = [line.split("\t") for line in connected("status").stdout.splitlines() if "\t" in line]

    assert any("│" in line for line in drawn)
    assert max(map(len, drawn)) <= 60
    assert [(len(row), row[0]) for row in rows] == [(4, "People"), (4, "1")]


def read_all(terminal: int) -> str:
    found = b""
    with suppress(OSError):  # a terminal that nobody writes to any more can't be read
        while part := os.read(terminal, 65_536):
            found += part
    os.close(terminal)
    return found.decode()


def test_status_tells_numbers_failures_and_remedies(connected: CommandLine) -> None:
    before = connected.status()
    connected("sync")
    after = connected.status()
    shown = connected("status", "--log")

    assert (before["in_sync"], before["last_sync_time"]) == (False, None)
    assert after["in_sync"]
    assert (after["subscribed_at_civicrm"], after["subscribed_at_mailchimp"]) == (4, 3)
    assert (after["to_add"], after["to_remove"], after["updates_outstanding"]) == (0, 0, 0)
    assert [(failure["code"], failure["count"]) for failure in after["failures"]] == [("CV_NO_ADDRESS", 1)]
    assert "in sync, but 1 person can't be synced" in shown.stdout
    assert "✓" not in shown.stdout
    assert "Add an address to the contact" in " ".join(shown.stdout.replace("│", " ").split())
    assert "Read 3 members from Mailchimp." in shown.stdout


def test_a_paused_connection_is_not_synced_and_every_command_says_who_paused_it_and_why(
    connected: CommandLine,
) -> None:
    assert connected("pause", "--reason", "an upgrade").exit_code == 0
    refused, shown = connected("sync"), connected("status")

    assert refused.exit_code == 7
    assert "an upgrade" in refused.output
    assert "mailchimpsync resume" in refused.output
    assert re.search(r"Paused: paused by \S+: an upgrade \(since 20", " ".join(shown.stdout.split()))
    assert connected.status()["state"] == "paused"
    assert "already paused" in connected("pause").stdout
    assert connected("resume").exit_code == 0
    assert connected("sync").exit_code == 0


def test_no_address_shows_in_any_output(connected: CommandLine) -> None:
    connected("sync")
    connected("status", "--log")

    assert "@example.org" not in "".join(connected.outputs)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--since", "the other day"), "since “the other day” is not a date"),
        (("--since", ""), "since “” is not a date"),
        (("--since", "2999-01-01"), "is in the future"),
        (("--stop-on", "readyToParty"), "There is no stage “readyToParty”. The stages are: readyToFetch"),
        (("--group-id", "99"), "No connection has the subscription group 99. Connected groups: 8 (News)."),
        (("--max-time", "-1"), "--max-time"),
    ],
    ids=["date", "nothing", "future", "stage", "group", "time"],
)
def test_a_call_that_cannot_be_understood_is_answered_with_what_can(
    connected: CommandLine, words: tuple[str, ...], sentence: str
) -> None:
    result = connected("sync", *words)

    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())
    assert connected.status()["last_outcome"] is None


def test_a_run_that_was_stopped_goes_on(connected: CommandLine) -> None:
    stopped = connected("sync", "--stop-on", "readyToReconcileQueue")
    between = connected.status()
    finished = connected("sync")

    assert stopped.exit_code == 0
    assert "stopped before readyToReconcileQueue" in stopped.stdout
    assert between["interrupted"]
    assert (finished.exit_code, connected.status()["in_sync"]) == (0, True)


def test_force_restart_drops_the_interrupted_run_and_starts_over(connected: CommandLine) -> None:
    connected("sync", "--stop-on", "readyToReconcileQueue")

    (report,) = json.loads(connected("sync", "--force-restart", "--json").stdout)

    assert (report["run_id"], report["outcome"]) == (2, "done")


@pytest.mark.parametrize(("since", "words"), [("ever", "everything"), ("2 days ago", "changes since")])
def test_since_says_how_far_back_a_run_looks(connected: CommandLine, since: str, words: str) -> None:
    connected("sync")

    connected("sync", "--since", since)

    assert f"Run 2: {words}" in log_of(connected)


def log_of(command_line: CommandLine) -> str:
    return " ".join(command_line("status", "--log").stdout.split())


def test_a_first_sync_with_a_date_reads_everything_and_says_so(connected: CommandLine) -> None:
    result = connected("sync", "--since", "yesterday")

    assert "never been read in full, so everything is read" in " ".join(result.stdout.split())
    assert statuses(connected)["emil@example.org"] == "subscribed"


def test_a_sync_without_a_service_reads_everything_when_a_full_run_is_due(connected: CommandLine) -> None:
    connected("sync")
    connected("sync")
    assert "Run 2: changes since" in log_of(connected)
    store = Store(f"sqlite:///{connected.home / 'mailchimpsync.sqlite'}")
    with store.begin() as tx:
        tx.execute(update(run).values(started_at=datetime.now(UTC) - timedelta(days=8)))
    store.close()

    connected("sync")
    assert "Run 3: everything" in log_of(connected)
    connected("sync")
    assert "Run 4: changes since" in log_of(connected)


def test_stopping_at_a_stage_that_is_passed_is_refused_and_nothing_is_sent(connected: CommandLine) -> None:
    connected("sync", "--stop-on", "readyToChangeGroups")

    refused = connected("sync", "--stop-on", "readyToReconcileQueue")

    assert refused.exit_code == 2
    assert "Nothing was done" in " ".join(refused.stderr.split())
    assert "emil@example.org" not in statuses(connected)


def test_a_sync_that_runs_out_of_time_says_so_and_a_later_one_finishes(connected: CommandLine) -> None:
    first = connected("sync", "--max-time", "0.0001")
    second = connected("sync")

    assert first.exit_code == 3
    assert "out of time" in first.stdout
    assert (second.exit_code, connected.status()["in_sync"]) == (0, True)


def test_while_mailchimp_is_still_at_work_there_is_more_to_do(connected: CommandLine) -> None:
    connected.use_batches_only()
    connected.mailchimp.set_options(batch_dwell={"started": 600})
    waiting = connected.sync_until_sent()
    between, text = connected.status(), connected("status").stdout
    connected.mailchimp.run_batches()
    finished = connected("sync")

    assert waiting.exit_code == 3
    assert "Mailchimp is still processing 1 updates" in waiting.stdout
    assert (between["updates_outstanding"], between["in_sync"]) == (1, False)
    assert between["sending"] == [{"lane": "batch", "reason": "configured", "number": 1, "seconds": 40}]
    sending = (
        "1 sent in batches, which Mailchimp works through later; about 40 seconds if Mailchimp is as quick as usual"
    )
    assert sending in " ".join(text.split())
    assert (finished.exit_code, connected.status()["in_sync"]) == (0, True)


def test_a_connection_another_run_is_at_work_on_is_reported_and_left_alone(connected: CommandLine) -> None:
    store = Store(f"sqlite:///{connected.home / 'mailchimpsync.sqlite'}")
    with store.begin() as tx:
        runs.acquire_lease(tx, connected.list_id, current_process())
    store.close()

    result = connected("sync")

    assert result.exit_code == 3
    assert "BUSY" in result.stderr
    assert statuses(connected).keys() == {"bella@example.org", "carl@example.org", "dora@example.org"}


def test_two_syncs_at_once_do_the_work_once(connected: CommandLine) -> None:
    with connected.sync_kept_waiting() as first:
        second = connected("sync")
    stdout, stderr = first.communicate(timeout=60)

    assert second.exit_code == 3
    assert "BUSY" in second.stderr
    assert first.returncode == 0, stdout + stderr
    assert connected.status()["in_sync"]


def test_ctrl_c_cuts_off_a_request_and_does_not_blame_mailchimp(connected: CommandLine) -> None:
    with connected.sync_kept_waiting() as process:
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 130, stdout + stderr
    assert "MC_UNAVAILABLE" not in stdout + stderr
    assert connected.status()["last_error"] is None


def test_ctrl_c_ends_with_a_message_and_the_next_sync_goes_on(connected: CommandLine) -> None:
    with connected.sync_kept_waiting() as process:
        process.send_signal(signal.SIGINT)
        wait_until(lambda: "Stopping after this step" in process.complaints.read_text())
    stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 130, stdout + stderr
    assert "run the command again to continue" in stderr
    assert "Traceback" not in stdout + stderr
    assert not connected.status()["running"]
    assert (connected("sync").exit_code, connected.status()["in_sync"]) == (0, True)


def test_an_audience_that_is_gone_stops_its_sync_and_changes_nothing(connected: CommandLine) -> None:
    key = connected.mailchimp_key
    gone = httpx2.delete(f"{connected.mailchimp_url}/lists/{connected.list_id}", auth=("ann", key))
    before = connected.civicrm.dump("GroupContact")

    result = connected("sync")

    assert gone.status_code == 204
    assert result.exit_code == 7
    assert "MC_AUDIENCE_GONE" in result.stderr
    assert connected.civicrm.dump("GroupContact") == before


def test_a_group_that_is_gone_stops_the_sync_and_removes_nobody(connected: CommandLine) -> None:
    before = statuses(connected)
    connected.civicrm.call("Group", "update", {"where": [["id", "=", 8]], "values": {"is_active": False}})

    result = connected("sync")

    assert result.exit_code == 7
    assert "CV_GROUP_INACTIVE" in result.stderr
    assert statuses(connected) == before
