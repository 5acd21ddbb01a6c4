"""Where every connection stands, as other programs read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update as sql_update

from actions.conftest import BELLA, CARL, EMIL, CharitySite, Interface
from mailchimpsync import getstatus, http
from mailchimpsync.actions.status.wire_form import in_words
from mailchimpsync.model import Stage
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import batch, log, run, update
from mailchimpsync.store.schema import status as status_table
from mailchimpsync.sync.lease.lease import acquired_lease
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.service import LIST_ID, NEWS, OTHER_LIST, OTHERS

STATUS = "Mailchimpsync.getstatus"


def of(interface: Interface, charity_site: CharitySite, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = interface(charity_site, STATUS, **given).values[LIST_ID]
    return found


def waiting_batch(charity_site: CharitySite, mailchimp_batch_id: str | None) -> int:
    """Let Bella's update be in a batch whose results have not been read."""
    now, bella = charity_site.site.runtime.now(), charity_site.row(contact=BELLA)["id"]
    batch_id = charity_site.add(
        batch, mailchimp_list_id=LIST_ID, mailchimp_batch_id=mailchimp_batch_id, created_date=now, total_operations=3
    )
    values = {"mailchimpsync_batch_id": batch_id, "open_row": bella, "created_date": now}
    charity_site.add(update, mailchimpsync_cache_id=bella, data={}, **values)
    return batch_id


def interrupt(charity_site: CharitySite, minutes: int) -> None:
    """Let a run have stopped midway, so many minutes ago."""
    then = charity_site.site.runtime.now() - timedelta(minutes=minutes)
    with charity_site.site.store.begin() as tx:
        run_id = runs.begin_run(tx, LIST_ID, then, None)
        runs.set_stage(tx, LIST_ID, Stage.RECONCILE)
        runs.add_log(tx, LIST_ID, run_id, then, "Read 5 members.")


def test_every_connection_is_told_by_its_audience(library: CharitySite, interface: Interface) -> None:
    answer = interface(library, STATUS)

    assert (answer.exit_code, set(answer.values)) == (0, {LIST_ID, OTHER_LIST})
    assert answer.envelope["count"] == 2


@pytest.mark.parametrize("given", [{"group_id": OTHERS}, {"id": str(OTHERS)}])
def test_one_connection_is_asked_for_by_its_group(
    library: CharitySite, interface: Interface, given: dict[str, Any]
) -> None:
    assert set(interface(library, STATUS, **given).values) == {OTHER_LIST}


def test_the_names_are_those_of_the_php_extension(library: CharitySite, interface: Interface) -> None:
    status = of(interface, library)

    assert {"lastSyncTime", "lastSyncTimeHuman", "locks", "log", "fetch", "stats", "in_sync", "crashed"} < set(status)
    assert status["lastSyncTime"].endswith("Z")
    assert status["lastSyncTimeHuman"].endswith(status["lastSyncTime"][:4])
    assert status["locks"] == {"fetchAndReconcile": "readyToFetch"}
    assert status["fetch"] == {"since": None}
    assert (status["in_sync"], status["crashed"]) == (True, False)
    assert "batches" not in status


def test_people_are_counted_on_both_sides(library: CharitySite, interface: Interface) -> None:
    assert of(interface, library)["stats"] == {
        "failed": 2,
        "subscribed_at_mailchimp": 4,
        "subscribed_at_civicrm": 5,
        "to_add_to_mailchimp": 0,
        "cannot_subscribe": 2,
        "to_remove_from_mailchimp": 0,
        "todo": 0,
        "other_fails": 0,
        "weird": [],
        "mailchimp_updates_pending": 0,
        "mailchimp_updates_unsubmitted": 0,
    }


def test_what_is_to_be_done_keeps_it_from_being_in_sync(charity_site: CharitySite, interface: Interface) -> None:
    charity_site.set(charity_site.row(contact=EMIL)["id"], mailchimp_status="unsubscribed", sync_status="live")
    charity_site.set(charity_site.row(contact=CARL)["id"], mailchimp_status="subscribed", sync_status="ok")
    waiting_batch(charity_site, "b1")

    status = of(interface, charity_site)

    assert not status["in_sync"]
    assert (status["stats"]["to_add_to_mailchimp"], status["stats"]["to_remove_from_mailchimp"]) == (1, 1)
    assert (status["stats"]["mailchimp_updates_pending"], status["stats"]["mailchimp_updates_unsubmitted"]) == (1, 0)


def test_rows_with_a_status_nobody_knows_are_shown(charity_site: CharitySite, interface: Interface) -> None:
    bella = charity_site.row(contact=BELLA)["id"]
    charity_site.set(bella, sync_status="odd")

    assert of(interface, charity_site)["stats"]["weird"] == [
        {"id": bella, "civicrm_contact_id": BELLA, "sync_status": "odd"}
    ]


def test_failures_are_told_in_words(library: CharitySite, interface: Interface) -> None:
    by_code = {one["code"]: one for one in of(interface, library)["failures"]}

    assert set(by_code) == {"CV_NO_ADDRESS", "CV_OTHER_ADDRESS"}
    assert by_code["CV_NO_ADDRESS"]["count"] == 1
    assert by_code["CV_NO_ADDRESS"]["sentence"] == "In the group, but without an e-mail address."
    assert by_code["CV_NO_ADDRESS"]["who"] == "CiviCRM staff"


def test_the_log_says_how_long_each_step_took(charity_site: CharitySite, interface: Interface) -> None:
    start = charity_site.site.runtime.now()
    with charity_site.site.store.begin() as tx:
        run_id = runs.begin_run(tx, LIST_ID, start, start)
        for seconds, message in ((0, "Begun."), (48, "Read."), (48 + 600, "Decided."), (3 * 3600, "Done.")):
            runs.add_log(tx, LIST_ID, run_id, start + timedelta(seconds=seconds), message)
        runs.end_run(tx, LIST_ID, run_id, start, "done")

    told = of(interface, charity_site)["log"]

    assert [(one["message"], one["took"]) for one in told] == [
        ("Begun.", "48 s"),
        ("Read.", "10 mins"),
        ("Decided.", "3 hours"),
        ("Done.", ""),
    ]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (60, "60 s"), (61, "1 mins"), (3600, "60 mins"), (7300, "2 hours")]
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_a_run_that_stopped_lately_is_interrupted_and_not_crashed(
    charity_site: CharitySite, interface: Interface
) -> None:
    interrupt(charity_site, minutes=29)

    status = of(interface, charity_site)

    assert (status["interrupted"], status["crashed"], status["in_sync"]) == (True, False, False)
    assert status["locks"] == {"fetchAndReconcile": "readyToReconcileQueue"}


def test_a_run_that_nobody_went_on_with_for_half_an_hour_has_crashed(
    charity_site: CharitySite, interface: Interface
) -> None:
    interrupt(charity_site, minutes=31)

    assert of(interface, charity_site)["crashed"].startswith(
        "The run stopped before readyToReconcileQueue, 31 mins ago"
    )


def test_a_run_that_left_no_log_has_crashed_by_its_start(charity_site: CharitySite, interface: Interface) -> None:
    interrupt(charity_site, minutes=120)
    with charity_site.site.store.begin() as tx:
        tx.execute(log.delete())

    assert "2 hours ago" in of(interface, charity_site)["crashed"]


def test_a_run_that_is_at_work_has_not_crashed_however_long_it_takes(
    charity_site: CharitySite, interface: Interface
) -> None:
    interrupt(charity_site, minutes=120)
    with acquired_lease(charity_site.site.store, LIST_ID):
        status = of(interface, charity_site)

    assert (status["running"], status["interrupted"], status["crashed"]) == (True, False, False)


def test_a_connection_that_was_never_synced_says_so(charity_site: CharitySite, interface: Interface) -> None:
    with charity_site.site.store.begin() as tx:
        tx.execute(sql_update(status_table).values(last_sync_time=None))
        tx.execute(run.delete())

    status = of(interface, charity_site)

    assert (status["lastSyncTime"], status["lastSyncTimeHuman"], status["log"]) == (None, "never", [])
    assert not status["in_sync"]


@pytest.mark.parametrize(("outcome", "is_new"), [("unchanged", True), ("done", True), ("CV_AUTH", False)])
def test_a_look_that_found_nothing_changed_counts_as_a_check_and_a_failed_one_does_not(
    charity_site: CharitySite, outcome: str, is_new: bool
) -> None:
    looked_at = charity_site.site.runtime.now()
    with charity_site.site.store.begin() as tx:
        tx.execute(sql_update(status_table).values(attempted_at=looked_at, attempt_outcome=outcome))

    [status] = getstatus(charity_site.site, group_id=NEWS)

    assert (status.state.checked_at == looked_at) is is_new


def test_how_the_last_run_ended_is_told(library: CharitySite, interface: Interface) -> None:
    assert (of(interface, library)["last_outcome"], of(interface, library)["last_error"]) == ("done", None)


def test_batches_are_refreshed_from_mailchimp(charity_site: CharitySite, interface: Interface) -> None:
    known = interface(charity_site, "MailchimpsyncBatch.get", mailchimp_list_id=LIST_ID).values[0]["mailchimp_batch_id"]
    interface(
        charity_site, "MailchimpsyncBatch.delete", id=interface(charity_site, "MailchimpsyncBatch.get").values[0]["id"]
    )
    batch_id = waiting_batch(charity_site, known)

    status = of(interface, charity_site, batches=1)

    assert status["batches_problem"] is None
    assert status["batches"][known]["id"] == batch_id
    assert (status["batches"][known]["status"], status["batches"][known]["finished_operations"]) == ("finished", 1)
    assert status["stats"]["batch_total_operations"] == status["stats"]["batch_finished_operations"] == 1
    assert (status["stats"]["batch_errored_operations"], status["stats"]["batch_pending_operations"]) == (0, 0)


def test_a_batch_that_never_left_is_told_too(charity_site: CharitySite, interface: Interface) -> None:
    batch_id = waiting_batch(charity_site, None)

    status = of(interface, charity_site, batches="1")

    assert status["batches"][f"unsent {batch_id}"]["status"] is None
    assert status["stats"]["batch_pending_operations"] == 3


def test_a_mailchimp_that_is_away_is_said_and_the_rest_is_told(
    charity_site: CharitySite, interface: Interface, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.01)
    waiting_batch(charity_site, "b1")
    charity_site.charity.mailchimp.faults.plant(Fault(FaultKind.STATUS, pattern="/3.0/batches", times=100, status=403))

    status = of(interface, charity_site, batches=True)

    assert status["batches_problem"].startswith("Mailchimp")
    assert status["batches"]["b1"]["status"] is None
    assert status["stats"]["subscribed_at_mailchimp"] == 4


def test_without_waiting_batches_mailchimp_is_not_asked(charity_site: CharitySite, interface: Interface) -> None:
    charity_site.charity.mailchimp.log.clear()

    assert of(interface, charity_site, batches=True)["batches"] == {}
    assert charity_site.charity.mailchimp.log.as_dict()["requests"] == []


def test_a_group_that_is_not_connected_is_an_error(library: CharitySite, interface: Interface) -> None:
    answer = interface(library, STATUS, group_id=99)

    assert answer.exit_code == 2
    assert "No connection has the subscription group 99" in answer.error
    assert "group_id" in interface(library, STATUS, group_id=0).error


def test_python_gets_objects(library: CharitySite) -> None:
    [status] = getstatus(library.site, group_id=NEWS)

    assert (status.link.audience_id, status.in_sync, status.crashed) == (LIST_ID, True, None)
