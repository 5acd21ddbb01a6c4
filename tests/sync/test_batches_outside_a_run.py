"""Results of batches, read by someone who looks from time to time while no run is at work."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from mailchimpsync.errors import BusyError, Code, RefusedError, UsageError
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import batches
from mailchimpsync.store.runs import pauses, runs
from mailchimpsync.store.schema import batch
from mailchimpsync.sync import Outcome, collect_connection, process_batch
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.world import LIST, NEWS, World, days_ago

pytestmark = pytest.mark.batches

TEN_MINUTES = {"started": 600.0}


@pytest.fixture
def ann(world: World) -> int:
    """Ann is in the group, and a batch with her is under way; nobody waited for it."""
    world.mailchimp.set_options(batch_dwell=TEN_MINUTES)
    contact = world.contact("ann@example.org", {NEWS: 20})
    before = world.now
    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING
    assert world.now == before
    return contact


def collect(world: World) -> int:
    return collect_connection(world.systems, world.connection, Deadline.after(world.runtime, 60))


def process(world: World, *, again: bool = False) -> Any:
    with world.store.begin() as tx:
        row = batches.stored_batch(tx, tx.execute(select(func.min(batch.c.id))).scalar_one())
    return process_batch(world.systems, world.connection, row, Deadline.after(world.runtime, 60), again=again)


def test_results_are_read_as_soon_as_they_are_there_and_once(world: World, ann: int) -> None:
    assert (collect(world), world.sync_result(contact=ann)[0]) == (0, "live")
    world.pass_time(700)

    assert (collect(world), world.sync_result(contact=ann)[0]) == (1, "ok")
    world.forget_requests()
    assert (collect(world), world.requests()) == (0, [])


def test_while_a_connection_is_paused_results_are_read_and_nobody_is_asked_to_confirm(world: World) -> None:
    world.member("ann@example.org", "unsubscribed", unsubscribed_by="user", last_changed=days_ago(30))
    world.contact("ann@example.org", {NEWS: 2})
    world.mailchimp.set_options(batch_dwell=TEN_MINUTES)
    world.sync(wait_for_batches=False)
    with world.store.begin() as tx:
        pauses.pause(tx, LIST, world.now, "ada", None)
    world.pass_time(700)

    assert collect(world) == 1
    assert collect(world) == 0
    assert world.status("ann@example.org") == "unsubscribed"

    with world.store.begin() as tx:
        pauses.resume(tx, LIST, world.now)
    world.mailchimp.set_options(batch_dwell={"started": 0})
    world.sync()
    assert world.status("ann@example.org") == "pending"


def test_people_who_have_to_confirm_are_asked_at_once_not_by_the_next_run(world: World) -> None:
    world.member("ann@example.org", "unsubscribed", unsubscribed_by="user", last_changed=days_ago(30))
    ann = world.contact("ann@example.org", {NEWS: 2})
    world.mailchimp.set_options(batch_dwell=TEN_MINUTES)
    world.sync(wait_for_batches=False)
    assert world.status("ann@example.org") == "unsubscribed"

    for _ in range(3):
        world.pass_time(700)
        collect(world)

    assert world.status("ann@example.org") == "pending"
    assert world.sync_result(contact=ann)[0] == "ok"


def test_while_a_run_is_at_work_its_batches_are_left_to_it(world: World, ann: int) -> None:
    world.pass_time(700)
    with world.store.begin() as tx:
        runs.acquire_lease(tx, LIST, "elsewhere:1")
    world.forget_requests()

    for read in (collect, process):
        with pytest.raises(BusyError):
            read(world)

    assert world.requests() == []
    assert world.sync_result(contact=ann)[0] == "live"


def test_a_batch_that_was_announced_is_read(world: World, ann: int) -> None:
    world.pass_time(700)

    read = process(world)

    assert (read.confirmed, read.refused, read.unanswered) == (1, 0, 0)
    assert world.sync_result(contact=ann)[0] == "ok"


def test_a_batch_is_not_processed_before_mailchimp_says_that_it_is_finished(world: World, ann: int) -> None:
    with pytest.raises(UsageError, match="hasn't finished"):
        process(world)

    assert world.sync_result(contact=ann)[0] == "live"


def test_a_batch_is_processed_once_unless_forced_and_then_nothing_is_doubled(world: World, ann: int) -> None:
    world.pass_time(700)
    process(world)
    rows, journal = world.rows(), world.journal()
    with pytest.raises(UsageError, match="already"):
        process(world)

    read = process(world, again=True)

    assert (read.confirmed, read.refused, read.unanswered) == (0, 0, 0)
    assert (world.rows(), world.journal()) == (rows, journal)
    assert world.sync_result(contact=ann)[0] == "ok"


def test_a_batch_that_mailchimp_has_lost_is_told_and_decided_again(world: World, ann: int) -> None:
    world.pass_time(8 * 86_400)

    with pytest.raises(RefusedError) as error:
        process(world)

    assert error.value.code is Code.BATCH_LOST
    assert world.sync_result(contact=ann)[0] == "todo"


def test_while_mailchimp_fails_nothing_is_lost(world: World, ann: int) -> None:
    world.pass_time(700)
    world.mailchimp.faults.plant(Fault(FaultKind.STATUS, pattern="GET /3.0/batches", times=100, status=503))

    assert collect(world) == 0
    world.mailchimp.faults.clear()
    world.pass_time(61)

    assert collect(world) == 1
    assert world.sync_result(contact=ann)[0] == "ok"
