"""Contacts that the last run has read, and nobody has touched since, are not read again; all others are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailchimpsync.civicrm import modified
from mailchimpsync.civicrm.http.client import Call
from mailchimpsync.model import Stage
from mailchimpsync.sync import Outcome
from support.world import NEWS, World, days_ago

MINUTE = 60
BEFORE_NOON = days_ago(1 / 24)
"""An hour before the world's beginning."""


def addresses_read(world: World) -> int:
    """Return how often CiviCRM was asked for addresses since the requests were forgotten."""
    return sum("Email/get" in request for request in world.requests())


def loaded(world: World, number: int = 3) -> list[int]:
    """Load some people into both sides, all in the same second, and sync them."""
    people = []
    for name in range(number):
        people.append(world.contact(f"p{name}@example.org", {NEWS: 20}, modified_date=BEFORE_NOON))
        world.member(f"p{name}@example.org")
    assert world.sync().outcome is Outcome.DONE
    world.pass_time(20 * MINUTE)
    world.forget_requests()
    return people


def test_a_run_after_a_mass_edit_does_not_read_what_the_run_before_it_has_read(world: World) -> None:
    loaded(world)

    world.sync()

    assert addresses_read(world) == 0


def test_it_is_so_after_the_first_run_too_wherever_the_site_is(world: World) -> None:
    world.civicrm.set_options(zone="America/New_York")
    loaded(world)

    world.sync()

    assert addresses_read(world) == 0


def test_it_stays_so_over_several_runs(world: World) -> None:
    loaded(world)
    for _ in range(3):
        world.sync()
        world.pass_time(5 * MINUTE)

    assert addresses_read(world) == 0


def test_someone_whose_address_was_edited_among_many_who_are_known_is_read(world: World) -> None:
    people = loaded(world)
    world.edit_address(people[1], email="new@example.org")

    world.sync()

    assert world.status("new@example.org") == "subscribed"


def test_someone_new_is_read_beside_many_who_are_known(world: World) -> None:
    loaded(world)
    world.contact("late@example.org", {NEWS: 20}, modified_date=BEFORE_NOON)
    world.member("late@example.org", last_changed=world.now.isoformat())
    world.sync()

    assert addresses_read(world) > 0


def test_a_second_change_within_the_second_in_which_a_contact_was_read_is_noticed(world: World) -> None:
    at_the_same_second = world.now.isoformat()
    person = world.contact("before@example.org", {NEWS: 20}, modified_date=at_the_same_second)
    world.member("before@example.org")
    world.sync()
    world.edit_address(person, email="after@example.org")  # the clock stands still: its date is the same
    world.pass_time(30 * MINUTE)

    world.sync()

    assert world.status("after@example.org") == "subscribed"


def test_a_run_that_was_interrupted_before_it_read_the_contacts_knows_nothing_of_what_came_meanwhile(
    world: World,
) -> None:
    people = loaded(world)
    world.edit(people[0], do_not_email=True)
    world.sync(seconds=0)
    world.edit(people[2], is_opt_out=True)
    world.pass_time(15 * MINUTE)
    world.sync()
    world.pass_time(15 * MINUTE)
    world.sync()
    world.sync()

    assert world.status("p0@example.org") == "unsubscribed"
    assert world.status("p2@example.org") == "unsubscribed"


def test_what_a_run_has_read_that_was_dropped_is_read_again(world: World) -> None:
    people = loaded(world)
    world.edit(people[0], is_opt_out=True)
    world.pass_time(15 * MINUTE)
    world.sync(stop_on=Stage.FIX_CONTACT_IDS)
    world.pass_time(15 * MINUTE)
    world.sync(force_restart=True)

    assert world.status("p0@example.org") == "unsubscribed"


def test_asking_for_changes_since_an_earlier_date_reads_them(world: World) -> None:
    loaded(world)

    world.sync(since=world.now - timedelta(days=1))

    assert addresses_read(world) > 0


def test_a_site_that_tells_no_seconds_is_read_as_before(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(since: str) -> Call:
        return (
            "Contact",
            "get",
            {"select": ["NO_SUCH_FUNCTION(id) AS number"], "where": [["modified_date", ">=", since]]},
        )

    monkeypatch.setattr(modified, "call", refused)
    people = loaded(world)
    world.edit_address(people[1], email="new@example.org")

    world.sync()

    assert world.status("new@example.org") == "subscribed"
    assert addresses_read(world) > 0


def test_of_more_seconds_than_are_told_everything_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modified, "SECONDS_MAX", 2)
    loaded(world)
    for name in ("x", "y"):
        world.contact(f"{name}@example.org", modified_date=world.now.isoformat())
        world.pass_time(1)

    world.sync()

    assert addresses_read(world) > 0
