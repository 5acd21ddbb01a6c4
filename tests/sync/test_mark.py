"""Since when the next run looks at changes: nobody who changes something at a bad moment is overlooked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from mailchimpsync.model import Stage
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import run
from mailchimpsync.sync import Outcome
from support.world import LIST, NEWS, World, days_ago

ANN = "ann@example.org"
HOUR = 3_600
LONG_AGO = {"status": "Added", "date": days_ago(200)}


@pytest.fixture
def ann(world: World) -> int:
    """Ann gets the news; both sides agree."""
    world.member(ANN)
    contact = world.contact(ANN, {NEWS: 20})
    world.sync()
    world.pass_time(HOUR)
    return contact


def test_a_person_who_leaves_during_a_long_run_that_had_read_them_already_is_seen_by_the_next(
    world: World, ann: int
) -> None:
    world.sync(stop_on=Stage.FIX_CONTACT_IDS)
    world.act(ANN, "unsubscribe")
    world.pass_time(5 * HOUR)
    assert world.sync().outcome is Outcome.DONE
    assert world.in_group(ann) == "Added"

    world.sync()

    assert world.in_group(ann) == "Removed"


def test_a_person_who_left_before_a_run_that_was_dropped_before_it_read_anything_is_seen_by_the_next(
    world: World, ann: int
) -> None:
    world.act(ANN, "unsubscribe")
    world.pass_time(5 * HOUR)
    world.sync(stop_on=Stage.FETCH)

    world.sync(force_restart=True)

    assert world.in_group(ann) == "Removed"


def test_a_person_who_left_before_a_run_that_was_dropped_undecided_is_seen_by_the_next(world: World, ann: int) -> None:
    world.act(ANN, "unsubscribe")
    world.pass_time(5 * HOUR)
    world.sync(stop_on=Stage.RECONCILE)
    world.pass_time(5 * HOUR)

    world.sync(force_restart=True)

    assert world.in_group(ann) == "Removed"


def test_a_person_who_leaves_while_a_run_is_interrupted_for_days_is_not_subscribed_by_what_it_had_read(
    world: World, ann: int
) -> None:
    ida = world.contact("ida@example.org", {NEWS: 0})
    world.sync(stop_on=Stage.RECONCILE)
    world.pass_time(30 * HOUR)
    world.put(ida, "Removed")

    world.sync()

    assert world.status("ida@example.org") is None


def test_a_first_sync_reads_everything_whatever_since_says_and_says_so(world: World) -> None:
    world.member(ANN)
    ann = world.contact(ANN)
    ida = world.contact("ida@example.org", {NEWS: 200})

    result = world.sync(since=world.now - timedelta(days=1))

    assert world.in_group(ann) == "Added"
    assert world.status("ida@example.org") == "subscribed", ida
    assert result.notes == ("This connection has never been read in full, so everything is read and since is ignored.",)


def test_a_first_sync_that_was_dropped_is_made_up_for_whatever_since_says(world: World) -> None:
    world.contact("ida@example.org", {NEWS: 200})
    world.sync(stop_on=Stage.SUBMIT)

    world.sync(force_restart=True, since=world.now)

    assert world.status("ida@example.org") == "subscribed"


def test_a_connection_whose_first_run_left_people_out_is_read_in_full_by_the_next(world: World, ann: int) -> None:
    """As 0.1 left one behind that was first synced with a date: the mark is there, and nothing was read in full."""
    with world.store.begin() as tx:
        tx.execute(update(run).values(since=world.now - timedelta(days=1)))
    world.civicrm.load_contacts([{"id": ann + 1, "emails": ["ida@example.org"], "groups": {NEWS: LONG_AGO}}])

    world.sync()

    assert world.status("ida@example.org") == "subscribed"


def test_a_person_who_left_in_a_time_that_since_left_out_is_seen_by_the_next_run(world: World, ann: int) -> None:
    world.act(ANN, "unsubscribe")
    world.pass_time(5 * HOUR)

    left_out = world.sync(since=world.now - timedelta(minutes=30))
    assert world.in_group(ann) == "Added"
    assert ["are not read, because of since" in note for note in left_out.notes] == [True]

    world.pass_time(5 * HOUR)
    world.sync()
    assert world.in_group(ann) == "Removed"


def test_a_run_with_a_later_since_that_is_dropped_once_it_has_decided_leaves_out_nobody_either(
    world: World, ann: int
) -> None:
    world.act(ANN, "unsubscribe")
    world.pass_time(5 * HOUR)
    world.sync(since=world.now, stop_on=Stage.CHANGE_GROUPS)
    world.pass_time(5 * HOUR)

    world.sync(force_restart=True)

    assert world.in_group(ann) == "Removed"


def test_a_since_before_the_mark_moves_the_mark(world: World, ann: int) -> None:
    world.sync(since=world.now - timedelta(days=5))
    world.pass_time(5 * HOUR)
    world.act(ANN, "unsubscribe")

    world.sync()

    assert world.in_group(ann) == "Removed"
    with world.store.begin() as tx:
        assert runs.stored_status(tx, LIST).last_sync_time == world.now
