"""A connection that is held is left alone by the service, until someone approves its plan: then at once."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from mailchimpsync.actions import approveplan, fetchandreconcile, getplans
from mailchimpsync.config import Guard, Schedule
from mailchimpsync.worker.scheduler import Scheduler
from support.webhook_delivery import site_of
from support.world import NEWS, World

PEOPLE = [f"person{number}@example.org" for number in range(10)]


@pytest.fixture
def scheduler(world: World) -> Iterator[Scheduler]:
    """The scheduler of a charity from whose group staff have just removed half the people."""
    for address in PEOPLE:
        world.member(address)
        world.contact(address, {NEWS: 20})
    world.sync()
    site = site_of(world)
    [link] = site.configuration.connections
    guarded = link.model_copy(update={"guard": Guard(minimum=1)})
    site.configuration = site.configuration.model_copy(update={"connections": (guarded,)})
    world.pass_time(7_200)
    for address in PEOPLE[:5]:
        world.put(world.owners(address)[0], "Removed")
    yield Scheduler(site, Event())
    site.close_clients()


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def run_what_is_due(scheduler: Scheduler) -> int:
    links = scheduler._due_links()
    for link in links:
        scheduler._run(link)
    return len(links)


def test_a_held_connection_is_not_tried_again_every_second(world: World, scheduler: Scheduler) -> None:
    assert run_what_is_due(scheduler) == 1
    assert [plan.kind for plan in getplans(scheduler.site)] == ["held"]
    tries = 0
    for _ in range(100):
        world.pass_time(1)
        tries += run_what_is_due(scheduler)

    assert tries == 0
    assert all(world.status(address) == "subscribed" for address in PEOPLE)


def test_an_approved_plan_is_done_at_once_and_once(world: World, scheduler: Scheduler) -> None:
    run_what_is_due(scheduler)
    world.pass_time(10)
    [plan] = getplans(scheduler.site)
    approveplan(scheduler.site, id=plan.id, by="ann")
    world.pass_time(1)

    assert run_what_is_due(scheduler) == 1
    assert [plan.state for plan in getplans(scheduler.site)] == ["applied"]
    world.pass_time(1)
    assert run_what_is_due(scheduler) == 0
    world.mailchimp.run_batches()
    assert {world.status(address) for address in PEOPLE[:5]} == {"unsubscribed"}


def test_with_the_schedule_off_an_approved_plan_waits_for_someone_to_sync(world: World, scheduler: Scheduler) -> None:
    run_what_is_due(scheduler)
    [link] = scheduler.site.configuration.connections
    off = link.model_copy(update={"schedule": Schedule(enabled=False)})
    scheduler.site.configuration = scheduler.site.configuration.model_copy(update={"connections": (off,)})
    world.pass_time(10)
    [plan] = getplans(scheduler.site)
    approveplan(scheduler.site, id=plan.id, by="ann")
    world.pass_time(7_200)

    assert run_what_is_due(scheduler) == 0
    [report] = fetchandreconcile(scheduler.site, max_time=0)
    assert (report.error, [plan.state for plan in getplans(scheduler.site)]) == (None, ["applied"])


def test_in_quiet_hours_people_who_leave_are_taken_off_the_list_as_at_any_other_time(
    world: World, scheduler: Scheduler
) -> None:
    [link] = scheduler.site.configuration.connections
    quiet = link.model_copy(update={"guard": Guard(enabled=False), "schedule": Schedule(quiet="00:00-23:59")})
    scheduler.site.configuration = scheduler.site.configuration.model_copy(update={"connections": (quiet,)})

    assert run_what_is_due(scheduler) == 1
    world.mailchimp.run_batches()
    assert {world.status(address) for address in PEOPLE[:5]} == {"unsubscribed"}
