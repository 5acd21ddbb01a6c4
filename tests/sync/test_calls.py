"""One run over several calls, stops, restarts, and two runs at once."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import update

from mailchimpsync.errors import BusyError, LeaseLostError, UsageError
from mailchimpsync.model import Connection, Stage
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import status
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.lease.owner import current_process, process_name
from mailchimpsync.sync.reading import member_pages
from mailchimpsync.sync.stages import fix_contact_ids, reconcile
from support.variations import every_fourth
from support.world import LIST, NEWS, RIDE, RIDES, WALK, WALKS, World, days_ago


def fill(world: World, people: int = 12) -> None:
    for number in range(people):
        world.member(f"m{number}@example.org")
        world.contact(f"c{number}@example.org", {NEWS: 20})


def owner_of_lease(world: World, owner: str) -> None:
    """Let the lease look as if another process had taken it now."""
    with world.store.begin() as tx:
        runs.acquire_lease(tx, LIST, owner)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_pages, "PAGE_SIZE_MEMBERS", 5)
    monkeypatch.setattr(fix_contact_ids, "ROWS_PER_STEP", 5)
    monkeypatch.setattr(reconcile, "ROWS_PER_STEP", 5)


@pytest.mark.usefixtures("small_steps")
def test_a_run_whose_time_is_over_after_each_step_comes_to_its_end_over_many_calls(world: World) -> None:
    fill(world)
    world.to_mailchimp.before = world.to_civicrm.before = lambda _request: world.pass_time(1)

    results = [world.sync(seconds=1)]
    while results[-1].outcome is Outcome.OUT_OF_TIME:
        results.append(world.sync(seconds=1))

    assert len(results) > 8
    assert results[-1].outcome in (Outcome.DONE, Outcome.WAITING)
    assert {result.run_id for result in results} == {1}
    assert {one["status"] for one in world.members().values()} == {"subscribed"}
    assert len(world.members()) == 24


def test_a_stage_that_is_passed_is_refused_before_anything_is_done_and_nothing_is_sent(world: World) -> None:
    fill(world, 2)
    world.sync(stop_on=Stage.CHANGE_GROUPS)
    world.forget_requests()

    with pytest.raises(UsageError) as caught:
        world.sync(stop_on=Stage.CREATE_CONTACTS)

    assert "has already reached readyToChangeGroups, which comes later" in caught.value.what
    assert "readyToFetch, readyToFixContactIds" in caught.value.what
    assert world.requests() == []
    assert len(world.members()) == 2


def test_a_passed_stage_is_one_to_come_when_the_run_begins_again(world: World) -> None:
    fill(world, 2)
    world.sync(stop_on=Stage.CHANGE_GROUPS)

    stopped = world.sync(stop_on=Stage.CREATE_CONTACTS, force_restart=True)

    assert (stopped.outcome, stopped.stage) == (Outcome.STOPPED, Stage.CREATE_CONTACTS)


def test_a_stage_that_takes_no_part_is_said_to_take_none(world: World) -> None:
    stopped = world.sync(stop_on=Stage.CHECK_DATA)

    assert (stopped.outcome, stopped.stage) == (Outcome.STOPPED, Stage.CHECK_DATA)
    assert ["takes part only with with_data" in note for note in stopped.notes] == [True]


@pytest.mark.parametrize("stage", every_fourth(Stage))
def test_a_run_stops_before_the_named_stage_and_goes_on_from_there(world: World, stage: Stage) -> None:
    fill(world, 2)

    stopped = world.sync(stop_on=stage)
    writes_so_far = [write for write in world.writes() if "/batches" in write]
    done = world.sync()

    assert (stopped.outcome, stopped.stage, writes_so_far) == (Outcome.STOPPED, stage, [])
    assert (done.outcome, done.run_id) == (Outcome.DONE, stopped.run_id)
    assert len(world.members()) == 4


def test_before_the_plan_is_carried_out_nothing_is_written(world: World) -> None:
    fill(world, 2)

    world.sync(stop_on=Stage.CREATE_CONTACTS)

    assert world.writes() == []


def test_a_forced_restart_begins_a_new_run_that_does_everything(world: World) -> None:
    fill(world, 2)
    stopped = world.sync(stop_on=Stage.SUBMIT)

    done = world.sync(force_restart=True)

    assert done.run_id == stopped.run_id + 1
    assert len(world.members()) == 4
    assert world.open_updates() == []


def test_an_old_plan_is_decided_again_before_it_is_carried_out(world: World) -> None:
    ida = world.contact("ida@example.org", {NEWS: 20})
    world.sync(stop_on=Stage.CHANGE_GROUPS)
    world.pass_time(7_200)
    world.put(ida, "Removed")

    world.sync()

    assert world.members() == {}


def test_an_update_that_waited_too_long_to_be_sent_is_decided_again(world: World) -> None:
    ida = world.contact("ida@example.org", {NEWS: 20})
    world.sync(stop_on=Stage.SUBMIT)
    world.pass_time(7_200)
    world.put(ida, "Removed")

    world.sync()

    assert world.members() == {}
    assert world.open_updates() == []


def test_since_leaves_older_changes_alone(world: World) -> None:
    world.sync()
    world.member("old@example.org", last_changed=days_ago(30))
    world.member("new@example.org", last_changed=days_ago(2))

    world.sync(since=world.now.fromisoformat(days_ago(5)))

    assert [row["mailchimp_email"] for row in world.rows()] == ["new@example.org"]


def test_after_new_links_everything_is_read(world: World) -> None:
    world.connection = Connection(LIST, NEWS, {WALK: WALKS})
    world.member("ida@example.org", interests={RIDE: True}, last_changed=days_ago(30))
    ida = world.contact("ida@example.org", {NEWS: 40})
    world.sync()
    world.pass_time(86_400)
    world.connection = Connection(LIST, NEWS, {WALK: WALKS, RIDE: RIDES})

    world.sync()

    assert world.in_group(ida, RIDES) == "Added"


def test_two_runs_at_once_are_one_too_many(world: World) -> None:
    fill(world, 1)
    owner_of_lease(world, "elsewhere:1")

    with pytest.raises(BusyError, match="Another run"):
        world.sync()

    assert world.requests() == []


def test_a_lease_that_expired_is_taken_over(world: World) -> None:
    fill(world, 1)
    owner_of_lease(world, "elsewhere:1")
    world.pass_time(601)

    assert world.sync().outcome is Outcome.DONE


def test_the_lease_of_a_dead_process_of_this_machine_is_taken_over_at_once(world: World) -> None:
    fill(world, 1)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    owner_of_lease(world, process_name(process.pid))

    assert world.sync().outcome is Outcome.DONE


def test_the_lease_of_a_living_process_of_this_machine_is_not(world: World) -> None:
    owner_of_lease(world, current_process())

    with pytest.raises(BusyError):
        world.sync()


def test_a_run_that_lost_its_lease_writes_nothing_more(world: World) -> None:
    fill(world, 2)

    def someone_takes_over(_request: object) -> None:
        with world.store.begin() as tx:
            tx.execute(update(status).values(lease_token=status.c.lease_token + 1, lease_owner="elsewhere:1"))

    world.to_civicrm.before = someone_takes_over

    with pytest.raises(LeaseLostError):
        world.sync()

    assert world.writes() == []
    assert world.rows() == []
