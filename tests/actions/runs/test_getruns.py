"""Earlier runs, and how far one is that is at work, as other programs read it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.conftest import CharitySite, Interface
from mailchimpsync.model import Stage
from mailchimpsync.store.runs import runs
from support.service import LIST_ID, NEWS, OTHER_LIST

RUNS, STATUS = "Mailchimpsync.getruns", "Mailchimpsync.getstatus"


def test_runs_are_told_with_what_they_changed_newest_first(charity_site: CharitySite, interface: Interface) -> None:
    now = charity_site.site.runtime.now()
    with charity_site.site.store.begin() as tx:
        second = runs.begin_run(tx, LIST_ID, now, now - timedelta(hours=1), by="ann")
        runs.end_run(tx, LIST_ID, second, now + timedelta(seconds=90), "done")

    newest, first = interface(charity_site, RUNS, list_id=LIST_ID).values

    assert (newest["id"], newest["begun_by"], newest["outcome"], newest["changes"]) == (second, "ann", "done", {})
    assert first["since"] is None
    assert first["subscribed_at_civicrm"] == 5
    assert first["subscribed_at_mailchimp"] == 4
    assert interface(charity_site, RUNS, group_id=NEWS, limit=1, offset=1).values == [first]


def test_without_an_audience_the_runs_of_all_connections_are_told(library: CharitySite, interface: Interface) -> None:
    assert {one["list_id"] for one in interface(library, RUNS).values} == {LIST_ID, OTHER_LIST}


def test_runs_of_an_audience_that_is_not_connected_are_not_told(library: CharitySite, interface: Interface) -> None:
    assert interface(library, RUNS, list_id="nobody").exit_code != 0


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (runs.StageProgress(1_000, 4_000, 10), {"total": 4_000, "rate": 100.0, "seconds_left": 30}),
        (runs.StageProgress(1_000, None, 10), {"total": None, "rate": 100.0, "seconds_left": None}),
        (runs.StageProgress(5_000, 4_000, 10), {"total": None, "rate": 500.0, "seconds_left": None}),
        (runs.StageProgress(0, 4_000, 10), {"total": 4_000, "rate": None, "seconds_left": None}),
        (runs.StageProgress(100, 4_000, 1), {"total": 4_000, "rate": 100.0, "seconds_left": None}),
    ],
)
def test_rate_and_time_left_are_told_as_far_as_they_can_be_known(
    charity_site: CharitySite, interface: Interface, at: runs.StageProgress, told: dict[str, float | None]
) -> None:
    now = charity_site.site.runtime.now()
    with charity_site.site.store.begin() as tx:
        lease = runs.acquire_lease(tx, LIST_ID, "elsewhere 1")
        runs.begin_run(tx, LIST_ID, now, now)
        runs.set_stage(tx, LIST_ID, Stage.RECONCILE)
        runs.renew_lease(tx, lease, at)

    status = interface(charity_site, STATUS).values[LIST_ID]

    assert status["running"]
    assert status["progress"] == {"stage": "readyToReconcileQueue", "done": at.done, "seconds": at.seconds, **told}


def test_no_progress_is_reported_while_nothing_is_at_work(charity_site: CharitySite, interface: Interface) -> None:
    status = interface(charity_site, STATUS).values[LIST_ID]

    assert status["progress"] is None
    assert status["next_run_at"] is None  # no service works by the schedule
