"""Batches whose results can't be had: reading goes on, the cause is told, and members tell what was done."""

from __future__ import annotations

import httpx2
import pytest

from mailchimpsync.mailchimp import recent_batches
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import batches, kept_plans
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.schema import batch
from mailchimpsync.sync import Outcome, abort_connection, preview
from mailchimpsync.sync.lease.lease import owned_lease
from mailchimpsync.sync.outside_runs import work_under_lease
from mailchimpsync.sync.undo.make_plan import plan_undo
from mailchimpsync.sync.updates.results import MINUTES_BETWEEN_ATTEMPTS, give_up_results
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.world import LIST, NEWS, World

pytestmark = pytest.mark.batches

STORAGE = "/storage/"
UNREACHABLE = Fault(FaultKind.STATUS, STORAGE, times=10_000, status=503)
DAMAGED = Fault(FaultKind.STATUS, STORAGE, times=10_000, status=200, body="no archive at all")
ALL_DAY = sum(MINUTES_BETWEEN_ATTEMPTS) * 60


def trouble(world: World) -> batches.BatchDelay | None:
    with world.store.begin() as tx:
        return batches.batch_delay(tx, LIST, world.now)


def sync_all_day(world: World) -> None:
    for minutes in MINUTES_BETWEEN_ATTEMPTS:
        world.pass_time(minutes * 60 + 1)
        world.sync(wait_for_batches=False)


@pytest.mark.parametrize(("fault", "code"), [(UNREACHABLE, "BATCH_STORAGE"), (DAMAGED, "BATCH_DAMAGED")])
def test_opt_outs_are_noticed_while_the_results_of_a_batch_cannot_be_had(world: World, fault: Fault, code: str) -> None:
    world.member("bella@example.org")
    bella = world.contact("bella@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(86_400)
    world.put(world.contact("ann@example.org"), "Added")
    world.mailchimp.faults.plant(fault)
    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING
    world.pass_time(600)
    world.act("bella@example.org", "unsubscribe")

    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING

    assert world.in_group(bella) == "Removed"
    told = trouble(world)
    assert told is not None
    assert (told.code, told.number) == (code, 1)


def test_a_storage_that_comes_back_loses_nothing(world: World) -> None:
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.mailchimp.faults.plant(UNREACHABLE)
    world.sync(wait_for_batches=False)
    world.mailchimp.faults.clear()
    world.pass_time(61)

    world.sync()

    assert world.sync_result(contact=ann)[0] == "ok"
    assert len(recent_batches(world.systems.mailchimp)) == 1
    assert trouble(world) is None


@pytest.mark.parametrize("fault", [UNREACHABLE, DAMAGED])
def test_a_batch_that_is_given_up_is_settled_by_its_members_and_not_sent_again(world: World, fault: Fault) -> None:
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.mailchimp.faults.plant(fault)
    world.sync(wait_for_batches=False)
    sync_all_day(world)
    world.sync(wait_for_batches=False)

    assert world.sync_result(contact=ann)[0] == "ok"
    assert world.row(contact=ann)["base_subscribed"] is True
    assert len(recent_batches(world.systems.mailchimp)) == 1
    assert trouble(world) is None


def test_a_person_who_came_back_after_a_removal_whose_answer_was_lost_stays(world: World) -> None:
    world.member("bella@example.org")
    bella = world.contact("bella@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(86_400)
    world.put(bella, "Removed")
    world.mailchimp.faults.plant(UNREACHABLE)
    world.sync(wait_for_batches=False)
    assert world.status("bella@example.org") == "unsubscribed"
    world.pass_time(3_600)
    world.sync(wait_for_batches=False)
    world.act("bella@example.org", "subscribe")
    sync_all_day(world)
    world.sync(wait_for_batches=False)

    assert world.status("bella@example.org") == "subscribed"
    assert world.in_group(bella) == "Added"


@pytest.mark.parametrize("was_done", [True, False])
def test_a_change_of_a_plan_whose_answer_was_lost_is_not_known_until_the_member_was_read(
    world: World, *, was_done: bool
) -> None:
    world.member("ann@example.org")
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(86_400)
    world.put(ann, "Removed")
    plan_id = preview(world.systems, world.connection, Deadline.after(world.runtime, None), by="dora")
    with world.store.begin() as tx:
        kept_plans.decide_plan(tx, plan_id, [PlanState.OPEN], PlanState.APPROVED, world.now, "dora")
    if not was_done:
        world.mailchimp.set_options(batch_dwell={"started": 36_000.0})
    world.mailchimp.faults.plant(UNREACHABLE)
    world.sync(wait_for_batches=False)
    assert outcomes(world, plan_id) == {"done": 1}  # it waits; the plan says so where it is shown
    with world.store.begin() as tx:
        [one] = batches.unhandled_batches(tx, LIST)
    assert (give_up(world, one.id), outcomes(world, plan_id)) == (1, {"unknown": 1})

    world.sync(wait_for_batches=False)

    assert outcomes(world, plan_id) == ({"done": 1} if was_done else {"left out": 1})


@pytest.mark.parametrize("was_done", [True, False])
def test_an_undo_whose_answer_was_lost_is_not_known_until_the_member_was_read(world: World, *, was_done: bool) -> None:
    world.member("ann@example.org")
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(86_400)
    world.put(ann, "Removed")
    removal = world.sync().run_id
    world.pass_time(3_600)
    deadline = Deadline.after(world.runtime, None)
    plan_id = plan_undo(world.systems, world.connection, removal, deadline, by="dora")
    with world.store.begin() as tx:
        kept_plans.decide_plan(tx, plan_id, [PlanState.OPEN], PlanState.APPROVED, world.now, "dora")
    if not was_done:
        world.mailchimp.set_options(batch_dwell={"started": 36_000.0})
    world.mailchimp.faults.plant(UNREACHABLE)
    world.sync(wait_for_batches=False)
    with world.store.begin() as tx:
        [one] = batches.unhandled_batches(tx, LIST)
    assert (give_up(world, one.id), outcomes(world, plan_id)) == (1, {"unknown": 1})

    world.sync(wait_for_batches=False)

    assert outcomes(world, plan_id) == ({"done": 1} if was_done else {"left out": 1})
    assert world.status("ann@example.org") == ("subscribed" if was_done else "unsubscribed")


def give_up(world: World, batch_id: int) -> int:
    """Let the results of a batch be lost."""
    with owned_lease(world.systems, LIST, Deadline.after(world.runtime, 60)) as lease:
        work = work_under_lease(world.systems, world.connection, Deadline.after(world.runtime, 60), lease)
        return give_up_results(work, batch_id)


def outcomes(world: World, plan_id: int) -> dict[str | None, int]:
    with world.store.begin() as tx:
        return kept_plans.count_changes(tx, plan_id)


def test_what_a_plan_wanted_and_an_abort_dropped_is_not_called_done(world: World) -> None:
    world.member("ann@example.org")
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(86_400)
    world.put(ann, "Removed")
    plan_id = preview(world.systems, world.connection, Deadline.after(world.runtime, None), by="dora")
    with world.store.begin() as tx:
        kept_plans.decide_plan(tx, plan_id, [PlanState.OPEN], PlanState.APPROVED, world.now, "dora")
    world.mailchimp.set_options(batch_dwell={"started": 36_000.0})
    world.sync(wait_for_batches=False)

    abort_connection(world.systems, world.connection)
    assert outcomes(world, plan_id) == {"unknown": 1}
    world.mailchimp.set_options(batch_dwell={"started": 0.0})
    world.pass_time(60)
    world.sync()

    assert outcomes(world, plan_id) == {"left out": 1}
    assert world.status("ann@example.org") == "unsubscribed"


@pytest.mark.thorough
def test_it_is_asked_for_ever_more_rarely(world: World) -> None:
    world.contact("ann@example.org", {NEWS: 20})
    world.mailchimp.faults.plant(UNREACHABLE)
    world.sync(wait_for_batches=False)
    asked: list[str] = []
    world.to_mailchimp.before = lambda request: asked.append(request.url.path) if STORAGE in request.url.path else None
    for _ in range(50):
        world.pass_time(61)
        world.sync(wait_for_batches=False)

    assert 0 < len(asked) <= 3 * 6 * 2


def test_a_reading_that_dies_midway_is_seen_and_goes_on(world: World) -> None:
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.member("bella@example.org", "unsubscribed", unsubscribed_by="user")
    world.put(world.contact("bella@example.org"), "Added")

    def die(request: httpx2.Request) -> None:
        if "/members/" in request.url.path and request.method == "GET":
            raise KeyboardInterrupt

    world.to_mailchimp.before = die
    with pytest.raises(KeyboardInterrupt):
        world.sync()
    with world.store.begin() as tx:
        read = list(tx.execute(batch.select()).mappings())
    assert [row["response_processed"] for row in read] == [batches.BEING_READ]
    world.to_mailchimp.before = lambda _request: None

    world.sync()

    assert world.sync_result(contact=ann)[0] == "ok"
    assert world.status("bella@example.org") == "pending"
