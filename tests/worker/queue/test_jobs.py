"""What is queued when, and what a worker does with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from mailchimpsync.actions import approveplan, fetchandreconcile, getplans, pausesync, resumesync
from mailchimpsync.actions.fleet.jobs import LATER, LONG, NOW, Job, Place
from mailchimpsync.actions.fleet_overview import SiteLevel, overview
from mailchimpsync.actions.webhooks.receive import receive_audience
from mailchimpsync.actions.work import Kind
from mailchimpsync.config import Guard
from mailchimpsync.errors import Code
from mailchimpsync.store.fleet.sites import change_site
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import configuration, status
from mailchimpsync.worker.queue import runner
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.fleets import HOURLY, Charities, in_seconds
from support.service import NEWS, WEBHOOK_SECRET

pytestmark = pytest.mark.postgres

EVERYTHING = Job(Kind.PLAN)


def now() -> datetime:
    return datetime.now(UTC)


def kinds(fleet: Charities) -> list[str]:
    return sorted(job["args"]["kind"] for job in fleet.jobs())


def failures_are_past(fleet: Charities, name: str, list_id: str) -> None:
    """Let what failed have failed an hour ago."""
    with fleet.site(name) as site, site.store.begin() as tx:
        if (failed := runs.stored_status(tx, list_id).attempted_at) is not None:
            tx.execute(update(status).values(attempted_at=failed - timedelta(hours=1)))
        tx.execute(update(configuration).values(saved_at=now() - timedelta(days=1)))


def plan(fleet: Charities) -> None:
    fleet.fleet.queue.enqueue(Place(EVERYTHING))
    fleet.work_off(NOW)


def test_what_each_site_needs_is_queued_once_however_often_it_is_looked_for(fleet: Charities) -> None:
    fleet.add("oaks")
    fleet.add("elms")
    for _ in range(3):
        plan(fleet)

    found = [(job["args"]["site"], job["args"]["kind"], job["queue_name"]) for job in fleet.jobs()]
    often = [one for one in found if one[1] not in {Kind.WEBHOOKS, Kind.HOUSEKEEPING}]
    assert sorted(often) == [
        ("elms", "alerts", LATER),
        ("elms", "sync", LONG),
        ("oaks", "alerts", LATER),
        ("oaks", "sync", LONG),
    ]


def test_a_new_configuration_is_acted_on_at_once_and_a_sync_queues_the_next(fleet: Charities) -> None:
    oaks = fleet.add("oaks", HOURLY)
    assert [(job["args"]["kind"], job["queue_name"]) for job in fleet.jobs()] == [("plan_jobs", NOW)]

    fleet.work_off()

    assert oaks.statuses() == {"p0@oaks.example.org": "subscribed"}
    [job] = fleet.jobs(kind="sync")
    assert job["queue_name"] == LATER
    assert 3_500 < in_seconds(job, now()) <= 3_600


def test_a_sync_that_is_called_too_early_only_waits_for_its_time(fleet: Charities) -> None:
    fleet.add("oaks", HOURLY)
    fleet.work_off()
    fleet.time_comes(kind="sync")

    fleet.work_off()

    assert len(fleet.runs("oaks")) == 1
    [job] = fleet.jobs(kind="sync")
    assert in_seconds(job, now()) > 3_500


def test_a_job_that_waits_is_replaced_by_one_that_is_wanted_earlier_and_by_no_other(fleet: Charities) -> None:
    queue, job = fleet.fleet.queue, Job(Kind.SYNC, "oaks", "a1")

    def waits() -> list[int | None]:
        return [job["scheduled_at"] and round(in_seconds(job, start) / 60) for job in fleet.jobs()]

    start = now()
    queue.enqueue(Place(job, start + timedelta(hours=1)))
    queue.enqueue(Place(job, start + timedelta(hours=2)))
    assert waits() == [60]
    queue.enqueue(Place(job, start + timedelta(minutes=1)))
    assert waits() == [1]
    queue.enqueue(Place(job), Place(job, start))
    assert waits() == [None]


def test_what_mailchimp_reports_is_done_before_everything_else(fleet: Charities) -> None:
    oaks = fleet.add("oaks", HOURLY)
    fleet.work_off()
    for kind in (Kind.ALERTS, Kind.HOUSEKEEPING, Kind.BATCHES):
        fleet.fleet.queue.enqueue(Place(Job(kind, "oaks"), now()))
    oaks.mailchimp.act(oaks.list_id, "p0@oaks.example.org", "user", change="unsubscribe")
    form = f"type=unsubscribe&fired_at=2026-11-20 12:00:00&data[list_id]={oaks.list_id}&data[email]=p0@oaks.example.org"
    with fleet.site("oaks") as site:
        assert receive_audience(site, secret=WEBHOOK_SECRET, body=form.encode(), signature=None) == 200

    done = fleet.work_off(NOW, LATER)
    while fleet.jobs(kind="events"):
        fleet.time_comes(kind="events")
        fleet.work_off(NOW, LATER)

    assert [job.task_kwargs["kind"] for job in done][:3] == ["events", "batches", "alerts"]
    assert list(oaks.in_group().values()) == ["Removed"]


def test_an_approved_plan_and_the_end_of_a_pause_are_acted_on_at_once(fleet: Charities) -> None:
    oaks = fleet.add("oaks", HOURLY, people=10)
    fleet.work_off()
    with fleet.site("oaks") as site:
        [link] = site.configuration.connections
        guarded = link.model_copy(update={"guard": Guard(minimum=1)})
        site.save(site.configuration.model_copy(update={"connections": (guarded,)}), "ann")
        for contact in list(oaks.in_group())[:5]:
            oaks.take_out(contact)
        fetchandreconcile(site)
        [plan] = getplans(site)
        fleet.forget_jobs()
        approveplan(site, id=plan.id, by="ann")
        fleet.work_off()
        assert sorted(oaks.statuses().values()) == ["subscribed"] * 5 + ["unsubscribed"] * 5

        pausesync(site, group_id=NEWS, by="ann")
        fleet.forget_jobs()
        resumesync(site, group_id=NEWS)
        assert [(job["args"]["kind"], job["queue_name"]) for job in fleet.jobs()] == [("sync", NOW)]


def test_a_first_sync_takes_turns_with_others_and_leaves_the_threads_for_short_work(fleet: Charities) -> None:
    oaks = fleet.add("oaks")
    fleet.fleet.queue.enqueue(Place(Job(Kind.SYNC, "oaks", oaks.list_id), now()))

    fleet.work_off(NOW, LATER)

    assert fleet.runs("oaks") == []
    assert [job["queue_name"] for job in fleet.jobs(kind="sync")] == [LONG]


def test_a_failed_sync_is_tried_again_less_and_less_often_and_told_of(fleet: Charities) -> None:
    oaks = fleet.add("oaks")
    oaks.civicrm.faults.plant(Fault(FaultKind.STATUS, "/civicrm", times=10_000, status=503))

    waits = []
    for _ in range(3):
        failures_are_past(fleet, "oaks", oaks.list_id)
        fleet.time_comes(kind="sync")
        fleet.work_off()
        [job] = fleet.jobs(kind="sync")
        waits.append(round(in_seconds(job, now())))

    assert waits == pytest.approx([60, 120, 240], abs=10)
    with fleet.site("oaks") as site, site.store.begin() as tx:
        assert runs.stored_status(tx, oaks.list_id).failing_times == 3


def test_nothing_piles_up_while_a_side_is_away(fleet: Charities) -> None:
    oaks = fleet.add("oaks")
    oaks.civicrm.faults.plant(Fault(FaultKind.STATUS, "/civicrm", times=100_000, status=503))

    for _ in range(12):  # an hour of looks
        plan(fleet)
        failures_are_past(fleet, "oaks", oaks.list_id)
        fleet.time_comes()
        fleet.work_off()

    assert len(kinds(fleet)) == len(set(kinds(fleet)))


def test_a_kind_that_only_another_version_knows_is_left_to_it_with_all_of_its_words(fleet: Charities) -> None:
    fleet.add("oaks")
    fleet.work_off()
    fleet.forget_jobs()
    fleet.fleet.queue.enqueue(Place(Job("greetings", "oaks", "a1", after="b")))

    fleet.work_off()

    [job] = fleet.jobs()
    assert job["args"] == {"kind": "greetings", "site": "oaks", "audience": "a1", "after": "b"}
    assert 5 < in_seconds(job, now()) <= 10


def test_a_site_with_the_tables_of_another_version_is_left_to_it(fleet: Charities) -> None:
    oaks = fleet.add("oaks")
    with fleet.fleet.store.begin() as tx:
        change_site(tx, "oaks", schema_number="9999")
    fleet.forget_jobs()
    fleet.fleet.queue.enqueue(Place(Job(Kind.SYNC, "oaks", oaks.list_id), is_long=True))

    fleet.work_off()

    [job] = fleet.jobs(kind="sync")
    assert 5 < in_seconds(job, now()) <= 10
    assert oaks.statuses() == {}


def test_a_site_whose_key_is_damaged_is_shown_as_such_and_the_others_go_on(fleet: Charities) -> None:
    fleet.add("ash")
    oaks = fleet.add("oaks")
    with fleet.fleet.store.begin() as tx:
        change_site(tx, "ash", secret_keys="nonsense")

    plan(fleet)
    fleet.work_off()

    [worst, *_] = overview(fleet.fleet)
    assert (worst.site.name, worst.level, worst.code) == ("ash", SiteLevel.UNUSABLE, Code.SECRET)
    assert oaks.statuses() != {}


def test_jobs_of_a_site_that_was_disabled_or_removed_come_to_nothing(fleet: Charities) -> None:
    oaks = fleet.add("oaks")
    with fleet.fleet.store.begin() as tx:
        change_site(tx, "oaks", disabled_at=now())
    fleet.fleet.queue.enqueue(Place(Job(Kind.SYNC, "gone", "a1")), Place(Job(Kind.SYNC, "oaks", oaks.list_id)))

    fleet.work_off()

    assert fleet.jobs() == []
    assert oaks.statuses() == {}


def test_a_job_that_fails_unexpectedly_is_tried_a_few_times(fleet: Charities, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.add("oaks")
    fleet.work_off()
    fleet.forget_jobs()

    def fail(_work: object) -> None:
        raise ValueError("nobody has thought of it")

    monkeypatch.setitem(runner._TASKS, Kind.ALERTS, fail)
    fleet.fleet.queue.enqueue(Place(Job(Kind.ALERTS, "oaks")))
    tries = 0
    while fleet.jobs():
        fleet.time_comes()
        tries += len(fleet.work_off())

    assert tries == runner.ATTEMPTS_MAX


def test_everybody_has_their_turn_with_fifty_sites_at_a_time(fleet: Charities, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "SITES_A_PLAN", 2)
    for name in ("ash", "birch", "cedar", "dogwood", "elm"):
        fleet.fleet.add(name)

    fleet.fleet.queue.enqueue(Place(EVERYTHING))
    parts = fleet.work_off(NOW)

    assert [job.task_kwargs.get("after") for job in parts] == [None, "birch", "dogwood"]
    assert {job["args"]["site"] for job in fleet.jobs(kind="alerts")} == set(fleet.fleet.names())
