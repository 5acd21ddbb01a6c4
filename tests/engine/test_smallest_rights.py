"""Whole syncs with a key that has the smallest set of permissions, on each recorded version of CiviCRM."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailchimpsync.sync import Outcome
from mailchimpsync_sandbox.civicrm.permissions import SMALLEST
from support.world import NEWS, WALK, WALKS, World

ANN, BOB, CID = "ann@example.org", "bob@example.org", "cid@example.org"


@pytest.fixture(params=["6.13", "6.17"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(rights=sorted(SMALLEST))
    made.civicrm.set_options(version=request.param, zone="America/New_York")
    yield made
    made.close()


def test_a_first_sync_brings_both_sides_together(world: World) -> None:
    ann = world.contact(ANN, {NEWS: {}, WALKS: {}})
    bob = world.contact(BOB)
    world.member(BOB)
    world.member(CID)

    assert world.sync().outcome is Outcome.DONE

    assert [world.status(address) for address in (ANN, BOB, CID)] == ["subscribed"] * 3
    assert world.interests(ANN) == {WALK}
    assert [world.in_group(one) for one in (ann, bob, *world.owners(CID))] == ["Added"] * 3


def test_who_leaves_on_one_side_leaves_on_the_other(world: World) -> None:
    ann, bob = world.contact(ANN, {NEWS: {}}), world.contact(BOB, {NEWS: {}})
    world.sync()
    world.act(ANN, "unsubscribe")
    world.put(bob, "Removed")

    assert world.sync().outcome is Outcome.DONE

    assert (world.in_group(ann), world.status(BOB)) == ("Removed", "unsubscribed")


def test_a_failure_of_the_database_that_passes_stops_nothing(world: World) -> None:
    world.contact(ANN, {NEWS: {}})
    world.civicrm.fail_database("^GroupContact get$")
    world.civicrm.fail_database("^Contact get$", skip=3)

    assert world.sync().outcome is Outcome.DONE

    assert world.status(ANN) == "subscribed"


def test_a_contact_in_a_trash_that_is_not_shown_takes_nobody_off_the_audience(world: World) -> None:
    ann = world.contact(ANN, {NEWS: {}})
    world.contact(BOB, {NEWS: {}})
    world.sync()
    world.trash(ann)

    world.sync()

    assert [world.status(address) for address in (ANN, BOB)] == ["subscribed"] * 2
