"""A connection is paused: nothing is synced until someone resumes it, but whoever left stays off the list."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from mailchimpsync.actions import Site, fetchandreconcile, getstatus, pausesync, resumesync
from mailchimpsync.actions.alerts.detection import find_problems
from mailchimpsync.model import Stage
from mailchimpsync.runtime import NoProgress
from mailchimpsync.worker.scheduler import Scheduler
from support.webhook_delivery import WebhookDelivery
from support.world import NEWS, World

ANN, CARL, DORA = "ann@example.org", "carl@example.org", "dora@example.org"
WEEK = 7 * 86_400


@pytest.fixture
def post() -> Iterator[WebhookDelivery]:
    """Ann is in sync, and Mailchimp's webhooks arrive."""
    world = World()
    world.member(ANN)
    world.contact(ANN, {NEWS: 20})
    world.sync()
    office = WebhookDelivery(world)
    office.take()
    yield office
    world.close()


@pytest.fixture
def site(post: WebhookDelivery) -> Site:
    pausesync(post.site, group_id=NEWS, reason="CiviCRM is being upgraded", by="ada")
    return post.site


def due(site: Site) -> list[str]:
    return [link.audience_id for link in Scheduler(site, Event())._due_links()]


def state(site: Site) -> tuple[str, str | None]:
    [found] = getstatus(site)
    return found.state.name, found.state.paused_by


def test_nothing_is_synced_until_someone_resumes_it(post: WebhookDelivery, site: Site) -> None:
    world = post.world
    contact = world.contact(CARL, {NEWS: 0})
    world.pass_time(86_400)

    assert state(site) == ("paused", "ada")
    assert due(site) == []
    [report] = fetchandreconcile(site, group_id=NEWS)
    assert (report.outcome, report.exit_code) == ("PAUSED", 7)
    assert report.error is not None
    assert "CiviCRM is being upgraded" in report.error.what
    assert world.status(CARL) is None

    assert not pausesync(site, group_id=NEWS, by="otto").has_changed
    assert resumesync(site, group_id=NEWS).has_changed
    assert len(due(site)) == 1
    fetchandreconcile(site, group_id=NEWS)
    assert world.in_group(contact) == "Added"
    assert world.status(CARL) == "subscribed"
    assert state(site) == ("ok", None)


def test_who_leaves_at_mailchimp_is_taken_out_at_once_and_all_else_waits(post: WebhookDelivery, site: Site) -> None:
    world = post.world
    [ann] = world.owners(ANN)
    world.act(ANN, "unsubscribe")
    world.act(DORA, "subscribe")
    post.deliver_and_process()

    assert world.in_group(ann) == "Removed"
    assert world.owners(DORA) == []
    assert ("subscribe", "ignored", "PAUSED") in post.event_outcomes()

    resumesync(site, group_id=NEWS)
    fetchandreconcile(site, group_id=NEWS)
    [dora] = world.owners(DORA)
    assert world.in_group(dora) == "Added"


class PausesAtDeciding(NoProgress):
    """Someone who pauses the connection when a run comes to its decisions."""

    def __init__(self, world: World, site: Site) -> None:
        self.world, self.site = world, site

    def stage(self, stage: str) -> None:
        if stage == Stage.RECONCILE.value:
            pausesync(self.site, group_id=NEWS, by="ada")
            self.world.pass_time(1)


def test_a_run_in_progress_stops_before_it_writes_and_begins_again_after_the_pause(post: WebhookDelivery) -> None:
    """Carl is taken out of the group during the pause, after the run has read that he is in it."""
    world, site = post.world, post.site
    carl, dora = (world.contact(one, {NEWS: 0}) for one in (CARL, DORA))
    world.pass_time(3_600)

    [report] = fetchandreconcile(site, group_id=NEWS, progress=PausesAtDeciding(world, site))

    assert (report.outcome, report.exit_code) == ("paused", 7)
    assert world.status(DORA) is None
    world.put(carl, "Removed")
    world.pass_time(600)
    resumesync(site, group_id=NEWS)
    fetchandreconcile(site, group_id=NEWS)
    assert [one["outcome"] for one in world.runs()][-2:] == ["dropped", "done"]
    assert (world.status(CARL), world.status(DORA)) == (None, "subscribed")
    assert world.in_group(dora) == "Added"


def test_a_pause_of_more_than_a_week_is_reported_and_never_as_late(post: WebhookDelivery, site: Site) -> None:
    post.world.pass_time(WEEK - 60)
    assert [one.kind for one in find_problems(site)] == []

    post.world.pass_time(120)
    [problem] = find_problems(site)
    assert (problem.kind, problem.data["by"]) == ("paused", "ada")
