"""Several addresses of one contact, one address of several contacts, no address, odd addresses, changed addresses."""

from __future__ import annotations

import pytest

from support.world import NEWS, WALK, WALKS, World, days_ago


def test_of_two_contacts_that_share_an_address_one_is_subscribed_and_the_other_told(world: World) -> None:
    ann, bea = (world.contact("home@example.org", {NEWS: 20}) for _ in "12")

    world.sync()

    assert world.status("home@example.org") == "subscribed"
    assert world.sync_result(contact=ann)[0] == "ok"
    assert world.sync_result(contact=bea) == ("fail", "CV_SHARED_ADDRESS")


def test_a_shared_address_of_a_very_old_member_is_asked_for_once_and_not_for_ever(world: World) -> None:
    world.member("home@example.org", legacy_id="0123456789abcdef0123456789abcdef")
    ann, bea = (world.contact("home@example.org", {NEWS: 20}) for _ in "12")
    world.sync()
    world.pass_time(60)
    world.sync()
    world.forget_requests()
    world.pass_time(60)

    world.sync()

    assert world.sync_result(contact=ann)[0] == "ok"
    assert world.sync_result(contact=bea) == ("fail", "CV_SHARED_ADDRESS")
    assert world.writes() == []


def test_a_very_old_member_is_changed_under_the_id_mailchimp_gave(world: World) -> None:
    world.member("old@example.org", legacy_id="0123456789abcdef0123456789abcdef")
    world.contact("old@example.org", {NEWS: {"status": "Removed", "date": days_ago(1)}})

    world.sync()

    assert world.status("old@example.org") == "unsubscribed"
    assert len(world.members()) == 1


def test_a_contact_with_two_members_stays_in_the_group_while_one_of_them_is_subscribed(world: World) -> None:
    world.member("ben@work.example.org")
    world.member("ben@home.example.org")
    ben = world.contact(["ben@work.example.org", "ben@home.example.org"], {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    world.act("ben@work.example.org", "unsubscribe")

    world.sync()

    assert world.in_group(ben) == "Added"
    assert world.sync_result(email="ben@work.example.org") == ("fail", "CV_OTHER_ADDRESS")
    assert world.sync_result(email="ben@home.example.org")[0] == "ok"


def test_a_contact_with_two_members_whom_staff_remove_is_unsubscribed_with_both(world: World) -> None:
    world.member("ben@work.example.org")
    world.member("ben@home.example.org")
    ben = world.contact(["ben@work.example.org", "ben@home.example.org"], {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    world.put(ben, "Removed")

    world.sync()

    assert {world.status(f"ben@{place}.example.org") for place in ("work", "home")} == {"unsubscribed"}


def test_a_new_member_gets_the_address_for_bulk_mail(world: World) -> None:
    world.contact(["ben@work.example.org", {"email": "ben@home.example.org", "is_bulkmail": True}], {NEWS: 20})

    world.sync()

    assert set(world.members()) == {"ben@home.example.org"}


def test_upper_case_makes_no_second_person(world: World) -> None:
    world.member("Ben.Smith@Example.ORG")
    ben = world.contact("ben.smith@example.org", {NEWS: 20})

    world.sync()

    assert world.sync_result(contact=ben)[0] == "ok"
    assert len(world.members()) == 1
    assert world.owners("ben.smith@example.org") == [ben]


def test_a_change_of_address_at_mailchimp_keeps_contact_and_agreement(world: World) -> None:
    world.member("ben@old.example.org", interests={WALK: True})
    ben = world.contact("ben@old.example.org", {NEWS: 20, WALKS: 20})
    world.sync()
    world.pass_time(3_600)
    world.act("ben@old.example.org", "address", new_address="ben@new.example.org")

    world.sync()

    row = world.row(contact=ben)
    assert (row["mailchimp_email"], row["sync_status"], row["base_subscribed"]) == ("ben@new.example.org", "ok", True)
    assert world.owners("ben@new.example.org") == [ben]
    assert world.in_group(ben) == "Added"


def test_a_full_run_takes_a_changed_address_for_no_erasure(world: World) -> None:
    world.member("ben@old.example.org")
    ben = world.contact("ben@old.example.org", {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    world.act("ben@old.example.org", "address", new_address="ben@new.example.org")

    world.sync(everything=True)

    assert world.in_group(ben) == "Added"
    assert len(world.rows()) == 1


@pytest.mark.parametrize(
    ("emails", "reason"),
    [
        ((), "CV_NO_ADDRESS"),
        (["no address at all"], "CV_BAD_ADDRESS"),
        ([{"email": "held@example.org", "on_hold": 1}], "CV_ON_HOLD"),
    ],
)
def test_a_contact_without_an_address_to_mail_is_told(world: World, emails: list[object], reason: str) -> None:
    ben = world.contact(emails, {NEWS: 20})

    world.sync()

    assert world.sync_result(contact=ben) == ("fail", reason)
    assert world.members() == {}


@pytest.mark.parametrize(
    ("mark", "reason"),
    [("is_opt_out", "CV_OPTED_OUT"), ("do_not_email", "CV_DO_NOT_EMAIL"), ("is_deceased", "CV_DECEASED")],
)
def test_a_contact_that_must_not_be_mailed_is_not_subscribed(world: World, mark: str, reason: str) -> None:
    ben = world.contact("ben@example.org", {NEWS: 20}, **{mark: True})

    world.sync()

    assert world.sync_result(contact=ben) == ("fail", reason)
    assert world.members() == {}


def test_an_address_that_is_no_longer_on_hold_is_subscribed_by_the_next_run(world: World) -> None:
    ben = world.contact([{"email": "ben@example.org", "on_hold": 1}], {NEWS: 20})
    world.sync()
    world.pass_time(60)
    world.edit_address(ben, on_hold=0)

    world.sync()

    assert world.status("ben@example.org") == "subscribed"
