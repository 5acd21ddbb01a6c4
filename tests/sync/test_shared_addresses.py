"""One address, several contacts: the current owner counts, and so do contacts that still want the mail."""

from __future__ import annotations

import pytest

from support.world import NEWS, World

HOME = "fam@example.org"


@pytest.fixture
def family(world: World) -> tuple[int, int]:
    """Two contacts with one mailbox, both in the group; the first is the one that is synced."""
    ann, bea = (world.contact(HOME, {NEWS: 20}) for _ in "12")
    world.sync()
    world.pass_time(3_600)
    assert world.sync_result(contact=bea) == ("fail", "CV_SHARED_ADDRESS")
    return ann, bea


@pytest.mark.parametrize("everything", [False, True])
def test_where_the_synced_contact_is_removed_the_other_one_takes_the_member_over(
    world: World, family: tuple[int, int], *, everything: bool
) -> None:
    ann, bea = family
    world.put(ann, "Removed")

    world.sync(everything=everything)

    assert world.status(HOME) == "subscribed"
    assert world.sync_result(contact=bea)[0] == "ok"
    assert (world.in_group(ann), world.in_group(bea)) == ("Removed", "Added")
    assert len(world.rows()) == 1


@pytest.mark.parametrize("mark", ["is_opt_out", "do_not_email", "is_deceased"])
def test_where_the_synced_contact_is_marked_the_other_one_takes_the_member_over(
    world: World, family: tuple[int, int], mark: str
) -> None:
    ann, bea = family
    world.edit(ann, **{mark: True})

    world.sync()
    world.sync()

    assert world.status(HOME) == "subscribed"
    assert world.sync_result(contact=bea)[0] == "ok"
    assert world.sync_result(contact=ann)[0] == "fail"


def test_where_the_last_contact_that_wants_the_mail_leaves_the_mailbox_is_unsubscribed(
    world: World, family: tuple[int, int]
) -> None:
    ann, bea = family
    world.put(ann, "Removed")
    world.sync()
    world.pass_time(3_600)
    world.put(bea, "Removed")

    world.sync()

    assert world.status(HOME) == "unsubscribed"


def test_a_mailbox_that_was_unsubscribed_for_one_contact_comes_back_for_the_other_that_wants_it(world: World) -> None:
    ann = world.contact(HOME, {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    world.put(ann, "Removed")
    world.sync()
    world.pass_time(3_600)
    bea = world.contact(HOME, {NEWS: 0})

    world.sync()
    world.pass_time(3_600)
    world.sync()

    assert (world.status(HOME), world.sync_result(contact=bea)[0]) == ("subscribed", "ok")


def test_a_mailbox_that_left_at_mailchimp_is_not_brought_back_by_the_other_contact(
    world: World, family: tuple[int, int]
) -> None:
    ann, bea = family
    world.act(HOME, "unsubscribe")

    world.sync()
    world.pass_time(3_600)
    world.sync(everything=True)

    assert world.status(HOME) == "unsubscribed"
    assert world.in_group(ann) == "Removed"
    assert world.sync_result(contact=bea)[0] == "fail"


def test_a_contact_that_must_not_be_mailed_does_not_keep_the_address_from_the_other(world: World) -> None:
    ann = world.contact(HOME, {NEWS: 20}, is_opt_out=True)
    bea = world.contact(HOME, {NEWS: 20})

    world.sync()

    assert world.sync_result(contact=ann) == ("fail", "CV_OPTED_OUT")
    assert (world.status(HOME), world.sync_result(contact=bea)[0]) == ("subscribed", "ok")


# -- an address that is given to another contact


@pytest.mark.parametrize("everything", [False, True])
def test_an_address_given_to_a_contact_outside_the_group_is_not_mailed_on_the_first_ones_consent(
    world: World, *, everything: bool
) -> None:
    ann, bea = world.contact("ann@example.org", {NEWS: 20}), world.contact("bea@example.org")
    world.sync()
    world.pass_time(3_600)
    hand_over(world, ann, bea)

    world.sync(everything=everything)
    world.pass_time(3_600)
    world.sync(everything=everything)

    assert world.sync_result(contact=ann) == ("fail", "CV_NO_ADDRESS")
    assert world.status("ann@example.org") == "unsubscribed"
    assert (world.in_group(ann), world.in_group(bea)) == ("Added", None)


def test_an_address_given_to_a_contact_in_the_group_stays_subscribed_for_that_one(world: World) -> None:
    ann, bea = world.contact("ann@example.org", {NEWS: 20}), world.contact((), {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    hand_over(world, ann, bea)

    world.sync()

    assert (world.status("ann@example.org"), world.sync_result(contact=bea)[0]) == ("subscribed", "ok")
    assert world.sync_result(contact=ann) == ("fail", "CV_NO_ADDRESS")


def test_one_who_got_the_address_and_is_then_added_is_subscribed(world: World) -> None:
    ann, bea = world.contact("ann@example.org", {NEWS: 20}), world.contact("bea@example.org")
    world.sync()
    world.pass_time(3_600)
    hand_over(world, ann, bea)
    world.sync()
    world.pass_time(3_600)
    world.put(bea, "Added")

    world.sync()

    assert (world.status("ann@example.org"), world.sync_result(contact=bea)[0]) == ("subscribed", "ok")


def test_two_contacts_that_change_addresses_with_one_another_keep_their_consents(world: World) -> None:
    ann, bea = world.contact("ann@example.org", {NEWS: 20}), world.contact("bea@example.org")
    world.sync()
    world.pass_time(3_600)
    world.edit_address(ann, email="ann@new.example.org")
    world.edit_address(bea, email="ann@example.org")

    world.sync()
    world.pass_time(3_600)
    world.sync(everything=True)

    assert world.status("ann@new.example.org") == "subscribed"
    assert world.status("ann@example.org") is None
    assert world.in_group(bea) is None


def swapped(world: World) -> tuple[int, int]:
    """Ann and Bea are both subscribed; then staff swap their addresses, as after a mistake in a form."""
    for address in ("ann@example.org", "bea@example.org"):
        world.member(address)
    ann, bea = world.contact("ann@example.org", {NEWS: 20}), world.contact("bea@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    world.edit_address(ann, email="bea@example.org")
    world.edit_address(bea, email="ann@example.org")
    return ann, bea


@pytest.mark.parametrize("everything", [False, True], ids=["incremental", "full"])
def test_contacts_that_swap_addresses_swap_members_so_that_the_one_who_leaves_is_unsubscribed(
    world: World, everything: bool
) -> None:
    ann, bea = swapped(world)
    world.sync(everything=everything)
    assert (world.sync_result(contact=ann)[0], world.sync_result(contact=bea)[0]) == ("ok", "ok")
    world.pass_time(3_600)
    world.edit(ann, is_opt_out=True)

    world.sync(everything=everything)

    assert (world.status("bea@example.org"), world.status("ann@example.org")) == ("unsubscribed", "subscribed")


def test_the_one_who_leaves_together_with_a_swap_of_addresses_is_the_one_unsubscribed(world: World) -> None:
    ann, _ = swapped(world)
    world.put(ann, "Removed")

    world.sync()

    assert (world.status("bea@example.org"), world.status("ann@example.org")) == ("unsubscribed", "subscribed")


def test_an_address_that_was_given_away_is_not_mailed_while_its_contact_wants_one_that_is_taken(world: World) -> None:
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.contact("bea@example.org", {NEWS: 20})
    stranger = world.contact("stranger@example.org")
    world.sync()
    world.pass_time(3_600)
    world.edit_address(ann, email="bea@example.org")
    world.edit_address(stranger, email="ann@example.org")

    world.sync()

    assert (world.status("ann@example.org"), world.status("bea@example.org")) == ("unsubscribed", "subscribed")
    assert world.in_group(stranger) is None
    assert world.sync_result(contact=ann) == ("fail", "CV_SHARED_ADDRESS")


def test_a_contact_with_the_address_that_was_imported_into_the_group_with_an_older_date_is_not_unsubscribed(
    world: World,
) -> None:
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    world.take_address(ann)
    bea = world.contact("ann@example.org", {NEWS: 10}, modified_date=world.now.isoformat())

    world.sync()

    assert (world.status("ann@example.org"), world.sync_result(contact=bea)[0]) == ("subscribed", "ok")


def test_an_address_that_nobody_has_any_more_stays_with_its_contact(world: World) -> None:
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    world.take_address(ann)

    world.sync()
    world.sync(everything=True)

    assert (world.status("ann@example.org"), world.sync_result(contact=ann)[0]) == ("subscribed", "ok")


def hand_over(world: World, giver: int, taker: int) -> None:
    """Staff take the address from one contact and give it to another."""
    world.take_address(giver)
    world.give_address(taker, "ann@example.org")
