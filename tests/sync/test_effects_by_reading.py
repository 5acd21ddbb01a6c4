"""What people change at Mailchimp reaches CiviCRM by reading, where no webhook arrives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mailchimpsync.mailchimp import delete_batch, recent_batches
from mailchimpsync.model import ChangeKind, DataOptions, Limit, Limits, Stage
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.sync import Outcome, preview
from mailchimpsync.sync.undo.make_plan import plan_undo
from support.crashing import CrashPoint, KilledError
from support.world import NEWS, World

ANN, BELLA, NEW = "ann@example.org", "bella@example.org", "ann@new.example.org"
BOTH_WAYS = pytest.mark.parametrize("everything", [False, True], ids=["incremental", "full"])


def in_sync(world: World) -> int:
    """Ann and Bella get the news; return Ann's contact."""
    for address in (ANN, BELLA):
        world.member(address, first_name="A", last_name="Hill")
        world.contact(address, {NEWS: 20}, last_name="Hill")
    world.sync()
    world.pass_time(3_600)
    [contact] = world.owners(ANN)
    return contact


def later_sync(world: World, *, everything: bool = False, **options: Any) -> None:
    world.sync(everything=everything, **options)
    world.pass_time(3_600)


def person(world: World, contact: int) -> tuple[str, str]:
    [found] = [one for one in world.civicrm.dump("Contact") if one["id"] == contact]
    return found["first_name"], found["last_name"]


def emails(world: World, contact: int) -> dict[str, bool]:
    """Return a contact's addresses, and whether they are on hold."""
    return {one["email"]: bool(one["on_hold"]) for one in world.civicrm.dump("Email") if one["contact_id"] == contact}


def told(world: World) -> list[tuple[str, str | None, str, str]]:
    fields = ("first_name", "last_name", "address", "on_hold")
    return [(e["field"], e["old"], e["new"], e["reason"]) for e in world.journal() if e["field"] in fields]


def assert_quiet(world: World) -> None:
    world.forget_requests()
    before = len(world.journal())
    later_sync(world)
    later_sync(world, everything=True)
    assert world.writes() == []
    assert len(world.journal()) == before


@BOTH_WAYS
def test_a_changed_name_reaches_civicrm_and_an_empty_one_says_nothing(world: World, everything: bool) -> None:
    contact = in_sync(world)
    world.act(ANN, "names", merge_fields={"FNAME": "Anne", "LNAME": ""})

    later_sync(world, everything=everything)

    assert person(world, contact) == ("Anne", "Hill")
    assert told(world) == [("first_name", "A", "Anne", "MAILCHIMP_PROFILE")]
    assert world.runs()[-1]["counts"]["changes"] == {"correct": 1}
    assert_quiet(world)


@BOTH_WAYS
def test_a_changed_address_reaches_civicrm_for_bulk_mail(world: World, everything: bool) -> None:
    contact = in_sync(world)
    world.act(ANN, "address", new_address=NEW)

    later_sync(world, everything=everything)

    assert set(emails(world, contact)) == {ANN, NEW}
    assert [one["email"] for one in world.civicrm.dump("Email") if one["is_bulkmail"]] == [NEW]
    assert told(world) == [("address", ANN, NEW, "MAILCHIMP_RENAMED")]
    assert (world.sync_result(contact=contact)[0], world.in_group(contact)) == ("ok", "Added")
    assert_quiet(world)


@BOTH_WAYS
def test_an_address_that_bounced_is_put_on_hold(world: World, everything: bool) -> None:
    contact = in_sync(world)
    world.act(ANN, "bounce")

    later_sync(world, everything=everything)

    assert (emails(world, contact), world.in_group(contact)) == ({ANN: True}, "Removed")
    assert told(world) == [("on_hold", "no", "yes", "MAILCHIMP_BOUNCED")]
    assert_quiet(world)


def test_staff_who_take_an_address_off_hold_are_not_overruled(world: World) -> None:
    contact = in_sync(world)
    world.act(ANN, "bounce")
    later_sync(world)
    world.edit_address(contact, on_hold=0)

    later_sync(world)
    later_sync(world, everything=True)

    assert emails(world, contact) == {ANN: False}


def test_a_first_sync_corrects_nobody(world: World) -> None:
    world.member(ANN, first_name="Anne")
    world.member(BELLA, "cleaned")
    ann, bella = world.contact(ANN, {NEWS: 20}), world.contact(BELLA, {NEWS: 20})

    later_sync(world)
    later_sync(world, everything=True)

    assert (person(world, ann)[0], emails(world, bella)) == ("A", {BELLA: False})
    assert told(world) == []


def test_a_name_that_staff_changed_stays_where_the_person_changed_the_other_one(world: World) -> None:
    contact = in_sync(world)
    world.edit(contact, first_name="Annabel")
    world.act(ANN, "names", merge_fields={"LNAME": "Wood"})

    later_sync(world)

    assert person(world, contact) == ("Annabel", "Wood")


@pytest.mark.batches
def test_an_address_that_we_gave_does_not_come_back_when_its_answer_was_lost(world: World) -> None:
    contact = in_sync(world)
    world.edit_address(contact, email=NEW)
    world.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started"), 60))
    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING
    world.pass_time(600)
    world.mailchimp.run_batches()
    for batch in recent_batches(world.systems.mailchimp):
        delete_batch(world.systems.mailchimp, batch.id)
    world.edit_address(contact, email="ann@newest.example.org")

    later_sync(world)
    later_sync(world, everything=True)

    assert set(emails(world, contact)) == {"ann@newest.example.org"}
    assert told(world)[:1] != [("address", ANN, NEW, "MAILCHIMP_RENAMED")]


@pytest.mark.batches
def test_a_name_that_we_sent_does_not_come_back_when_its_answer_was_lost(world: World) -> None:
    world.connection = replace(world.connection, data=DataOptions(names=True))
    contact = in_sync(world)
    later_sync(world, with_data=True)
    world.edit(contact, first_name="Annie")
    world.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started"), 60))
    assert world.sync(with_data=True, wait_for_batches=False).outcome is Outcome.WAITING
    world.pass_time(600)
    world.mailchimp.run_batches()
    for batch in recent_batches(world.systems.mailchimp):
        delete_batch(world.systems.mailchimp, batch.id)
    world.edit(contact, first_name="Annabel")

    for _ in range(3):
        later_sync(world)

    assert person(world, contact)[0] == "Annabel"
    assert told(world) == []


@pytest.mark.batches
def test_a_person_who_changes_a_name_while_an_update_is_under_way_is_heard(world: World) -> None:
    contact = in_sync(world)
    world.put(contact, "Removed")
    world.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started"), 60))
    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING
    world.act(ANN, "names", merge_fields={"FNAME": "Anne"})
    world.pass_time(600)

    later_sync(world)
    later_sync(world)

    assert person(world, contact)[0] == "Anne"


def test_a_plan_shows_what_would_be_corrected_and_writes_nothing(world: World) -> None:
    contact = in_sync(world)
    world.act(ANN, "names", merge_fields={"FNAME": "Anne"})
    world.forget_requests()

    plan = preview(world.systems, world.connection, Deadline.after(world.runtime, None), by="bea")

    with world.store.begin() as tx:
        kept = kept_plans.find_plan(tx, plan)
        [change] = kept_plans.kept_changes(tx, plan)
    assert kept is not None
    assert (kept.counts, world.writes(), person(world, contact)[0]) == ({"correct": 1}, [], "A")
    assert change["agreed"]["corrections"] == [["first_name", "A", "Anne", "MAILCHIMP_PROFILE"]]


def test_a_held_plan_corrects_nobody_until_it_is_approved(world: World) -> None:
    contact = in_sync(world)
    world.connection = replace(world.connection, limits=Limits({ChangeKind.REMOVE: Limit(number=0)}, minimum=1))
    world.act(ANN, "bounce")
    world.act(BELLA, "names", merge_fields={"FNAME": "Bell"})
    held = world.sync()
    assert (held.outcome, emails(world, contact), told(world)) == (Outcome.HELD, {ANN: False}, [])

    with world.store.begin() as tx:
        plan = held.kept_plan_id or 0
        kept_plans.decide_plan(tx, plan, [kept_plans.PlanState.OPEN], kept_plans.PlanState.APPROVED, world.now, "bea")
    later_sync(world)

    assert emails(world, contact) == {ANN: True}
    assert [one[0] for one in told(world)] == ["on_hold", "first_name"]
    assert_quiet(world)


def test_an_undo_leaves_corrections_alone(world: World) -> None:
    contact = in_sync(world)
    world.act(ANN, "names", merge_fields={"FNAME": "Anne"})
    run = world.sync().run_id

    plan = plan_undo(world.systems, world.connection, run, Deadline.after(world.runtime, None), by="bea")

    with world.store.begin() as tx:
        assert kept_plans.kept_changes(tx, plan) == []
    assert person(world, contact)[0] == "Anne"


def test_what_civicrm_refuses_fails_alone(world: World) -> None:
    contact = in_sync(world)
    [bella] = world.owners(BELLA)
    world.act(ANN, "address", new_address=NEW)
    world.act(BELLA, "names", merge_fields={"FNAME": "Bell"})
    world.sync(stop_on=Stage.CHANGE_GROUPS)
    world.delete_for_good(contact)

    world.sync()

    assert person(world, bella)[0] == "Bell"
    assert world.sync_result(contact=contact) == ("fail", "CV_CHANGE_REFUSED")
    assert [one[1:] for one in told(world)] == [("A", "Bell", "MAILCHIMP_PROFILE")]


def steps_of(crash_point: CrashPoint) -> Callable[[object], None]:
    return lambda _request: crash_point.step()


@pytest.mark.thorough
@pytest.mark.parametrize("part", range(4))
def test_killed_at_any_step_each_effect_comes_once(part: int) -> None:
    for step in range(1 + part, 90, 12):
        crash_point = CrashPoint()
        world = World(crash_point=crash_point)
        contact = in_sync(world)
        [bella] = world.owners(BELLA)
        world.act(ANN, "address", new_address=NEW)
        world.act(NEW, "names", merge_fields={"FNAME": "Anne"})
        world.act(BELLA, "bounce")
        for transport in (world.to_civicrm, world.to_mailchimp):
            transport.before = transport.after = steps_of(crash_point)
        crash_point.arm(at_step=step)
        try:
            world.sync()
        except KilledError:
            crash_point.arm()
            world.pass_time(700)
            world.systems = world.new_systems()
        crash_point.arm()
        later_sync(world)

        assert (set(emails(world, contact)), emails(world, bella)) == ({ANN, NEW}, {BELLA: True}), step
        assert person(world, contact)[0] == "Anne", step
        assert sorted(one[0] for one in told(world)) == ["address", "first_name", "on_hold"], step
        world.close()
