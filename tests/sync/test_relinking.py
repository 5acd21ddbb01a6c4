"""Ann links an audience with another group, or an interest: what was agreed with the old one moves nobody."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from mailchimpsync.model import Connection, Stage
from mailchimpsync.store.schema import cache
from mailchimpsync.sync.safety.changed_links import ROWS_PER_STEP
from support.world import LIST, NEWS, RIDE, RIDES, WALK, WALKS, World, days_ago

CIRCULAR, HIKES = 20, 21


@pytest.fixture
def world(world: World) -> World:
    """With two more groups, which are not linked yet."""
    world.civicrm.add_group(CIRCULAR, "Circular")
    world.civicrm.add_group(HIKES, "Hikes")
    return world


def link(world: World, group: int = NEWS, **interests: int) -> None:
    world.connection = Connection(LIST, group, interests or {WALK: WALKS, RIDE: RIDES})


def removed(days: float) -> dict[str, str]:
    return {"status": "Removed", "date": days_ago(days)}


def test_an_old_removal_from_the_new_group_unsubscribes_nobody(world: World) -> None:
    bella = world.contact("bella@example.org", {NEWS: 200, CIRCULAR: removed(100)})
    world.member("bella@example.org")
    world.sync()
    link(world, CIRCULAR)

    world.sync()

    assert (world.status("bella@example.org"), world.in_group(bella, CIRCULAR)) == ("subscribed", "Added")


def test_a_person_who_left_while_the_old_group_was_linked_is_asked_back_by_a_newer_membership_of_the_new_one(
    world: World,
) -> None:
    carl = world.contact("carl@example.org", {NEWS: 200})
    world.member("carl@example.org")
    world.sync()
    world.pass_time(60)
    world.act("carl@example.org", "unsubscribe")
    world.pass_time(60)
    world.put(carl, "Added", CIRCULAR)
    link(world, CIRCULAR)

    world.sync()

    assert world.in_group(carl, CIRCULAR) == "Added"


def test_a_person_who_opted_out_after_joining_the_new_group_leaves_it(world: World) -> None:
    carl = world.contact("carl@example.org", {NEWS: 200, CIRCULAR: 100})
    world.member("carl@example.org")
    world.sync()
    world.act("carl@example.org", "unsubscribe")
    link(world, CIRCULAR)

    world.sync()

    assert (world.status("carl@example.org"), world.in_group(carl, CIRCULAR)) == ("unsubscribed", "Removed")


def test_an_interest_with_another_group_is_not_unticked_for_an_old_removal_from_that_group(world: World) -> None:
    dora = world.contact("dora@example.org", {NEWS: 200, WALKS: 200, RIDES: 200, HIKES: removed(100)})
    world.member("dora@example.org", interests={WALK: True, RIDE: True})
    world.sync()
    link(world, **{WALK: HIKES, RIDE: RIDES})

    world.sync()

    assert (world.interests("dora@example.org"), world.in_group(dora, HIKES)) == ({WALK, RIDE}, "Added")


def test_the_other_interests_keep_their_base(world: World) -> None:
    dora = world.contact("dora@example.org", {NEWS: 200, WALKS: 200, RIDES: 200})
    world.member("dora@example.org", interests={WALK: True, RIDE: True})
    world.sync()
    world.pass_time(60)
    world.put(dora, "Removed", RIDES)
    world.pass_time(60)
    world.act("dora@example.org", "names", merge_fields={"LNAME": "Married"})
    link(world, **{WALK: HIKES, RIDE: RIDES})

    world.sync()

    assert world.interests("dora@example.org") == {WALK}


def test_an_interest_that_was_not_linked_for_a_while_starts_afresh(world: World) -> None:
    dora = world.contact("dora@example.org", {NEWS: 200, WALKS: 200})
    world.member("dora@example.org", interests={WALK: True})
    world.sync()
    link(world, **{RIDE: RIDES})
    world.sync()
    world.pass_time(60)
    world.act("dora@example.org", "interests", interests={WALK: False})
    world.pass_time(60)
    world.put(dora, "Removed", WALKS)
    world.put(dora, "Added", WALKS)
    link(world)

    world.sync()

    assert (world.interests("dora@example.org"), world.in_group(dora, WALKS)) == ({WALK}, "Added")


@pytest.mark.batches
def test_an_answer_that_comes_in_after_the_change_is_no_agreement_with_the_new_group(world: World) -> None:
    world.mailchimp.set_options(batch_dwell={"started": 7_200.0})
    emil = world.contact("emil@example.org", {NEWS: 200, WALKS: 5, CIRCULAR: removed(100)})
    world.member("emil@example.org", interests={WALK: False})
    world.sync(seconds=60)
    assert len(world.open_updates()) == 1
    link(world, CIRCULAR)
    world.pass_time(8_000)

    world.sync()

    assert (world.status("emil@example.org"), world.in_group(emil, CIRCULAR)) == ("subscribed", "Added")
    assert world.interests("emil@example.org") == {WALK}


def test_back_to_the_old_group_within_an_unfinished_run_everything_is_read_again(world: World) -> None:
    bella = world.contact("bella@example.org", {NEWS: 200})
    world.member("bella@example.org")
    world.sync()
    link(world, CIRCULAR)
    world.sync(stop_on=Stage.CREATE_CONTACTS)
    link(world)

    world.sync()

    assert (world.status("bella@example.org"), world.in_group(bella)) == ("subscribed", "Added")
    assert world.in_group(bella, CIRCULAR) is None


def test_a_crash_while_forgetting_is_made_up_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    contacts = [world.contact(f"p{number}@example.org", {NEWS: 200, CIRCULAR: removed(100)}) for number in range(4)]
    for number in range(4):
        world.member(f"p{number}@example.org")
    world.sync()
    link(world, CIRCULAR)
    monkeypatch.setattr("mailchimpsync.sync.safety.changed_links.ROWS_PER_STEP", 2)
    second = world.rows()[1]["id"]
    with world.store.begin() as tx:  # as a run leaves it that died between the first step and the second
        tx.execute(update(cache).where(cache.c.id <= second).values(base_subscribed=None))

    world.sync()

    assert ROWS_PER_STEP > 2
    assert [world.in_group(contact, CIRCULAR) for contact in contacts] == ["Added"] * 4
    assert {member["status"] for member in world.members().values()} == {"subscribed"}
