"""Members who leave, bounce, are archived or erased at Mailchimp."""

from __future__ import annotations

import pytest

from support.world import NEWS, World, days_ago


def anna(world: World) -> int:
    world.member("anna@example.org")
    contact = world.contact("anna@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    return contact


@pytest.mark.parametrize("change", ["unsubscribe", "complain", "bounce", "archive"])
def test_a_person_who_goes_at_mailchimp_is_removed_from_the_group(world: World, change: str) -> None:
    contact = anna(world)
    world.act("anna@example.org", change)

    world.sync()

    assert world.in_group(contact) == "Removed"
    assert world.sync_result(contact=contact)[0] == "ok"


def test_an_opt_out_stays_though_staff_edit_the_contact(world: World) -> None:
    contact = anna(world)
    world.act("anna@example.org", "unsubscribe")
    world.sync()
    world.pass_time(3_600)
    world.edit(contact, first_name="Anne")

    world.sync(everything=True)

    assert world.status("anna@example.org") == "unsubscribed"
    assert world.in_group(contact) == "Removed"


def test_an_erased_member_is_noticed_by_a_full_run_and_removed_from_the_group(world: World) -> None:
    contact = anna(world)
    world.act("anna@example.org", "delete")

    world.sync(everything=True)

    assert world.in_group(contact) == "Removed"
    assert world.status("anna@example.org") is None


def test_an_erased_member_whom_staff_add_again_is_refused_and_told_why(world: World) -> None:
    contact = anna(world)
    world.act("anna@example.org", "delete")
    world.sync(everything=True)
    world.pass_time(3_600)
    world.put(contact, "Added")

    world.sync()

    assert world.status("anna@example.org") is None
    assert world.sync_result(contact=contact) == ("fail", "MC_FORGOTTEN")


def test_a_member_that_leaves_the_archive_between_the_two_readings_is_not_taken_for_erased(world: World) -> None:
    contact = anna(world)
    world.act("anna@example.org", "archive", "admin")
    readings = iter(["all", "archived"])

    def come_back(request: object) -> None:
        if "/members" in str(request) and next(readings, None) == "archived":
            world.act("anna@example.org", "subscribe")

    world.to_mailchimp.before = come_back
    world.sync(everything=True)
    assert world.in_group(contact) == "Added"

    world.pass_time(60)
    world.sync()

    assert world.in_group(contact) == "Added"
    assert world.status("anna@example.org") == "subscribed"


def test_a_cleaned_address_is_never_subscribed_again(world: World) -> None:
    world.member("carl@example.org", "cleaned", last_changed=days_ago(30))
    carl = world.contact("carl@example.org", {NEWS: 1})

    world.sync()

    assert world.status("carl@example.org") == "cleaned"
    assert world.in_group(carl) == "Added"
    assert world.sync_result(contact=carl) == ("fail", "MC_BOUNCED")
