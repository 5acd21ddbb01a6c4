"""What CiviCRM does not show is not gone: contacts in the trash and merged ones, with few rights, and first syncs."""

from __future__ import annotations

from typing import Any

import pytest

from mailchimpsync.sync.reading.address_owners import find_owners
from mailchimpsync_sandbox.civicrm.access.permissions import SMALLEST
from support.world import CIVICRM_KEY, NEWS, World, days_ago

TOM = "tom@example.org"
WITH_TRASH = sorted({*SMALLEST, "access deleted contacts"})


def later_sync(world: World, *, everything: bool = False) -> None:
    world.pass_time(3_600)
    world.sync(everything=everything)


def synced(world: World, rights: str | list[str] = "smallest") -> int:
    world.member(TOM)
    contact = world.contact(TOM, {NEWS: 20})
    world.civicrm.grant(CIVICRM_KEY, rights)
    world.sync()
    return contact


@pytest.mark.parametrize("everything", [True, False])
def test_a_trashed_contact_is_not_taken_for_deleted_or_trashed_where_the_rights_do_not_show_it(
    world: World, *, everything: bool
) -> None:
    tom = synced(world)
    world.trash(tom)

    for _ in range(8):
        later_sync(world, everything=everything)
        world.pass_time(7_200)

    assert world.sync_result(contact=tom) == ("fail", "CV_NOT_VISIBLE")
    assert world.status(TOM) == "subscribed"
    assert world.owners(TOM) == [tom]


def test_a_contact_that_comes_back_from_a_trash_nobody_could_see_is_as_before(world: World) -> None:
    tom = synced(world)
    world.trash(tom)
    later_sync(world, everything=True)
    world.edit(tom, is_deleted=False)

    later_sync(world)

    assert world.sync_result(contact=tom) == ("ok", "IN_SYNC")
    assert world.status(TOM) == "subscribed"


def test_a_contact_that_comes_back_after_a_full_run_is_subscribed_again(world: World) -> None:
    tom = synced(world, WITH_TRASH)
    world.trash(tom)
    later_sync(world, everything=True)
    assert world.status(TOM) == "archived"
    world.edit(tom, is_deleted=False)

    later_sync(world)

    assert (world.status(TOM), world.in_group(tom)) == ("subscribed", "Added")


def test_once_the_rights_are_there_a_trashed_contact_is_treated_as_one(world: World) -> None:
    tom = synced(world)
    world.trash(tom)
    later_sync(world, everything=True)
    world.civicrm.grant(CIVICRM_KEY, WITH_TRASH)

    later_sync(world)

    assert world.sync_result(email=TOM) == ("ok", "DEPARTED_TRASHED")
    assert world.status(TOM) == "archived"


def test_a_person_who_opts_out_at_mailchimp_while_their_contact_is_not_visible_is_removed_once_it_is(
    world: World,
) -> None:
    tom = synced(world)
    world.trash(tom)
    later_sync(world, everything=True)
    world.act(TOM, "unsubscribe")
    later_sync(world)
    world.edit(tom, is_deleted=False)

    later_sync(world)

    assert world.in_group(tom) == "Removed"
    assert world.status(TOM) == "unsubscribed"


@pytest.mark.parametrize("rights", ["smallest", WITH_TRASH], ids=["smallest", "with the trash"])
def test_a_merge_hands_the_member_over_whatever_the_rights_show_of_it(world: World, rights: str | list[str]) -> None:
    tom = synced(world, rights)
    thomas = world.contact("thomas@example.org")
    world.merge(thomas, tom)

    later_sync(world)
    later_sync(world, everything=True)

    assert world.status(TOM) == "subscribed"
    assert world.row(email=TOM)["civicrm_contact_id"] in ({thomas} if thomas in world.owners(TOM) else {tom, thomas})


def test_an_opt_out_survives_a_merge_nobody_could_see(world: World) -> None:
    tom = synced(world)
    world.edit(tom, is_opt_out=True)
    later_sync(world)
    assert world.status(TOM) == "unsubscribed"
    thomas = world.contact(TOM, {NEWS: 30})
    world.trash(tom)

    later_sync(world, everything=True)

    assert world.status(TOM) == "unsubscribed"
    assert thomas in world.owners(TOM)


def test_a_first_sync_does_not_double_a_contact_that_is_in_the_trash(world: World) -> None:
    world.member(TOM)
    tom = world.contact(TOM, {NEWS: 20})
    world.trash(tom)

    world.sync()

    assert world.owners(TOM) == [tom]
    assert world.sync_result(email=TOM) == ("ok", "DEPARTED_TRASHED")
    assert world.status(TOM) == "archived"


def test_a_first_sync_follows_a_merge_to_the_contact_that_was_kept(world: World) -> None:
    world.member(TOM)
    tom = world.contact(TOM, {NEWS: 20})
    thomas = world.contact("thomas@example.org")
    world.merge(thomas, tom)

    world.sync()

    assert world.status(TOM) == "subscribed"
    assert world.owners(TOM) in ([tom], [thomas])
    assert world.row(email=TOM)["civicrm_contact_id"] == thomas


def test_a_person_who_signs_up_after_their_contact_went_to_the_trash_gets_a_new_contact(world: World) -> None:
    tom = world.contact(TOM)
    world.trash(tom)
    world.sync()
    world.pass_time(3_600)
    world.member(TOM, last_changed=world.now.isoformat())

    later_sync(world)

    assert len(world.owners(TOM)) == 2
    assert world.status(TOM) == "subscribed"


def test_a_contact_deleted_for_good_is_noticed_by_ordinary_runs_within_a_day(world: World) -> None:
    world.fill_trash()
    for number in range(5):
        world.member(f"p{number}@example.org")
    people = [world.contact(f"p{number}@example.org", {NEWS: 20}) for number in range(5)]
    world.sync()
    for contact in people[::2]:
        world.delete_for_good(contact)

    for _ in range(24):
        later_sync(world)

    event_outcomes = [world.sync_result(email=f"p{number}@example.org") for number in range(5)]
    gone, there = ("fail", "CV_CONTACT_GONE"), ("ok", "IN_SYNC")
    assert event_outcomes == [gone, there, gone, there, gone]


def test_a_quiet_ordinary_run_asks_for_a_small_part_of_all_contacts_only(world: World) -> None:
    for number in range(40):
        world.member(f"p{number}@example.org", last_changed=days_ago(3))
        world.contact(f"p{number}@example.org", {NEWS: 20})
    world.sync()
    later_sync(world)
    world.forget_requests()

    later_sync(world)

    asked = [request for request in world.requests() if "Contact/get" in request]
    assert len(asked) <= 3


def test_someone_whose_contact_went_to_the_trash_after_the_decision_is_not_doubled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.member(TOM)

    def trashed_meanwhile(*args: Any) -> dict[str, int]:
        world.trash(world.contact(TOM))
        return find_owners(*args)

    monkeypatch.setattr("mailchimpsync.sync.stages.create_contacts.find_owners", trashed_meanwhile)

    world.sync()

    assert len(world.owners(TOM)) == 1
    assert any(
        "1 members got no new contact, because theirs was moved to the trash meanwhile." in line
        for line in world.told()
    )
    later_sync(world)
    assert len(world.owners(TOM)) == 1
    assert world.sync_result(email=TOM) == ("ok", "DEPARTED_TRASHED")
