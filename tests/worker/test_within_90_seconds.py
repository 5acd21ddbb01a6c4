"""The service brings changes to the other side soon, by its default schedule and without webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event

import pytest

from mailchimpsync.actions import Site, collectresults
from mailchimpsync.config import Schedule
from mailchimpsync.worker.scheduler import Scheduler
from mailchimpsync.worker.tasks.batches import EVERY_SECONDS as BATCHES_EVERY_SECONDS
from support.webhook_delivery import site_of
from support.world import NEWS, World

PEOPLE = [f"p{number}@example.org" for number in range(20)]


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    for address in PEOPLE:
        made.member(address)
        made.contact(address, {NEWS: 20})
    made.sync()
    yield made
    made.close()


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    made = site_of(world)
    [link] = made.configuration.connections
    by_default = link.model_copy(update={"schedule": Schedule()})
    made.configuration = made.configuration.model_copy(update={"connections": (by_default,)})
    yield made
    made.close_clients()


def seconds_until(world: World, site: Site, scheduler: Scheduler, is_there: Callable[[], bool]) -> int:
    """Let the service work until something is so, and return how long that took."""
    for second in range(200):
        for link in scheduler._due_links():
            scheduler._run(link)
        if second % BATCHES_EVERY_SECONDS == 0:
            collectresults(site)
        if is_there():
            return second
        world.pass_time(1)
    raise AssertionError("not within 200 seconds")


def leave_at_mailchimp(world: World, address: str) -> Callable[[], bool]:
    """Let someone unsubscribe, and return what says whether CiviCRM knows."""
    world.act(address, "unsubscribe")
    return lambda: world.in_group(world.owners(address)[0]) == "Removed"


def leave_in_civicrm(world: World, address: str) -> Callable[[], bool]:
    """Remove someone from the group, and return what says whether Mailchimp knows."""
    world.put(world.owners(address)[0], "Removed")
    return lambda: world.status(address) == "unsubscribed"


@pytest.mark.thorough
def test_a_change_on_either_side_is_on_the_other_within_90_seconds_without_webhooks(world: World, site: Site) -> None:
    scheduler = Scheduler(site, Event())
    took = []
    for number, address in enumerate(PEOPLE):
        world.pass_time(7 * number)
        leave = leave_at_mailchimp if number % 2 else leave_in_civicrm
        took.append(seconds_until(world, site, scheduler, leave(world, address)))

    assert sorted(took)[int(len(took) * 0.95)] <= 90
