"""Some days of a charity's life on each database: what the engine asks of the store is the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailchimpsync.actions import erase
from mailchimpsync.runtime import Deadline
from mailchimpsync.store import Store
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.sync import Outcome, abort_connection, collect_connection, preview
from mailchimpsync.sync.undo.make_plan import plan_undo
from support.webhook_delivery import WebhookDelivery, site_of
from support.world import NEWS, WALK, WALKS, World, days_ago

ANN, BELLA, CARL, DORA = (f"{name}@example.org" for name in ("ann", "bella", "carl", "dora"))
HANGS, ELEVEN_MINUTES = 36_000.0, 660

pytestmark = pytest.mark.thorough  # `sync/` lives through the same on SQLite


@pytest.fixture
def world(store: Store) -> Iterator[World]:
    made = World(store)
    yield made
    made.close()


@pytest.fixture
def ann(world: World) -> int:
    """Four people are in sync; Dora was known to CiviCRM only."""
    for address in (ANN, BELLA, CARL):
        world.member(address, interests={WALK: address == BELLA}, last_changed=days_ago(90))
        world.contact(address, {NEWS: 20})
    world.contact(DORA, {NEWS: 20})
    world.sync(everything=True)
    world.pass_time(3_600)
    assert {world.status(address) for address in (ANN, BELLA, CARL, DORA)} == {"subscribed"}
    return world.owners(ANN)[0]


def hang(world: World, seconds: float = HANGS) -> None:
    world.mailchimp.set_options(batch_dwell={"started": seconds})


def quick_sync(world: World) -> Outcome:
    return world.sync(wait_for_batches=False).outcome


def settle(world: World) -> None:
    hang(world, 0.0)
    world.pass_time(HANGS)
    for everything in (False, False, True):
        world.sync(everything=everything)
        world.pass_time(3_600)
    world.forget_requests()
    assert (world.sync(everything=True).outcome, world.writes(), world.open_updates()) == (Outcome.DONE, [], [])


@pytest.mark.batches
def test_opt_outs_overtake_what_hangs_and_themselves_and_returns_wait(world: World, ann: int) -> None:
    hang(world)
    world.put(ann, "Added", WALKS)
    [bella] = world.owners(BELLA)
    world.put(bella, "Removed")
    assert quick_sync(world) is Outcome.WAITING
    world.edit(ann, is_opt_out=True)
    world.pass_time(ELEVEN_MINUTES)
    quick_sync(world)
    assert (world.status(ANN), world.status(BELLA)) == ("unsubscribed", "unsubscribed")
    world.put(bella, "Added")
    world.pass_time(60)
    assert (quick_sync(world), world.status(BELLA)) == (Outcome.WAITING, "unsubscribed")

    settle(world)

    assert (world.status(ANN), world.status(BELLA), world.in_group(bella)) == ("unsubscribed", "subscribed", "Added")


def test_webhooks_and_the_service_take_people_off_too(world: World, ann: int) -> None:
    office = WebhookDelivery(world)
    hang(world)
    world.put(ann, "Added", WALKS)
    [carl] = world.owners(CARL)
    world.trash(carl)
    quick_sync(world)
    world.pass_time(ELEVEN_MINUTES)
    world.edit(ann, is_opt_out=True)
    world.act(ANN, "names", merge_fields={"LNAME": "Hill"})
    office.deliver_and_process()
    collect_connection(world.systems, world.connection, Deadline.after(world.runtime, 60))

    assert world.status(ANN) == "unsubscribed"
    assert world.status(CARL) in ("unsubscribed", "archived")
    settle(world)


@pytest.mark.batches
def test_a_plan_is_applied_aborted_and_read_back(world: World, ann: int) -> None:
    world.put(ann, "Removed")
    plan_id = preview(world.systems, world.connection, Deadline.after(world.runtime, None), by="ann")
    with world.store.begin() as tx:
        kept_plans.decide_plan(tx, plan_id, [PlanState.OPEN], PlanState.APPROVED, world.now, "ann")
    hang(world)
    quick_sync(world)
    abort_connection(world.systems, world.connection)
    with world.store.begin() as tx:
        assert kept_plans.count_changes(tx, plan_id) == {"unknown": 1}
    settle(world)

    with world.store.begin() as tx:
        assert kept_plans.count_changes(tx, plan_id) == {"left out": 1}
    assert world.status(ANN) == "unsubscribed"


def test_what_people_change_at_mailchimp_reaches_civicrm_by_reading(world: World, ann: int) -> None:
    world.act(ANN, "names", merge_fields={"FNAME": "Ann", "LNAME": "Hill"})
    world.act(BELLA, "bounce")
    world.act(CARL, "address", new_address="carl@new.example.org")
    world.sync()
    world.pass_time(3_600)
    settle(world)

    [person] = [one for one in world.civicrm.dump("Contact") if one["id"] == ann]
    assert person["last_name"] == "Hill"
    assert {one["email"] for one in world.civicrm.dump("Email") if one["on_hold"]} == {BELLA}
    assert world.owners("carl@new.example.org") != []


def test_a_run_is_undone_and_someone_is_erased(world: World, ann: int) -> None:
    world.put(ann, "Removed")
    run_id = world.sync().run_id
    world.pass_time(3_600)
    plan_id = plan_undo(world.systems, world.connection, run_id, Deadline.after(world.runtime, None), by="ann")
    with world.store.begin() as tx:
        kept_plans.decide_plan(tx, plan_id, [PlanState.OPEN], PlanState.APPROVED, world.now, "ann")
    world.sync()
    assert world.status(ANN) == "subscribed"

    assert erase(site_of(world), address=DORA, confirm=True, by="ann").is_complete
    world.erasure_key = site_of(world).erasure_key()
    world.systems = world.new_systems()
    settle(world)

    assert world.status(DORA) is None
