"""An opt-out waits for nothing: it overtakes an update of the same person that hangs at Mailchimp."""

from __future__ import annotations

import pytest

from mailchimpsync.model import LaneChoice
from mailchimpsync.store.cache import rows
from mailchimpsync.store.changes import updates
from mailchimpsync.sync import Outcome
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.crashing import CrashPoint, KilledError
from support.odd_members import show, show_as_they_are, without_date
from support.variations import every_fourth
from support.world import NEWS, WALKS, World, days_ago

pytestmark = pytest.mark.batches

ANN = "ann@example.org"
HANGS, QUICK = 7_200.0, 0.0
STEPS = range(1, 90, 2)
EVERY_TRY = 6
"""So often the client sends one request: only if each answer is lost does it not know what became of it."""


def hanging_interests(world: World) -> int:
    """Ann is in sync, and a batch with a new interest of hers hangs at Mailchimp."""
    world.member(ANN)
    ann = world.contact(ANN, {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    return hang(world, ann)


def hang(world: World, ann: int) -> int:
    world.mailchimp.set_options(batch_dwell={"started": HANGS})
    world.put(ann, "Added", WALKS)
    assert world.sync(seconds=60).outcome is Outcome.WAITING
    world.pass_time(3_600)
    return ann


def end_the_batch(world: World) -> None:
    world.mailchimp.set_options(batch_dwell={"started": QUICK})
    world.pass_time(HANGS)


def test_an_opt_out_is_sent_in_the_run_that_sees_it_though_a_batch_of_the_same_person_hangs(world: World) -> None:
    ann = hanging_interests(world)
    world.edit(ann, is_opt_out=True)

    result = world.sync(seconds=60)

    assert (result.outcome, result.due.number) == (Outcome.DONE, 0)
    assert (world.status(ANN), world.sync_result(contact=ann)) == ("unsubscribed", ("ok", "DEPARTED_OPT_OUT"))
    assert world.open_updates() == []
    assert [(one["field"], one["new"]) for one in world.journal()][-1] == ("status", "unsubscribed")


def test_an_opt_out_that_is_answered_with_an_error_under_a_good_status_is_read_back_and_not_taken_for_done(
    world: World,
) -> None:
    ann = hanging_interests(world)
    world.edit(ann, is_opt_out=True)
    error = '{"title": "Internal Server Error", "status": 500, "detail": "An unexpected internal error occurred."}'
    world.mailchimp.faults.plant(Fault(FaultKind.STATUS, pattern="PATCH ", times=20, status=200, body=error))

    result = world.sync(seconds=60)

    assert result.outcome is not Outcome.DONE
    assert world.status(ANN) == "subscribed"
    assert world.sync_result(contact=ann)[0] != "ok"
    world.mailchimp.faults.clear()
    end_the_batch(world)
    world.sync()
    world.sync()
    assert (world.status(ANN), world.sync_result(contact=ann)[0]) == ("unsubscribed", "ok")


@pytest.mark.parametrize("leaves", ["Removed", "trash", "is_deceased"])
def test_whatever_takes_someone_off_overtakes_the_batch(world: World, leaves: str) -> None:
    ann = hanging_interests(world)
    if leaves == "Removed":
        world.put(ann, leaves)
    elif leaves == "trash":
        world.trash(ann)
    else:
        world.edit(ann, is_deceased=True)

    world.sync(seconds=60)

    assert world.status(ANN) in ("unsubscribed", "archived")


def test_when_the_overtaken_batch_ends_nothing_reverts_and_its_answer_is_passed_over(world: World) -> None:
    ann = hanging_interests(world)
    world.edit(ann, is_opt_out=True)
    world.sync(seconds=60)
    end_the_batch(world)
    world.sync()
    world.pass_time(3_600)
    world.forget_requests()

    world.sync(everything=True)

    assert (world.status(ANN), world.sync_result(contact=ann)) == ("unsubscribed", ("ok", "DEPARTED_OPT_OUT"))
    assert world.writes() == []


@pytest.mark.parametrize("everything", [False, True], ids=["incremental", "full"])
def test_a_person_whom_an_overtaken_batch_subscribes_after_all_is_unsubscribed_again(
    world: World, *, everything: bool
) -> None:
    """Staff had added her again, that hung, she came back herself; then staff removed her."""
    ann = coming_back_in_a_batch(world)
    world.act(ANN, "subscribe")
    world.pass_time(60)
    world.put(ann, "Removed")
    world.sync(seconds=60)
    assert world.status(ANN) == "unsubscribed"
    end_the_batch(world)

    world.sync(everything=everything)

    assert (world.status(ANN), world.in_group(ann)) == ("unsubscribed", "Removed")


def coming_back_in_a_batch(world: World) -> int:
    world.member(ANN, "unsubscribed", last_changed=days_ago(50), unsubscribed_by="admin")
    ann = world.contact(ANN, {NEWS: 20})
    world.mailchimp.set_options(batch_dwell={"pending": HANGS})
    assert world.sync(seconds=60).outcome is Outcome.WAITING
    world.pass_time(1_800)
    return ann


@pytest.mark.thorough
@pytest.mark.parametrize("step", every_fourth(STEPS))
def test_killed_at_any_step_the_opt_out_is_done_by_the_next_sync(step: int) -> None:
    crash_point = CrashPoint()
    world = World(crash_point=crash_point, lane=LaneChoice.BATCHES)
    ann = hanging_interests(world)
    world.edit(ann, is_opt_out=True)
    crash_point.arm(at_step=step)
    try:
        world.sync(seconds=60)
    except KilledError:
        crash_point.arm()
        world.pass_time(601)
        world.systems = world.new_systems()
        world.sync(seconds=60)
    crash_point.arm()

    assert (world.status(ANN), world.sync_result(contact=ann)) == ("unsubscribed", ("ok", "DEPARTED_OPT_OUT"))
    end_the_batch(world)
    world.sync()
    told = [one for one in world.journal() if (one["field"], one["new"]) == ("status", "unsubscribed")]
    assert (world.status(ANN), world.in_group(ann)) == ("unsubscribed", "Added")
    assert len(told) <= 1
    world.close()


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.DROP_BEFORE, FaultKind.TRUNCATE])
def test_an_opt_out_whose_answer_is_lost_is_read_back_and_not_taken_for_her_own_act(
    world: World, kind: FaultKind
) -> None:
    ann = hanging_interests(world)
    world.put(ann, "Removed")
    world.mailchimp.faults.plant(Fault(kind, pattern="PATCH /3.0/lists/", times=EVERY_TRY))
    world.sync(seconds=600)
    world.pass_time(60)

    world.sync(seconds=60)

    assert (world.status(ANN), world.row(contact=ann)["mailchimp_status_by"]) == ("unsubscribed", "us")


def test_a_person_who_can_not_be_unsubscribed_blocks_nobody_else_and_is_tried_again(world: World) -> None:
    ann = hanging_interests(world)
    bob = world.contact("bob@example.org")
    world.put(bob, "Added")
    world.edit(ann, is_opt_out=True)
    world.mailchimp.faults.plant(Fault(FaultKind.STATUS, pattern="PATCH /3.0/lists/", times=EVERY_TRY, status=500))

    world.sync(seconds=600)
    assert (world.status(ANN), world.sync_result(contact=ann)[0]) == ("subscribed", "todo")
    assert world.sync_result(contact=bob)[0] == "live"
    world.pass_time(60)
    world.sync(seconds=600)

    assert world.status(ANN) == "unsubscribed"


def test_an_update_queued_by_hand_does_not_override_a_newer_opt_out(world: World) -> None:
    world.member(ANN)
    ann = world.contact(ANN, {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    queue_by_hand(world, ann)
    world.act(ANN, "unsubscribe")
    world.pass_time(60)

    world.sync()

    assert (world.status(ANN), world.in_group(ann)) == ("unsubscribed", "Removed")
    assert any("queued updates were not sent" in line for line in world.told())


def queue_by_hand(world: World, ann: int) -> None:
    row_id, body = world.row(contact=ann)["id"], {"email_address": ANN, "status": "subscribed"}
    queued = {
        "mailchimpsync_cache_id": row_id,
        "data": body,
        "attempt": {"decided": body, "tries": []},
        "agreed": {"subscribed": True, "interests": {}},
        "created_date": world.now,
        "open_row": row_id,
        "run_id": None,
    }
    with world.store.begin() as tx:
        updates.add_updates(tx, [queued])
        rows.write_rows(tx, [{"id": row_id, "sync_status": "live", "recheck": True}])


@pytest.mark.thorough
@pytest.mark.parametrize("everything", [False, True], ids=["incremental", "full"])
def test_a_person_whom_an_overtaken_batch_subscribes_is_unsubscribed_again_once_her_member_can_be_read(
    world: World, *, everything: bool
) -> None:
    ann = coming_back_in_a_batch(world)
    world.act(ANN, "subscribe")
    world.pass_time(60)
    world.put(ann, "Removed")
    world.sync(seconds=60)
    show(world, ANN, without_date)
    end_the_batch(world)

    world.sync(everything=everything)
    world.pass_time(3_600)
    world.sync(everything=everything)

    assert (world.in_group(ann), world.sync_result(contact=ann)) == ("Removed", ("fail", "MC_UNREADABLE"))

    show_as_they_are(world)
    world.pass_time(3_600)
    world.sync(everything=everything)

    assert (world.status(ANN), world.in_group(ann)) == ("unsubscribed", "Removed")
