"""A site in New York, seen in November: dates of summer, in a database session with a number or with a named zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailchimpsync.store.runs import runs
from support.world import NEWS, World

TOM, TIM = "tom@example.org", "tim@example.org"
BOTH_SESSIONS = pytest.mark.parametrize("named", [False, True], ids=["numeric", "named"])


def in_new_york(world: World, *, named: bool) -> None:
    world.civicrm.set_options(zone="America/New_York", session_zone_is_named=named)


def in_july(hour: int, minute: int) -> str:
    return datetime(2026, 7, 10, hour, minute, tzinfo=UTC).isoformat()


@BOTH_SESSIONS
def test_a_person_who_left_in_summer_within_the_hour_is_not_subscribed_again_in_winter(
    world: World, *, named: bool
) -> None:
    in_new_york(world, named=named)
    world.member(TOM, "unsubscribed", last_changed=in_july(14, 30))
    tom = world.contact(TOM, {NEWS: {"status": "Added", "date": in_july(14, 0)}})

    world.sync()

    assert (world.status(TOM), world.in_group(tom)) == ("unsubscribed", "Removed")


@BOTH_SESSIONS
def test_a_person_who_was_removed_in_summer_within_the_hour_is_not_added_again_in_winter(
    world: World, *, named: bool
) -> None:
    in_new_york(world, named=named)
    world.member(TOM, last_changed=in_july(14, 0))
    tom = world.contact(TOM, {NEWS: {"status": "Removed", "date": in_july(14, 30)}})

    world.sync()

    assert (world.status(TOM), world.in_group(tom)) == ("unsubscribed", "Removed")


@BOTH_SESSIONS
def test_a_person_who_came_back_in_summer_hours_later_is_subscribed_in_winter(world: World, *, named: bool) -> None:
    in_new_york(world, named=named)
    world.member(TOM, "unsubscribed", last_changed=in_july(10, 0))
    world.contact(TOM, {NEWS: {"status": "Added", "date": in_july(16, 0)}})

    world.sync()

    assert world.status(TOM) == "subscribed"


@BOTH_SESSIONS
def test_the_kind_of_session_is_learnt_when_the_clocks_change(world: World, *, named: bool) -> None:
    for app in (world.mailchimp, world.civicrm):
        app.clock.freeze(datetime(2026, 10, 30, 12, 0, tzinfo=UTC))
    in_new_york(world, named=named)
    world.member(TOM, last_changed=in_july(14, 0))
    world.contact(TOM, {NEWS: {"status": "Added", "date": "2026-10-20T12:00:00+00:00"}})
    world.sync()
    assert learnt(world) == "unknown"
    world.pass_time(5 * 86_400)

    world.sync()
    world.pass_time(86_400)
    world.sync()

    assert learnt(world) == ("named" if named else "numeric")


def learnt(world: World) -> str:
    with world.store.begin() as tx:
        return str((runs.stored_status(tx, world.list_id).seen or {})["session"])
