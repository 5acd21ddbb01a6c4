"""Addresses that change in CiviCRM: the member follows, if it had the one that was changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailchimpsync.addresses import member_id_of
from mailchimpsync.mailchimp import delete_batch, recent_batches
from mailchimpsync.model import Departure, Leaving, Resubscribe
from mailchimpsync.sync import Outcome
from support.world import NEWS, WALK, WALKS, World, days_ago

OLD, NEW = "tom@old.example.org", "tom@new.example.org"


def tom(world: World, *others: object) -> int:
    """Tom gets the news at his old address, and is in sync."""
    world.member(OLD, interests={WALK: True}, first_name="Tom")
    contact = world.contact([OLD, *others], {NEWS: 20, WALKS: 20})
    world.sync()
    world.pass_time(3_600)
    return contact


def later_sync(world: World, *, everything: bool = False) -> None:
    world.pass_time(3_600)
    assert world.sync(everything=everything).outcome in (Outcome.DONE, Outcome.INCOMPLETE)


def send(world: World) -> None:
    """Sync; what is sent lies at Mailchimp for some minutes before it is done."""
    world.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started"), 60))
    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING


@pytest.mark.parametrize("everything", [False, True], ids=["incremental", "full"])
def test_a_member_gets_the_new_address_and_keeps_everything_else(world: World, everything: bool) -> None:
    contact = tom(world)
    [before] = world.mailchimp.members(world.connection.list_id)
    world.edit_address(contact, email=NEW)

    later_sync(world, everything=everything)

    [after] = world.mailchimp.members(world.connection.list_id)
    assert (after["id"], after["email_address"], after["status"]) == (member_id_of(NEW), NEW, "subscribed")
    assert (after["contact_id"], after["interests"]) == (before["contact_id"], before["interests"])
    row = world.row(contact=contact)
    assert (row["identity"], row["mailchimp_email"], row["new_address"]) == (f"m:{member_id_of(NEW)}", NEW, None)
    assert world.sync_result(contact=contact) == ("ok", "CIVICRM_READDRESSED")
    told = [(one["side"], one["field"], one["old"], one["new"]) for one in world.journal()]
    assert told[-1] == ("Mailchimp", "address", OLD, NEW)
    world.forget_requests()
    later_sync(world)
    later_sync(world, everything=True)
    assert world.writes() == []
    assert len(world.rows()) == 1


def test_a_member_follows_to_another_bulk_mail_address_and_away_from_one_on_hold(world: World) -> None:
    contact = tom(world, NEW)
    new = [["contact_id", "=", contact], ["email", "=", NEW]]
    world.civicrm.call("Email", "update", {"where": new, "values": {"is_bulkmail": True}})
    later_sync(world)
    assert set(world.members()) == {NEW}
    world.civicrm.call("Email", "update", {"where": new, "values": {"on_hold": 1}})

    later_sync(world)

    assert set(world.members()) == {OLD}


def test_a_hold_moves_the_member_rather_than_unsubscribing_it(world: World) -> None:
    world.connection = replace(world.connection, departures={Departure.ON_HOLD: Leaving.UNSUBSCRIBE})
    contact = tom(world, NEW)
    old = [["contact_id", "=", contact], ["email", "=", OLD]]
    world.civicrm.call("Email", "update", {"where": old, "values": {"on_hold": 1}})

    later_sync(world)

    assert (set(world.members()), world.status(NEW)) == ({NEW}, "subscribed")


def test_upper_and_lower_case_make_no_change_of_address(world: World) -> None:
    contact = tom(world)
    world.edit_address(contact, email=OLD.upper())
    world.forget_requests()

    later_sync(world)
    later_sync(world, everything=True)

    assert world.writes() == []


def test_an_address_changed_at_mailchimp_is_not_changed_back(world: World) -> None:
    contact = tom(world, NEW)
    world.act(OLD, "address", new_address=NEW)

    later_sync(world)
    world.edit(contact, first_name="Thomas")
    later_sync(world)
    later_sync(world, everything=True)

    assert set(world.members()) == {NEW}


def test_a_contact_with_two_members_keeps_both_whichever_address_is_the_best(world: World) -> None:
    world.member(NEW)
    contact = tom(world, NEW)
    new = [["contact_id", "=", contact], ["email", "=", NEW]]
    world.civicrm.call("Email", "update", {"where": new, "values": {"is_bulkmail": True}})

    later_sync(world)
    later_sync(world, everything=True)

    assert set(world.members()) == {OLD, NEW}
    assert world.failures() == set()


def settled(world: World) -> None:
    """Sync until all is done, then everything again, which changes nothing."""
    for _ in range(3):
        later_sync(world)
    world.forget_requests()
    later_sync(world)
    later_sync(world, everything=True)
    assert world.writes() == []


@pytest.mark.parametrize("status", ["unsubscribed", "archived", "cleaned"])
def test_a_person_who_is_unsubscribed_and_not_in_the_group_is_not_added_for_a_new_address(
    world: World, status: str
) -> None:
    world.member(OLD, status)
    contact = world.contact(OLD, {})
    world.sync()
    world.edit_address(contact, email=NEW)

    settled(world)

    assert {address: world.status(address) for address in world.members()} == {OLD: status}


def test_a_person_asked_at_a_former_address_is_asked_at_the_new_one_instead(world: World) -> None:
    world.member(OLD, "pending", interests={WALK: True})
    contact = world.contact(OLD, {NEWS: 5, WALKS: 5})
    world.sync()
    world.pass_time(3_600)
    world.edit_address(contact, email=NEW)

    settled(world)

    assert (world.status(NEW), world.status(OLD)) == ("pending", "unsubscribed")
    assert (world.in_group(contact), world.in_group(contact, WALKS)) == ("Added", "Added")
    told = [(one["field"], one["old"], one["new"], one["reason"]) for one in world.journal()]
    assert ("status", None, "pending", "CIVICRM_READDRESSED") in told
    assert ("status", "pending", "unsubscribed", "CIVICRM_READDRESSED") in told
    world.act(NEW, "confirm")
    settled(world)
    assert world.sync_result(email=NEW) == ("ok", "IN_SYNC")
    assert world.sync_result(email=OLD) == ("fail", "CV_OTHER_ADDRESS")


def test_a_person_who_had_not_confirmed_is_asked_at_the_corrected_address_even_if_the_old_one_is_on_hold(
    world: World,
) -> None:
    world.connection = replace(world.connection, departures={Departure.ON_HOLD: Leaving.UNSUBSCRIBE})
    world.member(OLD, "pending")
    contact = world.contact(OLD, {NEWS: 5})
    world.sync()
    world.pass_time(3_600)
    new = {"contact_id": contact, "email": NEW, "is_primary": False, "location_type_id": 1}
    world.civicrm.call("Email", "create", {"values": new})
    old = [["contact_id", "=", contact], ["email", "=", OLD]]
    world.civicrm.call("Email", "update", {"where": old, "values": {"on_hold": 1}})

    settled(world)

    assert (world.status(NEW), world.status(OLD)) == ("pending", "unsubscribed")


def test_a_person_who_confirms_the_old_address_before_the_new_one_arrives_keeps_the_member_and_gets_it_changed(
    world: World,
) -> None:
    world.member(OLD, "pending")
    contact = world.contact(OLD, {NEWS: 5})
    world.sync()
    world.pass_time(3_600)
    world.edit_address(contact, email=NEW)
    world.act(OLD, "confirm")

    settled(world)

    assert {address: world.status(address) for address in world.members()} == {NEW: "subscribed"}


def bounced(world: World) -> int:
    """Mail to Tom has bounced, he is off the list and out of the group; his address is corrected and off hold."""
    contact = tom(world)
    world.act(OLD, "bounce")
    later_sync(world)
    assert world.in_group(contact) == "Removed"
    world.edit_address(contact, email=NEW, on_hold=0)
    later_sync(world)
    return contact


def test_a_corrected_address_is_subscribed_once_staff_add_the_contact_again(world: World) -> None:
    contact = bounced(world)
    assert set(world.members()) == {OLD}
    world.put(contact, "Added")

    settled(world)

    assert (world.status(NEW), world.status(OLD)) == ("subscribed", "cleaned")
    assert world.sync_result(email=NEW) == ("ok", "IN_SYNC")
    assert world.sync_result(email=OLD) == ("fail", "CV_OTHER_ADDRESS")


def test_a_person_who_bounced_and_is_in_the_group_is_subscribed_once_the_address_is_corrected(world: World) -> None:
    world.member(OLD, "cleaned", last_changed=days_ago(30))
    contact = world.contact(OLD, {NEWS: 5})
    world.sync()
    assert world.sync_result(contact=contact) == ("fail", "MC_BOUNCED")
    world.pass_time(3_600)
    world.edit_address(contact, email=NEW)

    settled(world)

    assert (world.status(NEW), world.status(OLD)) == ("subscribed", "cleaned")
    assert world.in_group(contact) == "Added"


def test_where_nobody_is_resubscribed_a_corrected_address_is_not_added(world: World) -> None:
    world.connection = replace(world.connection, resubscribe=Resubscribe.NEVER)
    world.put(bounced(world), "Added")

    settled(world)

    assert set(world.members()) == {OLD}
    assert world.failures() == {"MC_BOUNCED"}


def test_a_person_who_had_left_and_comes_back_with_another_address_is_asked_there_and_the_opt_out_stays(
    world: World,
) -> None:
    contact = tom(world)
    world.act(OLD, "unsubscribe")
    later_sync(world)
    world.edit_address(contact, email=NEW)
    world.pass_time(60)
    world.put(contact, "Added")

    settled(world)

    assert (world.status(NEW), world.status(OLD)) == ("pending", "unsubscribed")
    assert world.in_group(contact) == "Added"


def test_a_corrected_address_that_mailchimp_refuses_is_tried_once_and_again_when_it_is_corrected_again(
    world: World,
) -> None:
    contact = bounced(world)
    world.edit_address(contact, email="tom@gmail.vom")
    world.put(contact, "Added")
    settled(world)
    assert world.failures() == {"CV_OTHER_ADDRESS", "MC_FAKE_EMAIL"}

    world.edit_address(contact, email=NEW)
    settled(world)

    assert world.status(NEW) == "subscribed"


def test_a_corrected_address_that_someone_else_has_fails_and_names_both(world: World) -> None:
    world.member(NEW)
    ida = world.contact(NEW, {NEWS: 20})
    contact = tom(world)
    world.act(OLD, "bounce")
    later_sync(world)
    world.edit_address(contact, email=NEW, on_hold=0)
    world.put(contact, "Added")

    settled(world)

    assert world.sync_result(email=OLD) == ("fail", "ADDRESS_TAKEN")
    assert f"contact {ida} has" in world.row(email=OLD)["reason_detail"]


def test_a_correction_that_is_taken_back_leaves_nothing_behind(world: World) -> None:
    contact = bounced(world)
    world.edit_address(contact, email="tom@gmail.vom")
    world.put(contact, "Added")
    settled(world)
    world.edit_address(contact, email=OLD)

    settled(world)

    assert [row["mailchimp_email"] for row in world.rows()] == [OLD]
    assert world.failures() == {"MC_BOUNCED"}


def test_a_person_whom_we_unsubscribed_for_a_hold_comes_back_with_the_new_address_without_being_asked(
    world: World,
) -> None:
    world.connection = replace(world.connection, departures={Departure.ON_HOLD: Leaving.UNSUBSCRIBE})
    contact = tom(world)
    world.edit_address(contact, on_hold=1)
    later_sync(world)
    assert world.status(OLD) == "unsubscribed"
    world.edit_address(contact, email=NEW, on_hold=0)

    settled(world)

    assert (world.status(NEW), world.status(OLD)) == ("subscribed", "unsubscribed")


def test_a_person_whom_we_unsubscribed_for_a_hold_comes_back_with_a_second_address(world: World) -> None:
    world.connection = replace(world.connection, departures={Departure.ON_HOLD: Leaving.UNSUBSCRIBE})
    contact = tom(world)
    world.edit_address(contact, on_hold=1)
    later_sync(world)
    values = {"contact_id": contact, "email": NEW, "is_primary": False, "location_type_id": 1}
    world.civicrm.call("Email", "create", {"values": values})

    settled(world)

    assert (world.status(NEW), world.status(OLD)) == ("subscribed", "unsubscribed")


def test_an_address_that_another_contacts_member_has_fails_alone_and_names_both(world: World) -> None:
    contact = tom(world)
    world.act(NEW, "subscribe")
    ida = world.contact(NEW, {NEWS: 20})
    later_sync(world)
    world.edit_address(contact, email=NEW)

    later_sync(world)

    assert set(world.members()) == {OLD, NEW}
    assert world.sync_result(contact=contact) == ("fail", "ADDRESS_TAKEN")
    assert world.row(contact=contact)["reason_detail"] == (
        f"Contact {contact} wants the address that contact {ida} has."
    )
    world.edit_address(contact, email=OLD)
    later_sync(world)
    assert world.sync_result(contact=contact) == ("ok", "IN_SYNC")


def test_two_contacts_that_want_the_same_new_address_get_it_once(world: World) -> None:
    contact = tom(world)
    world.act("ida@example.org", "subscribe")
    ida = world.contact("ida@example.org", {NEWS: 20})
    later_sync(world)
    world.edit_address(contact, email=NEW)
    world.edit_address(ida, email=NEW)

    later_sync(world)
    later_sync(world, everything=True)

    assert set(world.members()) == {NEW, "ida@example.org"}
    assert world.sync_result(contact=ida) == ("fail", "ADDRESS_TAKEN")


@pytest.mark.batches
def test_an_address_that_is_taken_at_mailchimp_unknown_to_us_is_tried_once(world: World) -> None:
    contact = tom(world)
    world.edit_address(contact, email=NEW)
    send(world)
    world.act(NEW, "subscribe")

    later_sync(world)
    assert (world.status(OLD), world.row(email=OLD)["reason"]) == ("subscribed", "ADDRESS_TAKEN")
    world.forget_requests()
    later_sync(world)
    later_sync(world, everything=True)

    assert world.writes() == []
    assert world.row(email=OLD)["mailchimp_email"] == OLD


@pytest.mark.batches
def test_a_lost_answer_makes_no_second_member(world: World) -> None:
    contact = tom(world)
    world.edit_address(contact, email=NEW)
    send(world)
    world.pass_time(600)
    world.mailchimp.run_batches()
    for batch in recent_batches(world.systems.mailchimp):
        delete_batch(world.systems.mailchimp, batch.id)

    later_sync(world)
    later_sync(world, everything=True)

    assert set(world.members()) == {NEW}
    assert world.row(contact=contact)["identity"] == f"m:{member_id_of(NEW)}"
    assert (len(world.rows()), world.in_group(contact)) == (1, "Added")


@pytest.mark.batches
def test_a_reading_between_sending_and_answer_makes_no_second_row(world: World) -> None:
    contact = tom(world)
    world.edit_address(contact, email=NEW)
    send(world)
    world.pass_time(600)
    world.mailchimp.run_batches()

    later_sync(world)
    later_sync(world, everything=True)

    assert (len(world.rows()), set(world.members())) == (1, {NEW})
    assert world.sync_result(contact=contact)[0] == "ok"


@pytest.mark.batches
def test_a_person_who_leaves_before_the_change_arrives_is_not_subscribed_by_it(world: World) -> None:
    contact = tom(world)
    world.edit_address(contact, email=NEW)
    send(world)
    world.act(OLD, "unsubscribe")

    later_sync(world)
    later_sync(world, everything=True)

    assert (set(world.members()), world.status(OLD)) == ({OLD}, "unsubscribed")
    assert world.in_group(contact) == "Removed"


def test_a_person_removed_and_given_a_new_address_at_once_just_leaves(world: World) -> None:
    contact = tom(world)
    world.edit_address(contact, email=NEW)
    world.put(contact, "Removed")

    later_sync(world)

    assert world.status(OLD) == "unsubscribed"
    assert NEW not in world.members()


def test_a_member_we_made_ourselves_follows_too(world: World) -> None:
    contact = world.contact(OLD, {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    world.edit_address(contact, email=NEW)

    later_sync(world)

    assert set(world.members()) == {NEW}


def test_a_member_whose_address_was_never_the_best_one_stays_as_it_is(world: World) -> None:
    contact = tom(world, {"email": NEW, "is_bulkmail": True})
    world.edit(contact, first_name="Thomas")

    later_sync(world)
    later_sync(world, everything=True)

    assert set(world.members()) == {OLD}


@pytest.mark.batches
def test_a_change_of_address_is_sent_so_that_it_can_create_no_member(world: World) -> None:
    contact = tom(world)
    world.edit_address(contact, email=NEW)
    send(world)
    world.act(OLD, "delete")

    later_sync(world)
    later_sync(world, everything=True)

    assert world.members() == {}
    assert world.in_group(contact) == "Removed"
