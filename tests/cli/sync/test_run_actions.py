"""The actions about runs, called by name as every interface calls them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from mailchimpsync.actions import Site, call, collectresults, fetchandreconcile, open_site
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind

if TYPE_CHECKING:
    from cli.conftest import CommandLine


@pytest.fixture
def site(connected: CommandLine) -> Iterator[Site]:
    connected.use_batches_only()
    with open_site(connected.home) as opened:
        yield opened


def values(site: Site, entity: str, action: str, **given: Any) -> Any:
    outcome = call(site, entity, action, given)
    assert outcome.error is None, outcome.envelope
    return json.loads(json.dumps(outcome.envelope["values"]))


def refusal(site: Site, entity: str, action: str, **given: Any) -> str:
    envelope = call(site, entity, action, given).envelope
    assert envelope["is_error"] == 1
    return str(envelope["error_message"])


def slow(command_line: CommandLine, seconds: float) -> None:
    command_line.mailchimp.set_options(batch_dwell={"started": seconds})


def test_a_sync_returns_an_entry_for_each_connection(connected: CommandLine, site: Site) -> None:
    [entry] = values(site, "Mailchimpsync", "fetchandreconcile", id="8", max_time="0")

    status = entry["status"]
    assert (entry["list_id"], entry["group_id"], entry["outcome"], entry["run_id"]) == (connected.list_id, 8, "done", 1)
    assert (entry["error_code"], entry["error_message"]) == (None, None)
    assert status["lastSyncTime"].startswith("20")
    assert status["locks"] == {"fetchAndReconcile": "readyToFetch"}
    assert status["fetch"] == {}
    assert "Read 3 members from Mailchimp." in [line["message"] for line in status["log"]]
    assert {"time", "message"} == set(status["log"][0])


def test_no_limit_may_be_said_by_a_negative_number(connected: CommandLine, site: Site) -> None:
    [entry] = values(site, "Mailchimpsync", "fetchandreconcile", max_time=-1)

    assert entry["outcome"] == "done"


def test_a_sync_that_fails_says_why_in_its_entry(connected: CommandLine, site: Site) -> None:
    connected.civicrm.call("Group", "update", {"where": [["id", "=", 8]], "values": {"is_active": False}})

    envelope = call(site, "Mailchimpsync", "fetchandreconcile", {}).envelope
    [entry] = envelope["values"]

    assert (envelope["is_error"], envelope["error_code"]) == (1, "CV_GROUP_INACTIVE")
    assert (entry["outcome"], entry["error_code"], entry["run_id"]) == ("CV_GROUP_INACTIVE", "CV_GROUP_INACTIVE", None)
    assert "News" in entry["error_message"] or "8" in entry["error_message"]


def test_a_sync_stops_before_the_stage_it_is_given_and_starts_over_if_asked(connected: CommandLine, site: Site) -> None:
    [first] = values(site, "Mailchimpsync", "fetchandreconcile", stop_on="readyToSubmitUpdates")
    [second] = values(site, "Mailchimpsync", "fetchandreconcile", force_restart="1", since="ever")

    assert first["status"]["locks"] == {"fetchAndReconcile": "readyToSubmitUpdates"}
    assert (first["outcome"], second["outcome"]) == ("stopped", "done")
    assert second["run_id"] == first["run_id"] + 1


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"with_data": "perhaps"}, "with_data"),
        ({"force_restart": 3}, "force_restart"),
        ({"group_id": 99}, "99"),
        ({"since": "whenever"}, "whenever"),
        ({"stop_on": "nowhere"}, "readyToFetch"),
        ({"max_time": "inf"}, "max_time"),
        ({"max_time": 1e300}, "max_time"),
        ({"colour": "red"}, "colour"),
        ({"progress": 1}, "progress"),
    ],
)
def test_what_a_sync_cannot_do_is_refused_by_name(site: Site, given: dict[str, Any], part: str) -> None:
    assert part in refusal(site, "Mailchimpsync", "fetchandreconcile", **given)


def test_an_abort_tells_in_numbers_what_it_did(connected: CommandLine, site: Site) -> None:
    slow(connected, 36_000)
    fetchandreconcile(site, wait=False)

    done = values(site, "Mailchimpsync", "abortsync", id=8)

    assert done == {
        "list_id": connected.list_id,
        "group_id": 8,
        "was_at_work": False,
        "run_id": None,
        "batches_deleted": 1,
        "updates_aborted": 1,
        "rows_failed": 1,
        "problems": [],
    }
    assert "99" in refusal(site, "Mailchimpsync", "abortsync", group_id=99)
    assert "group_id" in refusal(site, "Mailchimpsync", "abortsync")


def test_any_command_that_looks_collects_results_and_asks_nobody_without_need(
    connected: CommandLine, site: Site
) -> None:
    slow(connected, 36_000)
    [report] = fetchandreconcile(site, wait=False)
    assert (report.outcome, collectresults(site)) == ("waiting", 0)
    connected.mailchimp.run_batches()

    assert collectresults(site) == 1
    connected.mailchimp.log.clear()
    assert collectresults(site) == 0
    assert connected.mailchimp.log.as_dict()["requests"] == []


def test_a_batch_that_mailchimp_announces_is_processed_once(connected: CommandLine, site: Site) -> None:
    slow(connected, 36_000)
    fetchandreconcile(site, wait=False)
    assert "hasn't finished" in refusal(site, "MailchimpsyncBatch", "processcompleted", id=1)
    connected.mailchimp.run_batches()

    read = values(site, "MailchimpsyncBatch", "processcompleted", id="1")
    assert (read["id"], read["confirmed"], read["refused"], read["unanswered"]) == (1, 1, 0, 0)
    assert "already" in refusal(site, "MailchimpsyncBatch", "processcompleted", id=1)
    again = values(site, "MailchimpsyncBatch", "processcompleted", id=1, force=1)
    assert (again["confirmed"], again["refused"], again["unanswered"]) == (0, 0, 0)
    assert "no batch 77" in refusal(site, "MailchimpsyncBatch", "processcompleted", id=77)


def test_an_abort_that_leaves_a_batch_at_mailchimp_is_an_error_that_says_so(connected: CommandLine, site: Site) -> None:
    slow(connected, 36_000)
    fetchandreconcile(site, wait=False)
    body = '{"title": "Forbidden", "status": 403, "detail": "Not with this key."}'
    connected.mailchimp.faults.plant(
        Fault(FaultKind.STATUS, pattern="DELETE .*/batches/", times=9, status=403, body=body)
    )

    outcome = call(site, "Mailchimpsync", "abortsync", {"group_id": 8})

    assert (outcome.envelope["is_error"], outcome.envelope["error_code"]) == (1, "MC_FORBIDDEN")
    assert outcome.envelope["values"]["batches_deleted"] == 0
    assert len(outcome.envelope["values"]["problems"]) == 1
    assert outcome.exit_code != 0
