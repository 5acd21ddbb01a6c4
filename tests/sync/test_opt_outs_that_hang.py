"""An opt-out that hangs in a batch itself is sent directly after ten minutes; what comes after it waits for the batch."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from mailchimpsync.actions import erase
from mailchimpsync.actions.runs.refresh_batches import refresh_batches
from mailchimpsync.model import ChangeKind, LaneChoice, Limit, Limits
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import batches
from mailchimpsync.store.schema import batch, update
from mailchimpsync.sync import Outcome, collect_connection, process_batch
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.crashing import CrashPoint, KilledError
from support.variations import every_fourth
from support.webhook_delivery import WebhookDelivery, site_of
from support.world import NEWS, WALK, WALKS, World, days_ago

pytestmark = pytest.mark.batches

ANN, BOB = "ann@example.org", "bob@example.org"
HANGS, QUICK, ELEVEN_MINUTES = 36_000.0, 0.0, 660
STEPS = range(1, 90, 2)


def in_sync(world: World) -> int:
    world.member(ANN)
    ann = world.contact(ANN, {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    return ann


def hanging_opt_out(world: World, leaves: str = "opt_out") -> int:
    """Ann is in sync, and a batch with her own opt-out hangs at Mailchimp."""
    ann = in_sync(world)
    world.mailchimp.set_options(batch_dwell={"started": HANGS})
    leave(world, ann, leaves)
    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING
    assert world.status(ANN) == "subscribed"
    return ann


def leave(world: World, ann: int, how: str) -> None:
    if how == "Removed":
        world.put(ann, how)
    elif how == "trash":
        world.trash(ann)
    else:
        world.edit(ann, is_opt_out=True)


def quick_sync(world: World) -> Outcome:
    return world.sync(wait_for_batches=False).outcome


def end_the_batch(world: World) -> None:
    world.mailchimp.set_options(batch_dwell={"started": QUICK})
    world.pass_time(HANGS)


def told_to_leave(world: World) -> int:
    return sum((one["field"], one["new"]) == ("status", "unsubscribed") for one in world.journal())


@pytest.mark.parametrize("leaves", ["opt_out", "Removed", "trash"])
def test_a_person_whose_opt_out_hangs_in_a_batch_is_unsubscribed_after_ten_minutes(world: World, leaves: str) -> None:
    hanging_opt_out(world, leaves)
    world.pass_time(ELEVEN_MINUTES)

    quick_sync(world)

    assert world.status(ANN) in ("unsubscribed", "archived")
    assert world.open_updates() == []
    assert quick_sync(world) is Outcome.DONE


def test_before_that_her_batch_is_given_its_time(world: World) -> None:
    hanging_opt_out(world)
    world.pass_time(300)
    world.forget_requests()

    assert (quick_sync(world), world.writes()) == (Outcome.WAITING, [])


def test_a_run_that_waits_for_the_batch_takes_her_off_meanwhile(world: World) -> None:
    ann = in_sync(world)
    world.mailchimp.set_options(batch_dwell={"started": HANGS})
    leave(world, ann, "opt_out")

    world.sync(seconds=1_200)

    assert world.status(ANN) == "unsubscribed"


def test_the_service_takes_her_off_between_two_runs(world: World) -> None:
    hanging_opt_out(world)
    world.pass_time(ELEVEN_MINUTES)

    collect_connection(world.systems, world.connection, Deadline.after(world.runtime, 60))

    assert world.status(ANN) == "unsubscribed"
    assert any("sent directly as well" in line for line in world.told())


def test_it_is_told_once_as_our_own_act_and_nothing_reverts_when_the_batch_ends(world: World) -> None:
    ann = hanging_opt_out(world, "Removed")
    world.pass_time(ELEVEN_MINUTES)
    quick_sync(world)
    assert (told_to_leave(world), world.row(contact=ann)["mailchimp_status_by"]) == (1, "us")
    end_the_batch(world)
    world.sync()
    world.pass_time(3_600)
    world.forget_requests()

    world.sync(everything=True)

    assert (world.writes(), told_to_leave(world)) == ([], 1)
    assert (world.status(ANN), world.sync_result(contact=ann)[0]) == ("unsubscribed", "ok")
    assert world.row(contact=ann)["mailchimp_status_by"] == "us"


@pytest.mark.parametrize("everything", [False, True], ids=["incremental", "full"])
def test_someone_added_again_waits_for_the_batch_that_would_take_her_off_and_is_subscribed_then(
    world: World, *, everything: bool
) -> None:
    ann = hanging_opt_out(world, "Removed")
    world.pass_time(ELEVEN_MINUTES)
    quick_sync(world)
    world.put(ann, "Added")
    world.pass_time(60)
    world.forget_requests()
    assert (quick_sync(world), world.writes()) == (Outcome.WAITING, [])
    end_the_batch(world)

    for _ in range(3):
        world.sync(everything=everything)
        world.pass_time(3_600)

    assert (world.status(ANN), world.in_group(ann), world.sync_result(contact=ann)[0]) == ("subscribed", "Added", "ok")


def test_a_person_added_again_before_the_opt_out_was_sent_directly_is_not_unsubscribed_by_a_request(
    world: World,
) -> None:
    ann = hanging_opt_out(world, "Removed")
    world.put(ann, "Added")
    world.pass_time(ELEVEN_MINUTES)

    assert (quick_sync(world), world.status(ANN)) == (Outcome.WAITING, "subscribed")
    end_the_batch(world)
    for _ in range(3):
        world.sync()
        world.pass_time(3_600)
    assert (world.status(ANN), world.in_group(ann)) == ("subscribed", "Added")


def test_someone_who_changed_since_and_is_to_leave_all_the_same_does_not_wait_either(world: World) -> None:
    ann = hanging_opt_out(world, "Removed")
    world.put(ann, "Added", WALKS)
    world.pass_time(ELEVEN_MINUTES)

    quick_sync(world)

    assert world.status(ANN) == "unsubscribed"


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.DROP_BEFORE, FaultKind.TRUNCATE])
def test_where_the_answer_is_lost_it_is_read_back(world: World, kind: FaultKind) -> None:
    ann = hanging_opt_out(world, "Removed")
    world.pass_time(ELEVEN_MINUTES)
    world.mailchimp.faults.plant(Fault(kind, pattern="PATCH /3.0/lists/"))
    quick_sync(world)
    world.pass_time(60)

    quick_sync(world)

    assert (world.status(ANN), world.row(contact=ann)["mailchimp_status_by"]) == ("unsubscribed", "us")


@pytest.mark.parametrize("step", every_fourth(STEPS))
def test_killed_at_any_step_she_is_off_after_the_next_sync(step: int) -> None:
    crash_point = CrashPoint()
    world = World(crash_point=crash_point, lane=LaneChoice.BATCHES)
    ann = hanging_opt_out(world)
    world.pass_time(ELEVEN_MINUTES)
    crash_point.arm(at_step=step)
    try:
        quick_sync(world)
    except KilledError:
        crash_point.arm()
        world.pass_time(601)
        world.systems = world.new_systems()
        quick_sync(world)
    crash_point.arm()

    assert (world.status(ANN), world.sync_result(contact=ann)) == ("unsubscribed", ("ok", "DEPARTED_OPT_OUT"))
    assert told_to_leave(world) <= 1
    world.close()


def the_batch(world: World) -> batches.BatchRow:
    with world.store.begin() as tx:
        newest = select(batch.c.id).where(batch.c.lane == "batch").order_by(batch.c.id.desc()).limit(1)
        return batches.stored_batch(tx, tx.execute(newest).scalar_one())


def test_read_by_force_the_overtaken_batch_changes_nothing(world: World) -> None:
    ann = hanging_opt_out(world, "Removed")
    world.pass_time(ELEVEN_MINUTES)
    quick_sync(world)
    end_the_batch(world)
    deadline = Deadline.after(world.runtime, 60)

    for again in (False, True):
        read = process_batch(world.systems, world.connection, the_batch(world), deadline, again=again)
        assert (read.confirmed, read.refused, read.unanswered) == (0, 0, 0)

    assert (world.status(ANN), told_to_leave(world)) == ("unsubscribed", 1)
    assert world.sync().outcome is Outcome.DONE
    assert (world.sync_result(contact=ann)[0], world.row(contact=ann)["mailchimp_status_by"]) == ("ok", "us")


def test_looking_how_far_the_batch_is_settles_nothing(world: World) -> None:
    """Reading figures must not settle anything before the batch has been read."""
    ann = hanging_opt_out(world, "Removed")
    world.pass_time(ELEVEN_MINUTES)
    quick_sync(world)
    world.put(ann, "Added")
    site = site_of(world)

    assert refresh_batches(site, site.configuration.connections) == {}

    assert (quick_sync(world), world.status(ANN)) == (Outcome.WAITING, "unsubscribed")


def test_an_erasure_waits_for_an_overtaken_update_that_mailchimp_may_still_carry_out(world: World) -> None:
    hanging_opt_out(world)
    world.pass_time(ELEVEN_MINUTES)
    quick_sync(world)

    done = erase(site_of(world), address=ANN, confirm=True, by="dora")
    assert (done.is_complete, "on its way" in "".join(done.problems)) == (False, True)
    world.erasure_key = site_of(world).erasure_key()
    world.systems = world.new_systems()
    end_the_batch(world)
    world.sync()

    assert erase(site_of(world), address=ANN, confirm=True, by="dora").is_complete
    with world.store.begin() as tx:
        assert ANN not in repr(tx.execute(select(update)).all())
    assert world.status(ANN) is None


def test_opt_outs_that_were_approved_are_not_held_again_because_they_hang(world: World) -> None:
    some = [f"p{number}@example.org" for number in range(12)]
    for address in [*some, *(f"q{number}@example.org" for number in range(12))]:
        world.member(address)
        world.contact(address, {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    world.mailchimp.set_options(batch_dwell={"started": HANGS})
    for address in some:
        world.put(world.owners(address)[0], "Removed")
    assert quick_sync(world) is Outcome.WAITING
    world.connection = replace(world.connection, limits=Limits({ChangeKind.UNSUBSCRIBE: Limit(number=3)}))
    world.pass_time(ELEVEN_MINUTES)

    assert quick_sync(world) is not Outcome.HELD
    assert {world.status(address) for address in some} == {"unsubscribed"}


# -- Runs made by webhooks --------------------------------------------------------------------------------------------


@pytest.fixture
def post(world: World) -> WebhookDelivery:
    world.member(ANN)
    world.contact(ANN, {NEWS: 20})
    world.sync()
    office = WebhookDelivery(world)
    office.take()
    return office


def hanging_walks(world: World) -> int:
    """A batch with a new interest of Ann's hangs at Mailchimp."""
    [ann] = world.owners(ANN)
    world.mailchimp.set_options(batch_dwell={"started": HANGS})
    world.put(ann, "Added", WALKS)
    assert quick_sync(world) is Outcome.WAITING
    world.pass_time(60)
    return ann


def test_an_opt_out_that_a_webhooks_run_sees_overtakes_the_batch_that_hangs(post: WebhookDelivery) -> None:
    world = post.world
    ann = hanging_walks(world)
    world.edit(ann, is_opt_out=True)
    world.act(ANN, "names", merge_fields={"LNAME": "Hill"})

    post.deliver_and_process()

    assert (world.status(ANN), world.sync_result(contact=ann)[1]) == ("unsubscribed", "DEPARTED_OPT_OUT")
    assert post.event_outcomes()[-1] == ("profile", "done", "EVENT_HANDLED")


def test_what_is_no_opt_out_waits_for_the_batch_in_a_webhooks_run(post: WebhookDelivery) -> None:
    world = post.world
    ann = hanging_walks(world)
    world.act(ANN, "interests", interests={WALK: False})
    world.forget_requests()

    post.deliver_and_process()

    assert (world.status(ANN), world.in_group(ann), world.writes()) == ("subscribed", "Added", [])


def test_a_late_addition_that_a_webhook_announces_is_not_taken_for_her_own_return(world: World) -> None:
    world.member(ANN, "unsubscribed", last_changed=days_ago(50), unsubscribed_by="admin")
    ann = world.contact(ANN, {NEWS: 20})
    office = WebhookDelivery(world, sources={"user": True, "admin": True, "api": True})
    world.mailchimp.set_options(batch_dwell={"pending": HANGS})
    assert quick_sync(world) is Outcome.WAITING
    world.pass_time(1_800)
    world.act(ANN, "subscribe")
    world.pass_time(60)
    world.put(ann, "Removed")
    quick_sync(world)
    assert world.status(ANN) == "unsubscribed"
    office.take()
    world.mailchimp.set_options(batch_dwell={"pending": QUICK})
    world.pass_time(HANGS)
    world.mailchimp.run_batches()
    assert world.status(ANN) == "subscribed"

    office.deliver([letter for letter in office.take() if "/webhook/audience" in letter["url"]])
    office.work()

    assert world.in_group(ann) == "Removed"
    assert world.status(ANN) == "unsubscribed"
    assert [one["new"] for one in world.journal() if one["field"] == f"group {NEWS}"] == []
