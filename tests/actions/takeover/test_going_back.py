"""Ann goes back to the PHP extension within a week: it goes on as if it had only paused."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from actions.takeover.conftest import on_every_database
from mailchimpsync.actions import fetchandreconcile, rotate_key_file
from mailchimpsync.actions.takeover.back import go_back
from mailchimpsync.actions.takeover.note import forget_outdated_note, read_note
from mailchimpsync.actions.takeover.switch import take_over
from mailchimpsync.errors import BusyError, UsageError
from mailchimpsync.store.schema import secret
from mailchimpsync.sync.lease.lease import acquired_lease
from support.crashing import KilledError
from support.extension import SECRET
from support.extension_world import GUS, LIST, NEWS, ExtensionWorld

EXTENSIONS = [
    "https://crm.example.org/civicrm/mailchimpsync/batch-webhook",
    "https://crm.example.org/civicrm/mailchimpsync/webhook",
]
DAY = 24 * 3_600


def switch(world: ExtensionWorld) -> None:
    with world.site() as site:
        take_over(site, world.source, by="ann")


def is_as_before(world: ExtensionWorld) -> bool:
    with world.site() as site:
        ours = site.configuration.connections, read_note(site)
    return world.job_is_on() and world.webhooks() == EXTENSIONS and world.bases() == {} and ours == ((), None)


@on_every_database
def test_going_back_restores_job_and_webhooks_and_removes_the_connections(world: ExtensionWorld) -> None:
    hooks = world.ask("GET", f"/lists/{LIST}/webhooks")["webhooks"]
    before = world.both_sides()
    switch(world)

    with world.site() as site:
        done = go_back(site, by="ann")

    again = world.ask("GET", f"/lists/{LIST}/webhooks")["webhooks"]
    assert (done.removed, done.webhooks, done.jobs) == (("Newsletter ↔ News",), 2, 1)
    assert is_as_before(world)
    assert world.both_sides() == before
    assert [(one["url"], one["events"], one["sources"]) for one in again] == [
        (one["url"], one["events"], one["sources"]) for one in hooks
    ]


@on_every_database
def test_after_a_sync_it_is_possible_too_and_a_takeover_may_follow(world: ExtensionWorld) -> None:
    switch(world)
    world.remove_from_group(GUS)
    with world.site() as site:
        fetchandreconcile(site, group_id=NEWS)
        assert world.members()["gus@example.org"] == "unsubscribed"
        go_back(site, by="ann")
    assert is_as_before(world)
    world.pass_time(2 * DAY)
    world.change_group_as_extension(GUS)

    switch(world)
    with world.site() as site:
        [report] = fetchandreconcile(site, group_id=NEWS)

    assert report.error is None


@on_every_database
@pytest.mark.parametrize("begin", [1, 2])
def test_killed_at_any_point_the_next_call_goes_on(world: ExtensionWorld, begin: int) -> None:
    switch(world)

    for kill_at in range(begin, 400, 3):
        try:
            with world.site(kill_at=kill_at) as site:
                go_back(site, by="ann")
            break
        except KilledError:
            world.pass_time(660)
    else:
        pytest.fail("it never got through")

    assert kill_at > 20
    assert is_as_before(world)


@pytest.mark.parametrize("kill_at", [5, 15, 25, 35, 45, 55])
def test_from_a_takeover_that_was_killed_it_can_be_gone_back(world: ExtensionWorld, kill_at: int) -> None:
    with pytest.raises(KilledError), world.site(kill_at=kill_at) as site:
        take_over(site, world.source, by="ann")
    world.pass_time(660)

    with world.site() as site:
        has_begun = read_note(site) is not None
        if has_begun:
            go_back(site, by="ann")

    assert has_begun or kill_at < 40
    assert is_as_before(world)


def test_a_webhook_that_mailchimp_refuses_does_not_keep_the_extension_from_syncing(world: ExtensionWorld) -> None:
    switch(world)
    world.mailchimp.set_options(validate_webhooks=True)  # CiviCRM doesn't answer at its old address

    with world.site() as site:
        done = go_back(site, by="ann")

    assert (done.webhooks, len(done.refused)) == (0, 2)
    assert SECRET not in "".join(done.refused)
    assert world.job_is_on()


def test_without_a_takeover_there_is_no_way_back(world: ExtensionWorld) -> None:
    with world.site() as site, pytest.raises(UsageError) as caught:
        go_back(site, by="ann")

    assert "Nothing was taken over" in caught.value.what


def test_after_a_week_it_is_refused_and_nothing_done(world: ExtensionWorld) -> None:
    switch(world)
    world.pass_time(7 * DAY - 1)
    with world.site() as site:
        assert not forget_outdated_note(site)
    world.pass_time(1)

    with world.site() as site, pytest.raises(UsageError) as caught:
        go_back(site, by="ann")

    assert "more than a week ago" in caught.value.what
    assert not world.job_is_on()
    with world.site() as site:
        assert len(site.configuration.connections) == 1
        assert forget_outdated_note(site)
        assert read_note(site) is None


def test_while_a_sync_is_at_work_it_is_refused(world: ExtensionWorld) -> None:
    switch(world)

    with world.site() as site, acquired_lease(site.store, LIST), pytest.raises(BusyError):
        go_back(site, by="ann")

    assert not world.job_is_on()


def test_while_an_update_is_on_its_way_it_is_refused(world: ExtensionWorld) -> None:
    switch(world)
    world.remove_from_group(GUS)
    with world.site() as site:
        fetchandreconcile(site, group_id=NEWS, stop_on="readyToSubmitUpdates")

        with pytest.raises(BusyError) as caught:
            go_back(site, by="ann")

    assert "on their way to Mailchimp: 1" in caught.value.what
    assert not world.job_is_on()


@on_every_database
def test_the_note_is_encrypted_and_survives_another_secret_key(world: ExtensionWorld) -> None:
    switch(world)
    with world.site() as site:
        with site.store.begin() as tx:
            tokens = json.dumps([list(one) for one in tx.execute(select(secret))])
        list(rotate_key_file(site))
    with world.site() as site:
        note = read_note(site)

    assert SECRET not in tokens
    assert SECRET not in repr(note)
    assert note is not None
    assert all(SECRET in one.url for one in note.webhooks)
