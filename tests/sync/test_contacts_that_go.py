"""Contacts that are trashed, merged, deleted for good, or come back."""

from __future__ import annotations

import httpx2

from mailchimpsync.model import Stage
from support.transport import no_interference
from support.world import NEWS, World, days_ago


def subscribed_on_both_sides(world: World, email: str) -> int:
    world.member(email)
    return world.contact(email, {NEWS: 20})


def delete_before_it_is_changed(world: World, contact: int) -> None:
    """Delete a contact for good just before the next change of who is in a group reaches CiviCRM."""

    def delete(request: httpx2.Request) -> None:
        if "GroupContact/save" in request.url.path:
            world.to_civicrm.before = no_interference
            world.delete_for_good(contact)

    world.to_civicrm.before = delete


def test_a_trashed_contact_whose_history_says_added_is_not_subscribed(world: World) -> None:
    tom = world.contact("tom@example.org", {NEWS: 20})
    world.trash(tom)

    world.sync()

    assert world.status("tom@example.org") is None
    assert world.rows() == []


def test_a_member_whose_contact_was_trashed_is_archived_and_nobody_is_created_again(world: World) -> None:
    tom = subscribed_on_both_sides(world, "tom@example.org")
    world.sync()
    world.trash(tom)
    world.pass_time(60)

    world.sync()

    assert world.status("tom@example.org") == "archived"
    assert world.sync_result(email="tom@example.org") == ("ok", "DEPARTED_TRASHED")
    assert len(world.owners("tom@example.org")) == 1


def test_a_contact_that_comes_back_from_the_trash_owns_its_member_again(world: World) -> None:
    tom = subscribed_on_both_sides(world, "tom@example.org")
    world.sync()
    world.trash(tom)
    world.pass_time(60)
    world.sync()
    world.edit(tom, is_deleted=False)
    world.pass_time(60)

    world.sync()

    assert world.row(email="tom@example.org")["civicrm_contact_id"] == tom
    assert world.sync_result(contact=tom) == ("ok", "CIVICRM_BACK")
    assert world.status("tom@example.org") == "subscribed"


def test_a_merged_contact_hands_its_member_to_the_one_that_was_kept(world: World) -> None:
    tom = subscribed_on_both_sides(world, "tom@example.org")
    thomas = world.contact("thomas@example.org")
    world.sync()
    world.merge(thomas, tom)
    world.pass_time(60)

    world.sync()

    assert world.row(email="tom@example.org")["civicrm_contact_id"] == thomas
    assert world.in_group(thomas) == "Added"
    assert world.status("tom@example.org") == "subscribed"


def test_a_merge_into_someone_who_was_once_removed_unsubscribes_nobody(world: World) -> None:
    tom = subscribed_on_both_sides(world, "tom@example.org")
    thomas = world.contact("thomas@example.org", {NEWS: {"status": "Deleted", "date": days_ago(2)}})
    world.sync()
    world.pass_time(86_400)
    world.merge(thomas, tom)

    world.sync()
    world.pass_time(60)
    world.sync(everything=True)

    assert world.status("tom@example.org") == "subscribed"
    assert world.in_group(thomas) == "Added"


def test_a_merge_in_the_middle_of_a_run_into_someone_who_has_left_unsubscribes_nobody(world: World) -> None:
    tom = subscribed_on_both_sides(world, "tom@example.org")
    world.member("thomas@example.org")
    thomas = world.contact("thomas@example.org", {NEWS: 20})
    world.sync()
    world.act("thomas@example.org", "unsubscribe")
    world.pass_time(3_600)
    world.sync(stop_on=Stage.RECONCILE)
    world.merge(thomas, tom)
    world.sync()
    assert world.in_group(thomas) == "Removed"

    for _ in range(3):
        world.pass_time(60)
        world.sync()
    world.sync(everything=True)

    assert (world.status("tom@example.org"), world.status("thomas@example.org")) == ("subscribed", "unsubscribed")
    assert world.in_group(thomas) == "Added"


def test_a_contact_that_was_deleted_permanently_is_noticed_by_a_full_run_and_not_created_again(world: World) -> None:
    tom = subscribed_on_both_sides(world, "tom@example.org")
    world.fill_trash()
    world.sync()
    world.delete_for_good(tom)
    world.pass_time(60)

    world.sync(everything=True)

    assert world.sync_result(email="tom@example.org") == ("fail", "CV_CONTACT_GONE")
    assert world.owners("tom@example.org") == []


def test_a_refused_change_of_a_contact_that_no_longer_exists_is_not_tried_for_ever(world: World) -> None:
    tom = subscribed_on_both_sides(world, "tom@example.org")
    world.fill_trash()
    world.sync()
    world.act("tom@example.org", "unsubscribe")
    world.pass_time(60)
    delete_before_it_is_changed(world, tom)
    world.sync()
    assert world.sync_result(email="tom@example.org") == ("fail", "CV_CHANGE_REFUSED")
    world.pass_time(60)

    world.sync()
    world.forget_requests()
    world.pass_time(60)
    world.sync()

    assert world.sync_result(email="tom@example.org") == ("ok", "NOT_SUBSCRIBED")
    assert world.writes() == []
