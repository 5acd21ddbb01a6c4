"""What staff and members do while a run is at work, or while Mailchimp is still busy with its updates."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from mailchimpsync.model import Stage
from support.transport import SandboxTransport
from support.world import NEWS, WALK, WALKS, World, days_ago


def once_before(transport: SandboxTransport, part: str, act: Callable[[], object]) -> None:
    """Let something happen before the first request whose path has a part."""
    waiting = [act]

    def interfere(request: httpx2.Request) -> None:
        if waiting and part in request.url.path:
            waiting.pop()()

    transport.before = interfere


@pytest.mark.batches
def test_staff_who_add_someone_while_they_are_being_unsubscribed_get_them_back(world: World) -> None:
    world.member("ben@example.org", last_changed=days_ago(10))
    ben = world.contact("ben@example.org", {NEWS: {"status": "Removed", "date": days_ago(2)}})

    def add() -> None:
        world.put(ben, "Added")
        world.pass_time(2)

    once_before(world.to_mailchimp, "/batches", add)
    world.sync()
    assert world.status("ben@example.org") == "unsubscribed"

    world.pass_time(60)
    world.sync()

    assert world.in_group(ben) == "Added"
    assert world.status("ben@example.org") == "subscribed"


@pytest.mark.batches
def test_staff_who_change_an_interest_while_the_member_is_being_made_have_the_last_word(world: World) -> None:
    ben = world.contact("ben@example.org", {NEWS: 2, WALKS: 2})

    def remove() -> None:
        world.put(ben, "Removed", WALKS)
        world.pass_time(2)

    once_before(world.to_mailchimp, "/batches", remove)
    world.sync()
    world.pass_time(60)

    world.sync()

    assert world.in_group(ben, WALKS) == "Removed"
    assert world.interests("ben@example.org") == set()


@pytest.mark.batches
def test_a_person_who_leaves_while_their_return_is_in_a_batch_is_not_asked_to_come_back(world: World) -> None:
    world.member("ben@example.org", "archived", last_changed=days_ago(30))
    ben = world.contact("ben@example.org", {NEWS: 2})

    def join_and_leave() -> None:
        world.act("ben@example.org", "subscribe")
        world.pass_time(5)
        world.act("ben@example.org", "unsubscribe")

    once_before(world.to_mailchimp, "/batches", join_and_leave)
    world.sync()
    world.pass_time(60)
    world.sync()

    assert world.status("ben@example.org") == "unsubscribed"
    assert world.in_group(ben) == "Removed"


def test_a_person_who_left_by_their_own_act_before_staff_added_them_is_asked_by_mailchimp(world: World) -> None:
    world.member("ben@example.org", "unsubscribed", unsubscribed_by="user", last_changed=days_ago(30))
    ben = world.contact("ben@example.org", {NEWS: 2})

    world.sync()

    assert world.status("ben@example.org") == "pending"
    assert world.sync_result(contact=ben)[0] == "ok"


def test_a_member_who_unticks_while_a_run_reads_ends_unticked_on_both_sides(world: World) -> None:
    world.member("ben@example.org", interests={WALK: True})
    ben = world.contact("ben@example.org", {NEWS: 20, WALKS: 20})
    world.sync()
    world.pass_time(3_600)
    once_before(
        world.to_civicrm,
        "/Contact/",
        lambda: world.act("ben@example.org", "interests", interests={WALK: False}),
    )
    world.sync()
    assert world.interests("ben@example.org") == set()
    world.pass_time(60)

    world.sync()

    assert world.in_group(ben, WALKS) == "Removed"


def test_two_members_of_one_contact_that_agree_make_one_change_and_one_journal_entry(world: World) -> None:
    for email in ("ben@example.org", "ben@home.example.org"):
        world.member(email, interests={WALK: True}, last_changed=days_ago(1))
    ben = world.contact(["ben@example.org", "ben@home.example.org"], {NEWS: 20})

    world.sync()

    assert world.in_group(ben, WALKS) == "Added"
    assert [entry["field"] for entry in world.journal()] == [f"group {WALKS}"]


def test_a_person_who_left_just_before_we_unsubscribed_them_has_left_by_their_own_act(world: World) -> None:
    """Found by simulation, seed 303: our own update hid that Ann had left, and an older Added asked her back."""
    world.member("ann@example.org")
    contact = world.contact("ann@example.org", {NEWS: {"status": "Removed", "date": days_ago(2)}})
    world.sync(stop_on=Stage.SUBMIT)
    world.pass_time(60)
    world.put(contact, "Added")
    world.pass_time(60)
    world.act("ann@example.org", "unsubscribe")
    world.pass_time(60)
    world.sync()
    world.pass_time(600)
    world.sync()

    assert world.status("ann@example.org") == "unsubscribed"
    assert world.in_group(contact) == "Removed"
