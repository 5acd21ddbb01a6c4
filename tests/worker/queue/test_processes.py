"""Workers as processes of their own: stopped, killed, and of different versions side by side."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from mailchimpsync.actions.fleet.jobs import LATER, Job, Place
from mailchimpsync.actions.work import Kind
from mailchimpsync.store.fleet.sites import change_site
from mailchimpsync.store.schema import journal
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.fleets import HOURLY, SOON, Charities
from support.processes import wait_until
from worker.queue.conftest import Start

pytestmark = [pytest.mark.postgres, pytest.mark.thorough]

NEWER_SCHEMA = "9999"


def slow(fleet: Charities, seconds: float = 0.5) -> None:
    """Let Mailchimp take its time over each page of members."""
    fleet.mailchimp.faults.plant(Fault(FaultKind.DELAY, "GET /3.0/lists/.*/members", times=1_000, seconds=seconds))


def silence(fleet: Charities) -> None:
    """Let a worker that is gone have been silent for long, so that nobody has to wait for it."""
    with fleet.fleet.store.begin() as tx:
        tx.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))


def changes(fleet: Charities, name: str) -> list[tuple[object, ...]]:
    """Return what was changed for whom, by the journal."""
    with fleet.site(name) as site, site.store.begin() as tx:
        query = select(journal.c.side, journal.c.contact_id, journal.c.field, journal.c.new)
        return [tuple(row) for row in tx.execute(query).all()]


def test_a_worker_syncs_all_sites_and_answers_monitoring(fleet: Charities, worker: Start) -> None:
    oaks, elms = fleet.add("oaks", HOURLY), fleet.add("elms", HOURLY)

    running = worker()

    wait_until(lambda: len(running.events("run.ends")) >= 2)
    assert {line["site"] for line in running.events("run.ends")} == {"oaks", "elms"}
    assert list(oaks.statuses().values()) == list(elms.statuses().values()) == ["subscribed"]
    assert "@" not in running.log()


def test_a_worker_stops_within_seconds_and_another_goes_on(fleet: Charities, worker: Start) -> None:
    oaks = fleet.add("oaks", HOURLY, people=20)
    slow(fleet, 3)
    first = worker()
    wait_until(lambda: fleet.runs("oaks"))

    assert first.stop() == 0

    assert first.events("worker.ends")
    assert fleet.runs("oaks")[0]["finished_at"] is None
    fleet.mailchimp.faults.clear()
    worker()
    wait_until(lambda: fleet.runs("oaks")[0]["finished_at"])
    assert len(fleet.runs("oaks")) == 1
    assert set(oaks.statuses().values()) == {"subscribed"}


def test_a_killed_worker_loses_nothing_and_doubles_nothing(fleet: Charities, worker: Start) -> None:
    oaks = fleet.add("oaks", HOURLY, people=40)
    slow(fleet, 1)
    for _ in range(3):
        running = worker()
        running.wait_for("run.begins")
        time.sleep(1)
        running.kill()
        silence(fleet)
    fleet.mailchimp.faults.clear()

    worker()

    wait_until(lambda: fleet.runs("oaks") and fleet.runs("oaks")[-1]["finished_at"])
    wait_until(lambda: len(oaks.statuses()) == 40)
    made = changes(fleet, "oaks")
    assert len(made) == len(set(made)) >= 40
    wait_until(lambda: [job["status"] for job in fleet.jobs(kind="sync")] == ["todo"])


def connections_ended(fleet: Charities) -> int:
    """End the worker's connections, and return how many; each transaction sees only those it found at first."""
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'mailchimpsync worker'"
    )
    with fleet.fleet.store.begin() as tx:
        return len(tx.execute(text(query)).all())


def test_a_database_that_goes_away_for_a_while_is_waited_for(fleet: Charities, worker: Start) -> None:
    oaks = fleet.add("oaks", HOURLY)
    fleet.forget_jobs()
    running = worker()
    running.wait_for("worker.begins")
    wait_until(lambda: connections_ended(fleet))
    fleet.fleet.queue.enqueue(Place(Job(Kind.PLAN, "oaks")))

    wait_until(lambda: list(oaks.statuses().values()) == ["subscribed"], 180)


def test_a_first_sync_of_a_large_audience_lets_everybody_else_have_their_minute(
    fleet: Charities, worker: Start
) -> None:
    fleet.add("elms", SOON)
    fleet.work_off()
    fleet.add("oaks", HOURLY, people=300)
    fleet.add("pines", HOURLY, people=300)
    slow(fleet, 2)
    running = worker()
    wait_until(lambda: fleet.runs("oaks") and fleet.runs("pines"))
    fleet.mailchimp.faults.clear()
    fleet.time_comes(site="elms", kind="sync", status="todo")

    fleet.fleet.queue.enqueue(Place(Job(Kind.PLAN, "elms")))

    wait_until(lambda: [line for line in running.events("run.ends") if line["site"] == "elms"], 90)


def newer(*words: str) -> None:
    """Run a worker of a newer version: its tables have another number, and it knows one kind more."""
    from mailchimpsync.cli.main import main  # noqa: PLC0415 (it is loaded in the process that is forked)
    from mailchimpsync.worker.jobs import Work  # noqa: PLC0415 (likewise)
    from mailchimpsync.worker.logs import logger  # noqa: PLC0415 (likewise)
    from mailchimpsync.worker.queue import runner  # noqa: PLC0415 (likewise)

    def greet(work: Work) -> None:
        logger().info("greeted", audience=work.audience)

    runner.newest_schema = lambda: NEWER_SCHEMA  # type: ignore[attr-defined, assignment]
    runner._TASKS = {**runner._TASKS, "greetings": greet}
    runner._KINDS = {*runner._KINDS, "greetings"}
    sys.argv = ["mailchimpsync", *words]
    main()


def test_an_old_and_a_new_worker_work_side_by_side_while_sites_are_migrated(fleet: Charities, worker: Start) -> None:
    fleet.add("oaks", HOURLY)
    fleet.add("elms", HOURLY)
    with fleet.fleet.store.begin() as tx:
        change_site(tx, "elms", schema_number=NEWER_SCHEMA)
    fleet.fleet.queue.enqueue(Place(Job("greetings", "elms", "a1"), datetime.now(UTC) + timedelta(seconds=1)))
    old = worker()
    wait_until(lambda: old.events("job.left"))

    new = worker(program=newer)

    wait_until(lambda: new.events("greeted"))
    wait_until(lambda: [one for one in old.events("run.ends") if one["site"] == "oaks"])
    wait_until(lambda: [one for one in new.events("run.ends") if one["site"] == "elms"])
    assert {one["site"] for one in old.events("run.ends")} == {"oaks"}
    assert {one["site"] for one in new.events("run.ends")} == {"elms"}
    assert LATER in {job["queue_name"] for job in fleet.jobs(kind="sync")}
