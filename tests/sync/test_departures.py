"""Leaving in CiviCRM in other ways than by the group: what it means at Mailchimp, and how people come back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailchimpsync.civicrm.reads import ON_HOLD_OPT_OUT
from mailchimpsync.mailchimp import delete_batch, recent_batches
from mailchimpsync.model import ChangeKind, Departure, Leaving, Limit, Limits, Resubscribe
from mailchimpsync.sync import Outcome
from support.webhook_delivery import WebhookDelivery
from support.world import NEWS, World, days_ago

TOM = "tom@example.org"
MARKS = [
    (Departure.OPT_OUT, {"is_opt_out": True}),
    (Departure.DO_NOT_EMAIL, {"do_not_email": True}),
    (Departure.DECEASED, {"is_deceased": True}),
]


def tom(world: World) -> int:
    """Tom gets the news on both sides; he joined at Mailchimp long after staff had put him into the group."""
    world.member(TOM)
    contact = world.contact(TOM, {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    return contact


def meaning(world: World, **leaving: Leaving) -> None:
    table = {Departure(name): what for name, what in leaving.items()}
    world.connection = replace(world.connection, departures=table)


def later_sync(world: World, *, everything: bool = False) -> None:
    world.pass_time(3_600)
    assert world.sync(everything=everything).outcome is Outcome.DONE


@pytest.mark.parametrize(("departure", "mark"), MARKS, ids=[one.value for one, _ in MARKS])
@pytest.mark.parametrize("everything", [False, True], ids=["incremental", "full"])
def test_a_person_who_is_flagged_is_unsubscribed_and_stays_in_the_group(
    world: World, departure: Departure, mark: dict[str, bool], everything: bool
) -> None:
    contact = tom(world)
    world.edit(contact, **mark)

    world.sync(everything=everything)

    status = {Departure.DECEASED: "archived"}.get(departure, "unsubscribed")
    reason = f"DEPARTED_{departure.value.upper()}"
    assert (world.status(TOM), world.in_group(contact)) == (status, "Added")
    assert world.sync_result(contact=contact) == ("ok", reason)
    assert [(one["field"], one["new"], one["reason"]) for one in world.journal()][-1] == ("status", status, reason)


@pytest.mark.parametrize(("departure", "mark"), MARKS, ids=[one.value for one, _ in MARKS])
def test_once_the_mark_is_off_they_come_back_for_they_never_left_themselves(
    world: World, departure: Departure, mark: dict[str, bool]
) -> None:
    contact = tom(world)
    world.edit(contact, **mark)
    later_sync(world)
    later_sync(world, everything=True)
    assert world.sync_result(contact=contact) == ("ok", f"DEPARTED_{departure.value.upper()}")
    world.edit(contact, **dict.fromkeys(mark, False))

    later_sync(world)

    assert (world.status(TOM), world.in_group(contact)) == ("subscribed", "Added")
    assert world.sync_result(contact=contact) == ("ok", "CIVICRM_BACK")


@pytest.mark.parametrize(("departure", "mark"), MARKS, ids=[one.value for one, _ in MARKS])
def test_where_nobody_is_to_be_resubscribed_they_do_not_come_back_by_themselves(
    world: World, departure: Departure, mark: dict[str, bool]
) -> None:
    contact = tom(world)
    world.edit(contact, **mark)
    later_sync(world)
    world.connection = replace(world.connection, resubscribe=Resubscribe.NEVER)
    world.edit(contact, **dict.fromkeys(mark, False))

    later_sync(world)

    assert world.status(TOM) == ("archived" if departure is Departure.DECEASED else "unsubscribed")
    assert world.sync_result(contact=contact) == ("fail", "MC_OPTED_OUT")


def test_where_nobody_is_to_be_resubscribed_a_contact_out_of_the_trash_stays_off_the_list(world: World) -> None:
    contact = tom(world)
    world.trash(contact)
    later_sync(world)
    world.connection = replace(world.connection, resubscribe=Resubscribe.NEVER)
    world.edit(contact, is_deleted=False)

    later_sync(world)
    later_sync(world, everything=True)

    assert world.status(TOM) == "archived"
    assert world.sync_result(contact=contact) == ("fail", "MC_OPTED_OUT")


def test_where_nobody_is_to_be_resubscribed_whom_a_mark_took_off_does_not_come_back_by_being_added_again(
    world: World,
) -> None:
    contact = tom(world)
    world.edit(contact, is_opt_out=True)
    later_sync(world)
    world.connection = replace(world.connection, resubscribe=Resubscribe.NEVER)
    world.put(contact, "Removed")
    later_sync(world)
    world.edit(contact, is_opt_out=False)
    world.put(contact, "Added")

    later_sync(world)

    assert world.status(TOM) == "unsubscribed"
    assert world.sync_result(contact=contact) == ("fail", "MC_OPTED_OUT")


def test_a_person_who_is_marked_and_then_leaves_at_mailchimp_by_another_way_is_not_brought_back(world: World) -> None:
    contact = tom(world)
    world.edit(contact, is_opt_out=True)
    later_sync(world)
    world.act(TOM, "subscribe")
    world.edit(contact, is_opt_out=False)
    later_sync(world)
    world.act(TOM, "unsubscribe")

    later_sync(world)

    assert (world.status(TOM), world.in_group(contact)) == ("unsubscribed", "Removed")


@pytest.mark.parametrize("everything", [False, True], ids=["incremental", "full"])
def test_what_means_nothing_changes_nothing(world: World, everything: bool) -> None:
    meaning(world, opt_out=Leaving.NOTHING, trashed=Leaving.NOTHING)
    contact = tom(world)
    world.edit(contact, is_opt_out=True)
    later_sync(world, everything=everything)
    assert world.sync_result(contact=contact) == ("ok", "IN_SYNC")
    world.trash(contact)

    later_sync(world, everything=everything)

    assert world.status(TOM) == "subscribed"
    assert world.sync_result(email=TOM) == ("fail", "CV_CONTACT_GONE")


@pytest.mark.parametrize("everything", [False, True], ids=["incremental", "full"])
def test_an_address_on_hold_unsubscribes_the_member_with_that_address_if_so_configured(
    world: World, everything: bool
) -> None:
    meaning(world, on_hold=Leaving.UNSUBSCRIBE)
    world.member(TOM)
    world.member("thomas@example.org")
    contact = world.contact([TOM, "thomas@example.org"], {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    held = [["contact_id", "=", contact], ["email", "=", TOM]]
    world.civicrm.call("Email", "update", {"where": held, "values": {"on_hold": 1}})

    world.sync(everything=everything)
    assert (world.status(TOM), world.status("thomas@example.org")) == ("unsubscribed", "subscribed")
    assert world.in_group(contact) == "Added"

    world.edit_address(contact, on_hold=0)
    later_sync(world, everything=everything)
    assert world.sync_result(email=TOM) == ("fail", "CV_OTHER_ADDRESS")  # one address is enough


def test_an_address_on_hold_means_nothing_by_default(world: World) -> None:
    contact = tom(world)
    world.edit_address(contact, on_hold=1)

    world.sync(everything=True)

    assert world.status(TOM) == "subscribed"


@pytest.mark.parametrize("everything", [False, True], ids=["incremental", "full"])
def test_a_person_who_opts_out_by_an_address_is_unsubscribed_although_a_bounce_means_nothing(
    world: World, everything: bool
) -> None:
    contact = tom(world)
    world.edit_address(contact, on_hold=ON_HOLD_OPT_OUT)

    world.sync(everything=everything)

    assert (world.status(TOM), world.in_group(contact)) == ("unsubscribed", "Added")
    assert world.sync_result(contact=contact) == ("ok", "DEPARTED_OPT_OUT")

    world.edit_address(contact, on_hold=0)
    later_sync(world, everything=everything)
    assert world.status(TOM) == "subscribed"  # they never left at Mailchimp


def test_a_first_sync_unsubscribes_people_who_had_opted_out_by_an_address(world: World) -> None:
    world.member(TOM)
    world.contact([{"email": TOM, "on_hold": ON_HOLD_OPT_OUT}], {NEWS: 20})

    world.sync()

    assert world.status(TOM) == "unsubscribed"


def test_a_trashed_contacts_member_is_archived_and_comes_back_with_it(world: World) -> None:
    contact = tom(world)
    world.trash(contact)
    later_sync(world)
    assert world.status(TOM) == "archived"
    assert world.sync_result(email=TOM) == ("ok", "DEPARTED_TRASHED")
    later_sync(world, everything=True)
    assert world.owners(TOM) == [contact]
    world.edit(contact, is_deleted=False)

    later_sync(world)
    later_sync(world, everything=True)

    assert (world.status(TOM), world.in_group(contact)) == ("subscribed", "Added")


def test_a_person_who_is_not_confirmed_yet_can_not_be_archived_and_is_unsubscribed(world: World) -> None:
    world.member(TOM, "pending")
    contact = world.contact(TOM, {NEWS: 20})
    world.sync()
    world.trash(contact)

    later_sync(world)

    assert world.status(TOM) == "unsubscribed"


@pytest.mark.parametrize(("leaving", "status"), [(None, "subscribed"), (Leaving.ARCHIVE, "archived")])
def test_that_a_contact_is_not_there_proves_little_and_means_nothing_unless_it_is_to(
    world: World, leaving: Leaving | None, status: str
) -> None:
    if leaving:
        meaning(world, deleted=leaving)
    contact = tom(world)
    world.fill_trash()
    world.delete_for_good(contact)

    later_sync(world, everything=True)

    assert world.status(TOM) == status


def test_a_person_who_is_removed_from_the_group_is_archived_or_left_alone_where_that_is_chosen(world: World) -> None:
    meaning(world, removed=Leaving.ARCHIVE)
    contact = tom(world)
    world.put(contact, "Removed")
    later_sync(world)
    assert world.status(TOM) == "archived"
    assert world.sync_result(contact=contact) == ("ok", "CIVICRM_REMOVED")
    world.put(contact, "Added")
    later_sync(world)
    assert world.status(TOM) == "subscribed"

    meaning(world, removed=Leaving.NOTHING)
    world.put(contact, "Removed")
    later_sync(world)
    later_sync(world, everything=True)

    assert (world.status(TOM), world.in_group(contact)) == ("subscribed", "Removed")
    assert world.sync_result(contact=contact) == ("ok", "CIVICRM_LEFT_ALONE")


def test_of_two_merged_people_the_one_who_was_kept_keeps_getting_mail_once(world: World) -> None:
    meaning(world, merged=Leaving.ARCHIVE)
    contact = tom(world)
    world.member("thomas@example.org")
    thomas = world.contact("thomas@example.org", {NEWS: 20})
    later_sync(world)
    world.merge(thomas, contact)

    later_sync(world)
    later_sync(world, everything=True)

    assert (world.status(TOM), world.status("thomas@example.org")) == ("archived", "subscribed")
    assert world.in_group(thomas) == "Added"


def test_a_merge_into_someone_without_another_address_there_takes_nobody_off(world: World) -> None:
    meaning(world, merged=Leaving.ARCHIVE)
    contact = tom(world)
    thomas = world.contact("thomas@example.org")
    later_sync(world)
    world.merge(thomas, contact)

    later_sync(world)

    assert (world.status(TOM), world.in_group(thomas)) == ("subscribed", "Added")


def test_a_member_that_is_handed_to_a_flagged_contact_is_unsubscribed(world: World) -> None:
    contact = tom(world)
    thomas = world.contact("thomas@example.org", is_opt_out=True)
    later_sync(world)
    world.merge(thomas, contact)

    later_sync(world)

    assert world.status(TOM) == "unsubscribed"


def test_a_new_member_who_is_flagged_in_civicrm_is_unsubscribed_in_the_same_run(world: World) -> None:
    world.contact(TOM, {}, do_not_email=True)
    world.sync()
    world.act(TOM, "subscribe")

    later_sync(world)

    assert world.status(TOM) == "unsubscribed"


def test_a_webhook_about_someone_marked_takes_them_off_too(world: World) -> None:
    contact = world.contact(TOM, {NEWS: 20}, is_deceased=True)
    world.sync()
    post = WebhookDelivery(world)
    world.act(TOM, "subscribe")

    post.deliver_and_process()
    world.sync()

    assert world.status(TOM) == "archived"
    assert world.in_group(contact) == "Added"


@pytest.mark.batches
def test_though_the_answer_was_lost_who_was_archived_by_us_has_not_left(world: World) -> None:
    contact = tom(world)
    world.edit(contact, is_opt_out=True)

    world.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started"), 60))
    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING
    world.pass_time(600)
    world.mailchimp.run_batches()
    assert world.status(TOM) == "unsubscribed"
    for batch in recent_batches(world.systems.mailchimp):
        delete_batch(world.systems.mailchimp, batch.id)

    later_sync(world, everything=True)
    assert world.in_group(contact) == "Added"
    world.edit(contact, is_opt_out=False)
    later_sync(world)

    assert world.status(TOM) == "subscribed"


def test_the_guard_counts_them(world: World) -> None:
    people = []
    for number in range(10):
        world.member(f"p{number}@example.org")
        people.append(world.contact(f"p{number}@example.org", {NEWS: 20}))
    world.sync()
    world.connection = replace(world.connection, limits=Limits({ChangeKind.UNSUBSCRIBE: Limit(number=3)}))
    for contact in people[:2]:
        world.edit(contact, is_opt_out=True)
    for contact in people[2:5]:
        world.trash(contact)
    world.pass_time(3_600)

    assert world.sync().outcome is Outcome.HELD
    assert world.status("p0@example.org") == "subscribed"


def test_in_a_quiet_world_with_marked_people_nothing_is_written(world: World) -> None:
    contact = tom(world)
    world.edit(contact, is_opt_out=True)
    gone = world.contact("gone@example.org", {NEWS: 20}, modified_date=days_ago(1))
    world.member("gone@example.org")
    later_sync(world)
    world.trash(gone)
    later_sync(world, everything=True)
    world.forget_requests()

    later_sync(world)
    later_sync(world, everything=True)

    assert world.writes() == []


def test_of_two_merged_people_the_strictest_consent_survives(world: World) -> None:
    thomas = world.contact("thomas@example.org", {NEWS: 20}, is_opt_out=True)
    contact = tom(world)
    world.merge(contact, thomas)

    later_sync(world)
    later_sync(world, everything=True)
    assert world.status(TOM) == "unsubscribed"
    assert world.status("thomas@example.org") is None

    world.put(contact, "Removed")
    world.pass_time(60)
    world.put(contact, "Added")
    later_sync(world)

    assert world.status(TOM) == "subscribed"


def test_a_person_who_had_said_no_is_not_subscribed_for_being_merged_into_someone_who_never_said_so(
    world: World,
) -> None:
    thomas = world.contact("thomas@example.org", {NEWS: 20}, do_not_email=True)
    world.sync()
    contact = world.contact("tomas@example.org")
    later_sync(world)
    world.merge(contact, thomas)

    later_sync(world)
    later_sync(world, everything=True)

    assert world.in_group(contact) == "Added"
    assert world.members() == {}
    assert world.failures() == {"CV_DO_NOT_EMAIL"}
