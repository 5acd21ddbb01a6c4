"""A forced restart: refused while someone is at work, unless it is said twice."""

from __future__ import annotations

import httpx2
import pytest

from mailchimpsync.errors import BusyError, LeaseLostError
from mailchimpsync.model import Stage
from mailchimpsync.store.runs import runs
from mailchimpsync.sync import Outcome, Result
from support.world import LIST, NEWS, World


def someone_is_at_work(world: World) -> None:
    with world.store.begin() as tx:
        runs.acquire_lease(tx, LIST, "elsewhere:1")


def test_said_once_it_is_refused_and_says_how_to_go_on(world: World) -> None:
    someone_is_at_work(world)

    with pytest.raises(BusyError, match="--force-restart --force-restart"):
        world.sync(force_restart=True)

    assert world.requests() == []


def test_said_twice_the_other_run_is_stopped_and_a_new_one_begins(world: World) -> None:
    ann = world.contact("ann@example.org", {NEWS: 20})
    first = world.sync(stop_on=Stage.SUBMIT)
    someone_is_at_work(world)

    second = world.sync(force_restart=True, take_over=True)

    assert (second.outcome, second.run_id) == (Outcome.DONE, first.run_id + 1)
    assert world.sync_result(contact=ann)[0] == "ok"


def test_the_run_that_was_taken_over_writes_nothing_more(world: World) -> None:
    ann = world.contact("ann@example.org", {NEWS: 20})
    taken_over: list[Result] = []

    def take_over(request: httpx2.Request) -> None:
        if request.url.path.endswith("/members") and not taken_over:
            world.to_mailchimp.before = lambda _request: None
            systems, world.systems = world.systems, world.new_systems()
            taken_over.append(world.sync(force_restart=True, take_over=True))
            world.systems = systems
            world.forget_requests()

    world.to_mailchimp.before = take_over

    with pytest.raises(LeaseLostError):
        world.sync()

    assert taken_over[0].outcome is Outcome.DONE
    assert world.writes() == []
    assert world.sync_result(contact=ann)[0] == "ok"
