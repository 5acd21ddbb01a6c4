"""After the first sync the side that changed since both agreed wins, whatever the other side's dates say."""

from __future__ import annotations

import pytest

from support.world import NEWS, RIDE, RIDES, WALK, WALKS, World, days_ago


@pytest.fixture
def eva(world: World) -> int:
    world.member("eva@example.org", interests={WALK: True})
    contact = world.contact("eva@example.org", {NEWS: 20, WALKS: 20})
    world.sync()
    world.pass_time(7_200)
    return contact


def rename_at_mailchimp(world: World) -> None:
    """Move the member's date of change, and nothing a sync cares for."""
    world.pass_time(60)
    world.act("eva@example.org", "names", merge_fields={"LNAME": "Changed"})


def test_staff_removal_wins_over_a_later_unrelated_edit(world: World, eva: int) -> None:
    world.put(eva, "Removed")
    rename_at_mailchimp(world)

    world.sync()

    assert (world.in_group(eva), world.status("eva@example.org")) == ("Removed", "unsubscribed")


@pytest.mark.parametrize(("group", "status", "ticked"), [(WALKS, "Removed", set()), (RIDES, "Added", {WALK, RIDE})])
def test_staff_change_of_an_interest_survives_a_later_unrelated_edit(
    world: World, eva: int, group: int, status: str, ticked: set[str]
) -> None:
    world.put(eva, status, group)
    rename_at_mailchimp(world)

    world.sync()

    assert world.interests("eva@example.org") == ticked


def test_an_interest_ticked_by_the_person_reaches_the_group(world: World, eva: int) -> None:
    world.act("eva@example.org", "interests", interests={WALK: False, RIDE: True})

    world.sync()

    assert (world.in_group(eva, WALKS), world.in_group(eva, RIDES)) == ("Removed", "Added")


def test_each_side_may_change_another_interest_at_the_same_time(world: World, eva: int) -> None:
    world.put(eva, "Removed", WALKS)
    world.act("eva@example.org", "interests", interests={RIDE: True})

    world.sync()

    assert world.interests("eva@example.org") == {RIDE}
    assert (world.in_group(eva, WALKS), world.in_group(eva, RIDES)) == ("Removed", "Added")


def test_a_membership_that_was_deleted_counts_as_removed(world: World, eva: int) -> None:
    where = [["contact_id", "=", eva], ["group_id", "=", NEWS]]
    world.civicrm.call("GroupContact", "delete", {"where": where})

    world.sync()

    assert world.status("eva@example.org") == "unsubscribed"


def test_a_person_who_was_removed_and_joins_again_by_the_form_is_added_again(world: World, eva: int) -> None:
    world.put(eva, "Removed")
    world.sync()
    world.pass_time(3_600)
    world.act("eva@example.org", "subscribe")

    world.sync()

    assert (world.in_group(eva), world.status("eva@example.org")) == ("Added", "subscribed")


def test_a_person_who_joined_and_left_again_between_two_readings_has_left_now_not_then(world: World) -> None:
    """Found by simulation, seed 440: the old date of leaving let an Added from in between ask them back."""
    world.member("ann@example.org", "unsubscribed", last_changed=days_ago(5))
    contact = world.contact("ann@example.org")
    world.sync()
    world.pass_time(3_600)
    world.act("ann@example.org", "subscribe")
    world.pass_time(3_600)
    world.put(contact, "Added")
    world.pass_time(3_600)
    world.act("ann@example.org", "unsubscribe")
    world.pass_time(3_600)
    world.sync()

    assert world.status("ann@example.org") == "unsubscribed"
    assert world.in_group(contact) == "Removed"
