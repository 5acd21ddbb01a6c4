"""Whole syncs with a key that has the smallest set of permissions, on each recorded version of CiviCRM.

What they ask of CiviCRM, and what syncs of data and campaigns ask, was asked of a real one, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mailchimpsync.actions import erase
from mailchimpsync.model import DataOptions
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.sync import Outcome, preview
from mailchimpsync.sync.undo.make_plan import plan_undo
from mailchimpsync.sync.verify import verify
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.recording import only_what_was_recorded
from support.rights import BARE
from support.webhook_delivery import WebhookDelivery
from support.world import NEWS, RIDE, RIDES, WALK, WALKS, World

ANN, BOB, CID = "ann@example.org", "bob@example.org", "cid@example.org"


@pytest.fixture(params=["6.13", "6.17"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(rights=BARE)
    made.civicrm.set_options(version=request.param, zone="America/New_York")
    with only_what_was_recorded(made.to_civicrm):
        yield made
    made.close()


@pytest.fixture
def ann(world: World) -> int:
    """Ann gets the news and walks, and Bob the news; both sides agree, and an hour has passed."""
    ann = world.contact(ANN, {NEWS: {}, WALKS: {}})
    world.contact(BOB, {NEWS: {}})
    world.sync()
    world.pass_time(3_600)
    return ann


def bob(world: World) -> int:
    [found] = world.owners(BOB)
    return found


def subscribed(world: World) -> list[str]:
    return sorted(address for address, one in world.members().items() if one["status"] == "subscribed")


def deadline(world: World) -> Deadline:
    return Deadline.after(world.runtime, None)


def approve(world: World, plan_id: int) -> None:
    with world.store.begin() as tx:
        assert kept_plans.decide_plan(tx, plan_id, [PlanState.OPEN], PlanState.APPROVED, world.now, "ann")


def differences(world: World) -> int:
    return verify(world.systems, world.connection, deadline(world), by="ann").unexplained


def test_a_first_sync_brings_both_sides_together(world: World) -> None:
    ann = world.contact(ANN, {NEWS: {}, WALKS: {}})
    bob = world.contact(BOB)
    world.member(BOB)
    world.member(CID)

    assert world.sync().outcome is Outcome.DONE

    assert subscribed(world) == [ANN, BOB, CID]
    assert world.interests(ANN) == {WALK}
    assert [world.in_group(one) for one in (ann, bob, *world.owners(CID))] == ["Added"] * 3


def test_what_changes_on_each_side_reaches_the_other(world: World, ann: int) -> None:
    world.act(ANN, "interests", interests={WALK: False, RIDE: True})
    world.put(bob(world), "Added", WALKS)
    world.act(CID, "subscribe")

    assert world.sync().outcome is Outcome.DONE

    assert (world.in_group(ann, WALKS), world.in_group(ann, RIDES)) == ("Removed", "Added")
    assert world.interests(BOB) == {WALK}
    assert [world.in_group(one) for one in world.owners(CID)] == ["Added"]


def test_a_person_who_leaves_on_one_side_leaves_on_the_other(world: World, ann: int) -> None:
    world.act(ANN, "unsubscribe")
    world.put(bob(world), "Removed")

    assert world.sync().outcome is Outcome.DONE

    assert (world.in_group(ann), world.status(BOB)) == ("Removed", "unsubscribed")


def test_a_person_who_opts_out_of_all_mail_or_bounces_gets_none(world: World, ann: int) -> None:
    world.edit(ann, is_opt_out=True)
    world.act(BOB, "bounce")

    assert world.sync().outcome is Outcome.DONE

    assert (world.status(ANN), world.in_group(bob(world))) == ("unsubscribed", "Removed")


def test_a_new_address_of_a_contact_takes_the_place_of_the_old_one(world: World, ann: int) -> None:
    world.edit_address(ann, email="ann@new.example.org")

    assert world.sync().outcome is Outcome.DONE

    assert subscribed(world) == ["ann@new.example.org", BOB]


def test_a_failure_of_the_database_that_passes_stops_nothing(world: World) -> None:
    world.contact(ANN, {NEWS: {}})
    world.civicrm.fail_database("^GroupContact get$")
    world.civicrm.fail_database("^Contact get$", skip=3)

    assert world.sync().outcome is Outcome.DONE

    assert world.status(ANN) == "subscribed"


@pytest.mark.parametrize("everything", [False, True])
def test_a_contact_in_a_trash_that_is_not_shown_takes_nobody_off_the_audience(
    world: World, ann: int, *, everything: bool
) -> None:
    world.trash(ann)

    world.sync(everything=everything)

    assert subscribed(world) == [ANN, BOB]


def test_a_person_who_has_the_address_after_a_merge_out_of_sight_has_the_member_and_nobody_is_doubled(
    world: World, ann: int
) -> None:
    anna = world.contact()
    world.merge(anna, ann)

    world.sync(everything=True)

    assert subscribed(world) == [ANN, BOB]
    assert world.owners(ANN) == [anna]
    assert world.row(email=ANN)["civicrm_contact_id"] == anna


@pytest.mark.batches
def test_results_of_a_batch_that_come_late_are_worked_off(world: World, ann: int) -> None:
    world.mailchimp.faults.plant(Fault(FaultKind.STATUS, "/storage/", times=10_000, status=503))
    world.put(ann, "Removed")
    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING
    world.mailchimp.faults.clear()
    world.pass_time(61)

    assert world.sync().outcome is Outcome.DONE

    assert world.sync_result(contact=ann)[0] == "ok"
    assert subscribed(world) == [BOB]


def test_a_person_who_joins_or_leaves_by_webhook_does_so_in_civicrm(world: World, ann: int) -> None:
    office = WebhookDelivery(world)
    world.act(ANN, "unsubscribe")
    world.act(CID, "subscribe", merge_fields={"FNAME": "Cid", "LNAME": "Stone"})

    office.deliver_and_process()

    assert world.in_group(ann) == "Removed"
    assert [world.in_group(one) for one in world.owners(CID)] == ["Added"]


def test_a_plan_is_carried_out_as_it_was_approved(world: World, ann: int) -> None:
    world.put(ann, "Removed")
    plan_id = preview(world.systems, world.connection, deadline(world), by="ann")
    assert subscribed(world) == [ANN, BOB]
    approve(world, plan_id)

    assert world.sync().outcome is Outcome.DONE

    assert subscribed(world) == [BOB]


def test_a_run_is_taken_back(world: World, ann: int) -> None:
    world.put(ann, "Removed")
    run = world.sync()
    world.pass_time(3_600)
    approve(world, plan_undo(world.systems, world.connection, run.run_id, deadline(world), by="ann"))

    world.sync()
    world.pass_time(3_600)
    world.sync()

    assert subscribed(world) == [ANN, BOB]
    assert world.in_group(ann) == "Added"


def test_a_comparison_finds_what_differs_and_nothing_else(world: World, ann: int) -> None:
    assert differences(world) == 0
    world.put(ann, "Removed")
    found = verify(world.systems, world.connection, deadline(world), by="ann")
    assert [one["address"] for one in found.differences] == [ANN]


def test_an_erased_address_is_gone_and_stays_away(world: World, ann: int) -> None:
    office = WebhookDelivery(world)

    assert erase(office.site, address=ANN, confirm=True, by="ann").is_complete

    world.erasure_key = office.site.erasure_key()
    world.systems = world.new_systems()
    world.sync(everything=True)
    assert subscribed(world) == [BOB]


def test_names_are_sent(world: World, ann: int) -> None:
    world.connection = replace(world.connection, data=DataOptions(names=True))
    world.edit(ann, first_name="Ann", last_name="Stone")

    assert world.sync(with_data=True).outcome is Outcome.DONE

    fields = world.members()[ANN]["merge_fields"]
    assert (fields["FNAME"], fields["LNAME"]) == ("Ann", "Stone")
