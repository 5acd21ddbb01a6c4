"""A linked interest that was deleted at Mailchimp keeps nobody off the list, and is told."""

from __future__ import annotations

from dataclasses import replace

from mailchimpsync.sync import Outcome
from support.world import NEWS, RIDES, WALKS, World

GONE = "9999999999"


def test_people_are_subscribed_without_a_deleted_interest_and_the_run_says_so(world: World) -> None:
    world.connection = replace(world.connection, interests={**world.connection.interests, GONE: 11})
    world.civicrm.add_group(11, "Talks")
    ann = world.contact("ann@example.org", {NEWS: 20, WALKS: 20, 11: 20})

    result = world.sync()

    assert result.outcome is Outcome.DONE
    assert (world.status("ann@example.org"), world.fate(contact=ann)[0]) == ("subscribed", "ok")
    assert any("MC_MAPPING_GONE" in note and GONE in note for note in result.notes)
    assert (world.in_group(ann, 11), world.in_group(ann, WALKS)) == ("Added", "Added")
    assert len(world.interests("ann@example.org")) == 1


def test_where_nobody_is_newly_subscribed_the_interests_are_not_asked_for(world: World) -> None:
    world.contact("ann@example.org", {NEWS: 20, RIDES: 20})
    world.sync()
    world.pass_time(3_600)
    world.forget_requests()

    world.sync()

    assert not [one for one in world.requests() if "interest-categories" in one]
