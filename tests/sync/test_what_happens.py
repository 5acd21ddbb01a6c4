"""What people do at Mailchimp reaches CiviCRM at once by webhook, and with the next sync where there is none."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx2
import pytest

from support.webhook_delivery import WebhookDelivery
from support.world import KEY, LIST, NEWS, RIDE, RIDES, WALK, WALKS, World

ANN, BEN, ZOE = "ann@example.org", "ben@example.org", "zoe@example.org"

Arrive = Callable[[], object]


@pytest.fixture
def ann(world: World) -> int:
    """Ann gets the news on both sides."""
    world.member(ANN, first_name="Ann", last_name="Stone", interests={WALK: True})
    contact = world.contact(ANN, {NEWS: 20, WALKS: 20}, first_name="Ann", last_name="Stone")
    world.sync()
    world.pass_time(3_600)
    return contact


@pytest.fixture(params=["by webhook", "with the next sync"])
def arrive(request: pytest.FixtureRequest, world: World, ann: int) -> Arrive:
    """What happened arrives at us."""
    if request.param == "with the next sync":
        return world.sync
    return WebhookDelivery(world).deliver_and_process


def test_a_person_who_signs_up_becomes_a_contact_in_the_group(world: World, arrive: Arrive) -> None:
    world.act(ZOE, "subscribe")

    arrive()

    assert [world.in_group(contact) for contact in world.owners(ZOE)] == ["Added"]


def test_a_person_who_signs_up_with_the_address_of_a_contact_is_that_contact(world: World, arrive: Arrive) -> None:
    ben = world.contact(BEN)
    world.act(BEN, "subscribe")

    arrive()

    assert (world.owners(BEN), world.in_group(ben)) == ([ben], "Added")


def test_a_person_who_left_and_signs_up_again_is_added_again(world: World, ann: int, arrive: Arrive) -> None:
    world.act(ANN, "unsubscribe")
    arrive()
    assert world.in_group(ann) == "Removed"
    world.pass_time(60)
    world.act(ANN, "subscribe")

    arrive()

    assert world.in_group(ann) == "Added"


def test_a_person_who_has_not_confirmed_yet_has_asked_for_it(world: World) -> None:
    """Mailchimp tells of them by webhook once they have confirmed."""
    ben = world.contact(BEN)
    with httpx2.Client(transport=world.to_mailchimp, auth=("us", KEY)) as mailchimp:
        mailchimp.patch(f"http://mc/3.0/lists/{LIST}", json={"double_optin": True}).raise_for_status()
    world.act(BEN, "subscribe")
    assert world.status(BEN) == "pending"

    world.sync()

    assert world.in_group(ben) == "Added"


@pytest.mark.parametrize("change", ["unsubscribe", "bounce", "complain", "archive"])
def test_a_person_who_goes_is_removed_from_the_group(world: World, ann: int, arrive: Arrive, change: str) -> None:
    world.act(ANN, change)

    arrive()

    assert world.in_group(ann) == "Removed"


def test_ticks_move_the_interests_groups(world: World, ann: int, arrive: Arrive) -> None:
    world.act(ANN, "interests", interests={WALK: False, RIDE: True})

    arrive()

    assert (world.in_group(ann, WALKS), world.in_group(ann, RIDES)) == ("Removed", "Added")


def test_a_person_who_left_since_both_sides_agreed_has_left_though_staff_added_them_again_meanwhile(
    world: World, ann: int
) -> None:
    world.act(ANN, "unsubscribe")
    for status in ("Removed", "Added"):
        world.pass_time(60)
        world.put(ann, status)
    world.pass_time(60)

    world.sync()

    assert (world.status(ANN), world.in_group(ann)) == ("unsubscribed", "Removed")


def test_no_sync_deletes_anyone_for_good_on_either_side(world: World, ann: int) -> None:
    people = [world.contact(f"p{number}@example.org", {NEWS: {}}) for number in range(5)]
    world.sync()
    world.forget_requests()
    world.act(ANN, "delete")
    world.put(people[0], "Removed")
    world.trash(people[1])
    world.edit(people[2], is_deceased=True)
    world.act("p3@example.org", "unsubscribe")
    world.act("p4@example.org", "archive", "admin")
    for everything in (False, True):
        world.pass_time(3_600)
        world.sync(everything=everything)

    assert not [one for one in world.requests() if re.search("delete-permanent|/delete$", one)]
    assert ann in {one["id"] for one in world.civicrm.dump("Contact")}
    assert {f"p{number}@example.org" for number in range(5)} <= set(world.members())
