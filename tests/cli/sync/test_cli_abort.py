"""Ann stops a sync that runs elsewhere: real processes, over real HTTP."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

from cli.conftest import PATIENCE_SECONDS
from mailchimpsync.store import Store
from mailchimpsync.store.changes import batches
from mailchimpsync.sync.lease import stopping
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.processes import wait_until

if TYPE_CHECKING:
    from cli.conftest import CommandLine


def finish_batches(command_line: CommandLine) -> None:
    command_line.mailchimp.set_options(batch_dwell={"started": 0.02})
    command_line.mailchimp.run_batches()


@pytest.fixture
def waiting(connected: CommandLine) -> CommandLine:
    """Ann's command line, with a Mailchimp that doesn't finish batches."""
    connected.use_batches_only()
    connected.mailchimp.set_options(batch_dwell={"started": 36_000.0})
    return connected


def assert_agreement(command_line: CommandLine) -> None:
    finish_batches(command_line)
    assert command_line("sync").exit_code == 0
    statuses = {
        member["email_address"]: member["status"] for member in command_line.mailchimp.members(command_line.list_id)
    }
    assert statuses["emil@example.org"] == "subscribed"
    status = command_line.status()
    assert (status["in_sync"], status["updates_outstanding"]) == (True, 0)


def test_a_sync_that_waits_in_another_process_is_aborted(waiting: CommandLine) -> None:
    process = waiting.start("sync", "--max-time", "0")
    wait_until(waiting.batches_at_mailchimp)

    result = waiting("abort", "--yes", "--json")
    said, complaints = process.communicate(timeout=30)

    [done] = json.loads(result.stdout)
    assert (done["was_at_work"], done["batches_deleted"], done["updates_aborted"]) == (True, 1, 1)
    assert (process.returncode, complaints) == (3, "")
    assert "aborted by someone else" in " ".join(said.split())
    assert waiting.batches_at_mailchimp() == []
    status = waiting.status()
    assert (status["running"], status["interrupted"], status["updates_outstanding"]) == (False, False, 0)
    assert status["last_outcome"] == "aborted"
    assert "ABORTED" in [failure["code"] for failure in status["failures"]]
    assert_agreement(waiting)


def test_a_sync_whose_request_hangs_ends_with_the_abort_though_no_answer_ever_comes(waiting: CommandLine) -> None:
    with waiting.sync_kept_waiting("--max-time", "0") as process:
        result = waiting("abort", "--yes", "--json")
        said, complaints = process.communicate(timeout=PATIENCE_SECONDS / 2)

    [done] = json.loads(result.stdout)
    assert (done["was_at_work"], process.returncode, complaints) == (True, 3, "")
    assert "aborted by someone else" in " ".join(said.split())


@pytest.mark.thorough
def test_a_sync_whose_request_hangs_ends_with_its_time_though_no_answer_ever_comes(waiting: CommandLine) -> None:
    with waiting.sync_kept_waiting("--max-time", "8") as process:
        said, complaints = process.communicate(timeout=PATIENCE_SECONDS / 2)

    assert process.returncode == 3
    assert "could not be reached" in " ".join((said + complaints).split())


def knows_its_batch(command_line: CommandLine) -> bool:
    """Say whether Mailchimp's answer with the id of a batch is stored; a batch without it can't be deleted."""
    store = Store(f"sqlite:///{command_line.home / 'mailchimpsync.sqlite'}")
    with store.begin() as tx:
        found = bool(batches.own_batch_ids(tx))
    store.close()
    return found


def test_a_sync_that_was_killed_leaves_nothing_in_the_way(waiting: CommandLine) -> None:
    process = waiting.start("sync", "--max-time", "0")
    wait_until(lambda: knows_its_batch(waiting))
    process.kill()
    process.communicate(timeout=30)

    result = waiting("abort", "--yes")

    assert result.exit_code == 0
    assert "1 batches deleted" in result.stdout
    assert_agreement(waiting)


def test_after_a_kill_a_forced_restart_need_not_be_said_twice(waiting: CommandLine) -> None:
    process = waiting.start("sync", "--max-time", "0")
    wait_until(waiting.batches_at_mailchimp)
    process.kill()
    process.communicate(timeout=30)
    finish_batches(waiting)

    assert waiting("sync", "--force-restart").exit_code == 0
    assert_agreement(waiting)


def test_a_forced_restart_is_refused_once_and_takes_over_when_said_twice(waiting: CommandLine) -> None:
    process = waiting.start("sync", "--max-time", "0")
    wait_until(waiting.batches_at_mailchimp)

    once = waiting("sync", "--force-restart")
    assert (once.exit_code, process.poll()) == (3, None)
    assert "--force-restart --force-restart" in " ".join(once.stderr.split())

    finish_batches(waiting)
    waiting("sync", "--force-restart", "--force-restart")
    said, _ = process.communicate(timeout=30)
    assert process.returncode in {0, 3}
    assert "aborted by someone else" in " ".join(said.split()) or "done" in said
    assert_agreement(waiting)


def test_a_sync_that_does_not_hear_because_it_is_stopped_in_a_request_is_fenced_out(
    connected: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "ABORT_TIMEOUT_SECONDS", 0.5)
    with connected.sync_kept_waiting("--max-time", "0") as process:
        os.kill(process.pid, signal.SIGSTOP)
        aborted = connected("abort", "--yes", "--json")
        os.kill(process.pid, signal.SIGCONT)
        log_before = connected("status", "--log", "--json").stdout
    _, complaints = process.communicate(timeout=60)

    assert json.loads(aborted.stdout)[0]["was_at_work"]
    assert process.returncode == 3
    assert "LEASE_LOST" in complaints
    assert connected("status", "--log", "--json").stdout == log_before
    assert_agreement(connected)


def test_ann_is_told_what_would_happen_and_can_think_better_of_it(waiting: CommandLine) -> None:
    waiting.sync_until_sent()
    before = waiting.status()

    no = waiting("abort", typed="n\n")
    nobody = waiting("abort")

    for refused in (no, nobody):
        assert refused.exit_code == 7
        assert "1 updates will be dropped, and their batches deleted at Mailchimp" in refused.stderr
        assert "--yes" in refused.stderr
    assert waiting.status() == before
    assert len(waiting.batches_at_mailchimp()) == 1

    yes = waiting("abort", typed="y\n")
    assert (yes.exit_code, waiting.batches_at_mailchimp()) == (0, [])


def test_a_batch_that_could_not_be_deleted_is_named(waiting: CommandLine) -> None:
    waiting.sync_until_sent()
    refusal = json.dumps({"title": "Bad Request", "status": 400, "detail": "no"})
    waiting.mailchimp.faults.plant(Fault(FaultKind.STATUS, pattern="DELETE /3.0/batches", status=400, body=refusal))

    result = waiting("abort", "--yes")

    assert result.exit_code == 3
    assert "Batch 1 couldn't be deleted" in result.stderr
    assert waiting.status()["updates_outstanding"] == 1


def test_an_abort_of_a_group_nobody_connected_names_those_there_are(connected: CommandLine) -> None:
    result = connected("abort", "--yes", "--group-id", "99")

    assert result.exit_code == 2
    assert "8 (News)" in result.stderr


def test_where_nothing_runs_nobody_is_asked(connected: CommandLine) -> None:
    result = connected("abort")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "There is nothing to abort: no sync is running, and no updates are waiting.\n"
    assert connected("abort", "--json").stdout == "[]\n"
