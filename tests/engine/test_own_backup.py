"""An old copy of our own database comes back: it is noticed, and nobody is removed on the strength of it."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from mailchimpsync.errors import Code, MailchimpsyncError
from mailchimpsync.runtime import Deadline
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.members_run import members_run
from support.world import NEWS, World


def raw(world: World) -> sqlite3.Connection:
    store: Any = world.store
    connection: sqlite3.Connection = store._engine.raw_connection().driver_connection
    return connection


def backup(world: World) -> sqlite3.Connection:
    kept = sqlite3.connect(":memory:")
    raw(world).backup(kept)
    return kept


def restored_after_people_came_and_went(world: World) -> tuple[int, int]:
    """Bella left and came back, Carl left, both by their own act; then the copy from before all that comes back."""
    for name in ("bella", "carl", "dora"):
        world.member(f"{name}@example.org")
    bella, carl, _ = (world.contact(f"{name}@example.org", {NEWS: 20}) for name in ("bella", "carl", "dora"))
    world.sync()
    world.pass_time(86_400)
    world.act("bella@example.org", "unsubscribe")
    world.sync()
    assert world.in_group(bella) == "Removed"
    kept = backup(world)
    world.pass_time(86_400)
    world.act("bella@example.org", "subscribe")
    world.act("carl@example.org", "unsubscribe")
    world.sync()
    assert (world.in_group(bella), world.in_group(carl)) == ("Added", "Removed")
    world.pass_time(86_400)
    kept.backup(raw(world))
    world.forget_requests()
    return bella, carl


def test_a_run_on_an_old_copy_of_our_database_stops_and_changes_nothing(world: World) -> None:
    restored_after_people_came_and_went(world)

    with pytest.raises(MailchimpsyncError) as caught:
        world.sync()

    assert caught.value.code is Code.OWN_RESTORED
    assert world.writes() == []


def test_events_wait_while_our_database_is_an_old_copy(world: World) -> None:
    restored_after_people_came_and_went(world)
    run = members_run(world.systems, world.connection, Deadline(world.runtime))

    with pytest.raises(MailchimpsyncError) as caught, run:
        pass

    assert caught.value.code is Code.OWN_RESTORED


def test_once_it_is_accepted_who_came_back_stays_and_who_left_has_left(world: World) -> None:
    bella, carl = restored_after_people_came_and_went(world)

    assert world.sync(accept_restored=True).outcome is Outcome.DONE
    assert world.sync().outcome is Outcome.DONE

    assert (world.status("bella@example.org"), world.in_group(bella)) == ("subscribed", "Added")
    assert (world.status("carl@example.org"), world.in_group(carl)) == ("unsubscribed", "Removed")
    assert world.status("dora@example.org") == "subscribed"
    assert world.writes() == []
