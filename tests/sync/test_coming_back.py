"""People whom we took off because CiviCRM had said so, and who are added there again: they never left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailchimpsync.model import Resubscribe
from support.world import NEWS, WALK, WALKS, World, days_ago

ANN = "ann@example.org"


@pytest.fixture
def ann(world: World) -> int:
    contact = world.contact(ANN, {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    return contact


def staff_put(world: World, contact: int, status: str) -> None:
    world.put(contact, status)
    world.sync()
    world.pass_time(3_600)


def test_a_contact_removed_and_added_again_in_civicrm_is_subscribed_again(world: World, ann: int) -> None:
    staff_put(world, ann, "Removed")
    assert world.status(ANN) == "unsubscribed"

    staff_put(world, ann, "Added")

    assert (world.status(ANN), world.sync_result(contact=ann)) == ("subscribed", ("ok", "CIVICRM_ADDED"))


def test_so_it_is_however_often_staff_change_their_minds(world: World, ann: int) -> None:
    for _ in range(3):
        staff_put(world, ann, "Removed")
        staff_put(world, ann, "Added")

    assert world.status(ANN) == "subscribed"


@pytest.mark.batches
def test_one_who_was_added_again_while_the_removal_was_on_its_way_is_subscribed_again(world: World, ann: int) -> None:
    world.mailchimp.set_options(batch_dwell={"started": 7_200})
    world.put(ann, "Removed")
    world.sync()
    world.pass_time(60)
    world.put(ann, "Added")
    world.pass_time(8_000)
    world.sync()
    world.mailchimp.set_options(batch_dwell={"started": 0})
    world.pass_time(8_000)

    world.sync()

    assert world.status(ANN) == "subscribed"


@pytest.mark.batches
def test_one_who_left_before_our_removal_arrived_has_left(world: World, ann: int) -> None:
    world.mailchimp.set_options(batch_dwell={"started": 60})
    world.act(ANN, "unsubscribe")
    world.put(ann, "Removed")
    world.sync()
    world.pass_time(3_600)
    world.sync()

    assert world.row(contact=ann)["mailchimp_status_by"] is None


def test_one_who_joined_and_left_again_after_our_removal_has_left(world: World, ann: int) -> None:
    staff_put(world, ann, "Removed")
    world.put(ann, "Added")
    world.pass_time(60)
    world.act(ANN, "subscribe")
    world.pass_time(60)
    world.act(ANN, "unsubscribe")

    world.sync()
    world.pass_time(3_600)
    world.sync(everything=True)

    assert world.status(ANN) == "unsubscribed"
    assert world.row(email=ANN)["mailchimp_status_by"] is None


def test_where_nobody_is_to_be_resubscribed_who_never_left_comes_back_all_the_same(world: World, ann: int) -> None:
    world.connection = replace(world.connection, resubscribe=Resubscribe.NEVER)
    staff_put(world, ann, "Removed")

    staff_put(world, ann, "Added")

    assert world.status(ANN) == "subscribed"


def test_one_whom_we_took_off_before_they_had_confirmed_is_asked_again(world: World) -> None:
    world.member(ANN, "pending")
    ann = world.contact(ANN, {NEWS: {"status": "Added", "date": days_ago(20)}})
    world.sync()
    world.pass_time(3_600)
    staff_put(world, ann, "Removed")

    staff_put(world, ann, "Added")

    assert world.status(ANN) == "pending"


def test_one_who_comes_back_with_another_address_is_subscribed_with_that_and_not_asked(world: World, ann: int) -> None:
    staff_put(world, ann, "Removed")
    world.edit_address(ann, email="ann@new.example.org")

    staff_put(world, ann, "Added")
    world.sync()

    assert world.status("ann@new.example.org") == "subscribed"
    assert world.status(ANN) == "unsubscribed"


def test_interests_of_a_person_who_is_back_are_compared_as_soon_as_they_are_subscribed(world: World) -> None:
    world.member(ANN, "unsubscribed", interests={WALK: True}, last_changed=days_ago(20))
    world.act(ANN, "unsubscribe", as_="admin")
    world.pass_time(3_600)
    ann = world.contact(ANN, {NEWS: 0})
    world.sync()
    assert world.status(ANN) == "subscribed"
    assert world.sync_result(contact=ann) == ("todo", "CIVICRM_ADDED")

    world.sync()

    assert world.in_group(ann, WALKS) == "Added"
    assert world.sync_result(contact=ann) == ("ok", "INTERESTS_CHANGED")
