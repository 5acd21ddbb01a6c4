"""Since when the next run looks at changes: nobody who changes something at a bad moment is overlooked."""

from __future__ import annotations

import pytest

from mailchimpsync.model import Stage
from mailchimpsync.sync import Outcome
from support.world import NEWS, World

ANN = "ann@example.org"
HOUR = 3_600


@pytest.fixture
def ann(world: World) -> int:
    """Ann gets the news; both sides agree."""
    world.member(ANN)
    contact = world.contact(ANN, {NEWS: 20})
    world.sync()
    world.pass_time(HOUR)
    return contact


def test_who_leaves_during_a_long_run_that_had_read_them_already_is_seen_by_the_next(world: World, ann: int) -> None:
    world.sync(stop_on=Stage.FIX_CONTACT_IDS)
    world.act(ANN, "unsubscribe")
    world.pass_time(5 * HOUR)
    assert world.sync().outcome is Outcome.DONE
    assert world.in_group(ann) == "Added"

    world.sync()

    assert world.in_group(ann) == "Removed"


def test_who_left_before_a_run_that_was_dropped_before_it_read_anything_is_seen_by_the_next(
    world: World, ann: int
) -> None:
    world.act(ANN, "unsubscribe")
    world.pass_time(5 * HOUR)
    world.sync(stop_on=Stage.FETCH)

    world.sync(force_restart=True)

    assert world.in_group(ann) == "Removed"


def test_who_left_before_a_run_that_was_dropped_undecided_is_seen_by_the_next(world: World, ann: int) -> None:
    world.act(ANN, "unsubscribe")
    world.pass_time(5 * HOUR)
    world.sync(stop_on=Stage.RECONCILE)
    world.pass_time(5 * HOUR)

    world.sync(force_restart=True)

    assert world.in_group(ann) == "Removed"
