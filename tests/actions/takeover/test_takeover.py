"""Ann takes over from the PHP extension: nothing is lost, and nobody whom both sides agree on is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from actions.takeover.conftest import on_every_database
from mailchimpsync.actions import createplan, erase, fetchandreconcile, getplannedchanges
from mailchimpsync.actions.takeover.configuration import HiddenKeyError
from mailchimpsync.actions.takeover.switch import take_over
from mailchimpsync.actions.takeover.understanding import Source, understand
from mailchimpsync.errors import BusyError, Code, ConfigurationError
from mailchimpsync.store.schema import cache
from support.crashing import KilledError
from support.extension import MANAGED_JOB, setting
from support.extension_world import (
    DORA,
    EMIL,
    GUS,
    KEY,
    LIST,
    NEWS,
    RIDE,
    RIDES,
    WALK,
    WALKS,
    ExtensionWorld,
    row,
)

EXTENSIONS = [
    "https://crm.example.org/civicrm/mailchimpsync/batch-webhook",
    "https://crm.example.org/civicrm/mailchimpsync/webhook",
]
OURS = ["https://sync.example.org/webhook/audience", "https://sync.example.org/webhook/batch"]
AGREED = {
    "bella@example.org": (True, {WALK: True}),
    "carl@example.org": (False, None),
    "dora@example.org": (True, None),
    "fay@example.org": (None, None),
    "gus@example.org": (True, None),
}


def state(world: ExtensionWorld) -> dict[str, Any]:
    """Return what a switch changes."""
    return {"job": world.job_is_on(), "webhooks": world.webhooks(), "bases": world.bases()}


SWITCHED = {"job": False, "webhooks": OURS, "bases": AGREED}


def test_what_there_is_is_shown_and_nothing_changed(world: ExtensionWorld) -> None:
    before = world.both_sides()
    with world.site() as site:
        found = understand(site, world.source)

        assert site.configuration.connections == ()
    [link] = found.links
    rows = found.rows[LIST]
    assert link.title == "Newsletter ↔ News"
    assert (link.group_id, link.interests, link.schedule.enabled) == (NEWS, {WALK: 9, RIDE: 10}, False)
    assert found.new == {LIST}
    assert [job.name for job in found.jobs] == ["Call Mailchimpsync.Fetchandreconcile API"]
    assert len(found.webhooks) == 2
    assert (rows.rows, rows.agreed) == (6, 4)
    assert rows.failed == {Code.CV_NO_ADDRESS: 1, Code.MC_BOUNCED: 1}
    assert not found.waits_for
    assert world.both_sides() == before
    assert state(world) == {"job": True, "webhooks": EXTENSIONS, "bases": {}}


@on_every_database
def test_the_switch_leaves_no_gap_and_syncs_nothing(world: ExtensionWorld) -> None:
    before = world.both_sides()
    with world.site() as site:
        done = take_over(site, world.source, by="ann")

        [link] = site.configuration.connections
        assert not link.schedule.enabled
        assert list(site.configuration.accounts) == ["Green Paths"]
    assert done.rows == {LIST: 5}
    assert done.webhooks_deleted == 2
    assert world.both_sides() == before
    assert state(world) == SWITCHED


@on_every_database
def test_the_first_sync_is_quiet(world: ExtensionWorld) -> None:
    with world.site() as site:
        take_over(site, world.source, by="ann")
        before = world.both_sides()

        [plan] = createplan(site, group_id=NEWS)
        changes = getplannedchanges(site, id=plan.id)
        [report] = fetchandreconcile(site, group_id=NEWS)

    assert changes == []
    assert report.error is None
    assert world.both_sides() == before


def test_the_side_that_changed_since_the_extensions_last_sync_wins_though_the_other_was_edited_later(
    world: ExtensionWorld,
) -> None:
    """Dora was removed in CiviCRM, and her name was corrected at Mailchimp after that."""
    world.remove_from_group(DORA)
    world.pass_time(60)
    member_id = world.member_id("dora@example.org")
    world.ask("PATCH", f"/lists/{LIST}/members/{member_id}", merge_fields={"FNAME": "Dóra"})

    with world.site() as site:
        take_over(site, world.source, by="ann")
        [report] = fetchandreconcile(site, group_id=NEWS)

    assert report.error is None
    assert world.group()[DORA] == "Removed"
    assert world.members()["dora@example.org"] == "unsubscribed"


def test_a_person_who_left_at_mailchimp_since_leaves_the_group(world: ExtensionWorld) -> None:
    world.ask("PATCH", f"/lists/{LIST}/members/{world.member_id('gus@example.org')}", status="unsubscribed")

    with world.site() as site:
        take_over(site, world.source, by="ann")
        fetchandreconcile(site, group_id=NEWS)

    assert world.group()[GUS] == "Removed"
    assert world.members()["gus@example.org"] == "unsubscribed"


@on_every_database
def test_twice_in_a_row_is_like_once(world: ExtensionWorld) -> None:
    with world.site() as site:
        take_over(site, world.source, by="ann")
    with world.site() as site:
        version = site.version
        again = take_over(site, world.source, by="ann")

        assert site.version == version
    assert again.webhooks_deleted == 0
    assert state(world) == SWITCHED


@on_every_database
@pytest.mark.parametrize("begin", [1, 2])
def test_killed_at_any_point_the_next_call_goes_on(world: ExtensionWorld, begin: int) -> None:
    """A process is killed, the next one a few steps later, and so on until one gets through."""
    for kill_at in range(begin, 400, 3):
        try:
            with world.site(kill_at=kill_at) as site:
                take_over(site, world.source, by="ann")
            break
        except KilledError:
            world.pass_time(660)  # until the lease has expired
    else:
        pytest.fail("it never got through")

    assert kill_at > 40
    assert state(world) == SWITCHED


def test_after_a_sync_of_ours_the_extensions_rows_are_older(world: ExtensionWorld) -> None:
    with world.site() as site:
        take_over(site, world.source, by="ann")
        fetchandreconcile(site, group_id=NEWS)
        bases = world.bases()
    world.install_extension(cache=[row(1, "bella@example.org", 11, {NEWS: "Removed"}, mailchimp_status="unsubscribed")])

    with world.site() as site:
        again = take_over(site, world.source, by="ann")

    assert again.rows == {LIST: None}
    assert world.bases() == bases


def test_other_connections_stay_as_they_are(world: ExtensionWorld) -> None:
    world.mailchimp.add_audience(KEY, "b1b2c3d4e5", "Others")
    world.civicrm.add_group(13, "Others")
    with world.site() as site:
        account = {"api_key": KEY, "base_url": "http://mc/3.0"}
        other = {"account": "main", "audience_id": "b1b2c3d4e5", "group_id": 13}
        site.save(site.configuration.replacing(accounts={"main": account}, connections=[other]), "ann")
        take_over(site, world.source, by="ann")

        assert list(site.configuration.accounts) == ["main"]
        assert [one.audience_id for one in site.configuration.connections] == ["b1b2c3d4e5", LIST]
        assert [one.schedule.enabled for one in site.configuration.connections] == [True, False]


# -- what no longer fits -----------------------------------------------------------------------------------------------


def refused(world: ExtensionWorld, source: Source | None = None) -> str:
    """Return why a takeover is refused, after checking that it has changed nothing."""
    before = world.both_sides()
    with world.site() as site:
        with pytest.raises(ConfigurationError) as caught:
            take_over(site, source or world.source, by="ann")
        assert site.configuration.connections == ()
        assert site.configuration.accounts == {}
    assert world.both_sides() == before
    assert state(world) == {"job": True, "webhooks": EXTENSIONS, "bases": {}}
    assert KEY not in caught.value.what
    return caught.value.what


def test_all_that_no_longer_fits_is_named_and_nothing_is_changed(world: ExtensionWorld) -> None:
    config = setting(KEY, LIST, 77, {WALK: WALKS, "gone000000": RIDES})
    config["lists"]["gone111111"] = {"apiKey": KEY, "subscriptionGroup": 78}
    world.install_extension(config=config)

    what = refused(world)

    assert "has no audience “gone111111”" in what
    assert "doesn't have the interest “gone000000”" in what
    assert "77" in what
    assert "78" in what


def test_an_audience_that_is_gone_can_be_left_out(world: ExtensionWorld) -> None:
    config = setting(KEY, LIST, NEWS)
    config["lists"]["gone111111"] = {"apiKey": KEY, "subscriptionGroup": 78}
    world.install_extension(config=config)

    with world.site() as site:
        take_over(site, replace(world.source, leave_out=frozenset({"gone111111"})), by="ann")

        assert [one.audience_id for one in site.configuration.connections] == [LIST]


def test_a_revoked_key_is_named_and_another_one_can_be_given(world: ExtensionWorld) -> None:
    revoked = "00000000000000000000000000000000-us6"
    world.install_extension(config=setting(revoked, LIST, NEWS))

    assert "Account “Green Paths”" in refused(world)

    with world.site() as site:
        take_over(site, replace(world.source, keys={"Green Paths": KEY}), by="ann")
    assert not world.job_is_on()


@pytest.mark.parametrize("shown", ["••••••••••••-us6", "********", "fedc…-us6"])
def test_a_key_that_is_not_shown_is_asked_for(world: ExtensionWorld, shown: str) -> None:
    world.install_extension(config=setting(shown, LIST, NEWS))

    with world.site() as site, pytest.raises(HiddenKeyError) as caught:
        understand(site, world.source)

    assert caught.value.accounts == ("Green Paths",)


@pytest.mark.parametrize("lists", [{}, []])
def test_an_extension_without_audiences_has_nothing_to_take_over(world: ExtensionWorld, lists: Any) -> None:
    world.install_extension(config={"lists": lists, "accounts": []})

    assert "no audience connected" in refused(world)


def test_a_site_without_the_extension_is_told_so(world: ExtensionWorld) -> None:
    world.civicrm.install_extension(jobs=[dict(MANAGED_JOB)])

    assert "doesn't have the PHP extension" in refused(world)


def test_trust_and_interests_without_a_group_are_left_out_and_named(world: ExtensionWorld) -> None:
    config = setting(KEY, LIST, NEWS, {WALK: WALKS, RIDE: 0})
    config["lists"][LIST]["trustOverride"] = {"subscription": "CiviCRM", WALK: ""}
    world.install_extension(config=config)

    with world.site() as site:
        found = understand(site, world.source)

    [link] = found.links
    assert link.interests == {WALK: WALKS}
    assert link.trust == "none"
    assert len(found.found.notes) == 2


# -- what the extension still has under way ----------------------------------------------------------------------------


def test_a_running_sync_of_the_extension_is_waited_for(world: ExtensionWorld) -> None:
    world.install_extension(status={LIST: {"locks": {"fetchAndReconcile": "busy"}, "crashed": False}})

    with world.site() as site, pytest.raises(BusyError) as caught:
        take_over(site, world.source, by="ann")

    assert "is syncing Newsletter ↔ News" in caught.value.what
    assert state(world) == {"job": True, "webhooks": EXTENSIONS, "bases": {}}


def test_a_sync_of_the_extension_that_crashed_is_not_waited_for(world: ExtensionWorld) -> None:
    world.install_extension(status={LIST: {"locks": {"fetchAndReconcile": "busy"}, "crashed": "Possibly crashed"}})

    with world.site() as site:
        take_over(site, world.source, by="ann")

    assert not world.job_is_on()


def test_a_batch_at_mailchimp_is_waited_for_until_it_is_finished(world: ExtensionWorld) -> None:
    world.mailchimp.set_options(batch_dwell={"pending": 3_600})
    batch = world.ask("POST", "/batches", operations=[{"method": "GET", "path": f"/lists/{LIST}", "operation_id": "1"}])
    known = {"id": "7", "mailchimp_list_id": LIST, "mailchimp_batch_id": batch["id"], "response_processed": "0"}
    sent = {"id": "3", "mailchimpsync_cache_id": "1", "completed": "0", "mailchimpsync_batch_id": "7"}
    world.install_extension(batches=[known], updates=[sent])

    with world.site() as site:
        assert understand(site, world.source).work.sent == 1
        with pytest.raises(BusyError) as caught:
            take_over(site, world.source, by="ann")
        assert "still processing: 1" in caught.value.what
        take_over(site, world.source, by="ann", ignore_unfinished=True)

    assert not world.job_is_on()


# -- rows that can't be believed ---------------------------------------------------------------------------------------


@on_every_database
def test_a_member_that_mailchimp_does_not_have_removes_nobody(world: ExtensionWorld) -> None:
    """The extension notes a changed address even if Mailchimp refused it, and never notices who was deleted."""
    added = {NEWS: {"status": "Added", "date": "2026-01-01T10:00:00Z"}}
    world.civicrm.load_contacts([{"id": 17, "first_name": "Hal", "emails": ["hal@example.org"], "groups": added}])
    rows = [row(6, "gus.new@example.org", GUS, {NEWS: "Added"}), row(7, "hal@example.org", 17, {NEWS: "Added"})]
    world.install_extension(cache=rows)

    with world.site() as site:
        take_over(site, world.source, by="ann")
        [report] = fetchandreconcile(site, group_id=NEWS)

    assert report.error is None
    assert (world.group()[GUS], world.group()[17]) == ("Added", "Added")
    assert world.members()["hal@example.org"] == "subscribed"
    assert "gus.new@example.org" not in {*world.bases(), *world.members()}


@on_every_database
def test_two_rows_for_one_member_agree_on_nothing(world: ExtensionWorld) -> None:
    left = {"mailchimp_status": "unsubscribed"}
    rows = [row(6, "gus@example.org", GUS, {NEWS: "Added"}), row(7, "gus@example.org", EMIL, {NEWS: "Removed"}, **left)]
    world.install_extension(cache=rows)

    with world.site() as site:
        take_over(site, world.source, by="ann")

    assert world.bases() == {"gus@example.org": (None, None)}


def test_data_that_can_not_be_read_is_counted_and_loses_only_the_interests(world: ExtensionWorld) -> None:
    damaged = row(1, "bella@example.org", 11, {NEWS: "Added", WALKS: "Added"}, mailchimp_data='O:8:"stdClass":0:{}')
    world.install_extension(cache=[damaged])

    with world.site() as site:
        assert understand(site, world.source).rows[LIST].unreadable == 1
        take_over(site, world.source, by="ann")

    assert world.bases() == {"bella@example.org": (True, None)}


def test_an_erased_person_does_not_come_back(world: ExtensionWorld) -> None:
    with world.site() as site:
        take_over(site, world.source, by="ann")
        erase(site, address="gus@example.org", confirm=True)
        with site.store.begin() as tx:
            tx.execute(cache.delete())
        take_over(site, world.source, by="ann")

        with site.store.begin() as tx:
            addresses = set(tx.execute(select(cache.c.mailchimp_email)).scalars())
    assert "gus@example.org" not in addresses
    assert "bella@example.org" in addresses


def test_dates_are_read_in_the_time_zone_of_the_site(world: ExtensionWorld) -> None:
    world.civicrm.set_options(zone="America/New_York")

    with world.site() as site:
        take_over(site, world.source, by="ann")
        with site.store.begin() as tx:
            query = select(cache.c.mailchimp_status_date).where(cache.c.mailchimp_email == "carl@example.org")
            [date] = tx.execute(query).scalars()

    assert date.isoformat() == "2026-01-01T15:00:00+00:00"


def test_without_a_public_address_the_extensions_webhooks_are_only_removed(world: ExtensionWorld) -> None:
    with world.site(public_url=None) as site:
        done = take_over(site, world.source, by="ann")

    assert (done.webhooks, done.webhooks_deleted) == ((), 2)
    assert world.webhooks() == []


def test_webhooks_of_others_stay(world: ExtensionWorld) -> None:
    others = "https://other.example.org/civicrm/mailchimpsync/webhook?secret=another"
    world.ask("POST", f"/lists/{LIST}/webhooks", url=others, events={"subscribe": True}, sources={"user": True})

    with world.site() as site:
        take_over(site, world.source, by="ann")

    assert world.webhooks() == ["https://other.example.org/civicrm/mailchimpsync/webhook", *OURS]
