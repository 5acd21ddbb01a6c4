"""The first sync of a charity: the later date decides (docs/reference/php-extension.md#the-subscription)."""

from __future__ import annotations

import pytest

from mailchimpsync.model import Resubscribe
from support.world import NEWS, RIDE, RIDES, WALK, WALKS, World, days_ago

OLDER, SAME, NEWER = 20, 10, 1  # days ago, for CiviCRM; the member's date is ten days ago


@pytest.mark.parametrize(
    ("at_mailchimp", "in_civicrm", "days", "then_at_mailchimp", "then_in_civicrm"),
    [
        ("subscribed", None, None, "subscribed", "Added"),
        ("subscribed", "Added", OLDER, "subscribed", "Added"),
        ("subscribed", "Removed", OLDER, "subscribed", "Added"),
        ("subscribed", "Removed", SAME, "unsubscribed", "Removed"),
        ("subscribed", "Removed", NEWER, "unsubscribed", "Removed"),
        ("pending", "Removed", NEWER, "unsubscribed", "Removed"),
        ("pending", "Pending", OLDER, "pending", "Added"),
        ("unsubscribed", None, None, "unsubscribed", None),
        ("unsubscribed", "Added", OLDER, "unsubscribed", "Removed"),
        ("unsubscribed", "Added", SAME, "subscribed", "Added"),
        ("unsubscribed", "Added", NEWER, "subscribed", "Added"),
        ("unsubscribed", "Removed", NEWER, "unsubscribed", "Removed"),
        ("archived", "Added", OLDER, "archived", "Removed"),
        ("archived", "Added", NEWER, "subscribed", "Added"),
        ("transactional", "Added", NEWER, "subscribed", "Added"),
        ("cleaned", "Added", OLDER, "cleaned", "Removed"),
        ("cleaned", "Added", NEWER, "cleaned", "Added"),
        (None, "Added", OLDER, "subscribed", "Added"),
        (None, "Removed", OLDER, None, "Removed"),
    ],
)
def test_the_later_date_decides(
    world: World,
    at_mailchimp: str | None,
    in_civicrm: str | None,
    days: int | None,
    then_at_mailchimp: str | None,
    then_in_civicrm: str | None,
) -> None:
    groups = {NEWS: {"status": in_civicrm, "date": days_ago(days or 0)}} if in_civicrm else {}
    ida = world.contact("ida@example.org", groups)
    if at_mailchimp:
        by_admin = {"unsubscribed_by": "admin"} if at_mailchimp == "unsubscribed" else {}
        world.member("ida@example.org", at_mailchimp, **by_admin)

    world.sync()

    assert (world.status("ida@example.org"), world.in_group(ida)) == (then_at_mailchimp, then_in_civicrm)


def test_a_second_run_in_a_quiet_world_plans_nothing_and_writes_nothing(world: World) -> None:
    world.member("ida@example.org", interests={WALK: True})
    world.contact("jon@example.org", {NEWS: 20, RIDES: 20})
    world.sync()
    before = world.journal()
    world.forget_requests()

    for everything in (False, True):
        world.pass_time(3_600)
        world.sync(everything=everything)

    assert world.writes() == []
    assert world.journal() == before


def test_a_member_nobody_owns_becomes_a_contact_with_name_and_source(world: World) -> None:
    world.member("zoe@example.org", first_name="Zoë 🌻", last_name="Ñandú-李", interests={RIDE: True})

    world.sync()

    [zoe] = world.owners("zoe@example.org")
    contact = next(one for one in world.civicrm.dump("Contact") if one["id"] == zoe)
    assert (contact["first_name"], contact["last_name"]) == ("Zoë 🌻", "Ñandú-李")
    assert contact["source"] == "mailchimpsync"
    assert (world.in_group(zoe), world.in_group(zoe, RIDES), world.in_group(zoe, WALKS)) == ("Added", "Added", None)


def test_a_member_who_left_gets_no_contact(world: World) -> None:
    world.member("zoe@example.org", "unsubscribed")

    world.sync()

    assert world.owners("zoe@example.org") == []
    assert world.sync_result(email="zoe@example.org") == ("ok", "NOT_SUBSCRIBED")


def test_a_new_member_gets_names_and_interests_with_it(world: World) -> None:
    world.contact("jon@example.org", {NEWS: 20, RIDES: 20}, first_name="Jón", last_name="Þór 🚲")

    world.sync()
    world.pass_time(60)
    world.sync()

    fields = world.members()["jon@example.org"]["merge_fields"]
    assert (fields["FNAME"], fields["LNAME"]) == ("Jón", "Þór 🚲")
    assert world.interests("jon@example.org") == {RIDE}


def test_a_required_field_does_not_keep_someone_from_being_subscribed(world: World) -> None:
    world.mailchimp.add_audience(
        "0123456789abcdef0123456789abcdef-us1",
        "bbbb111122",
        "Strict",
        merge_fields=[{"tag": "SHOE", "name": "Shoe", "type": "text", "required": True}],
    )
    world.connection = type(world.connection)("bbbb111122", NEWS, {})
    jon = world.contact("jon@example.org", {NEWS: 20})

    world.sync()

    assert [one["status"] for one in world.mailchimp.members("bbbb111122")] == ["subscribed"]
    assert world.sync_result(contact=jon)[0] == "ok"


def test_where_nobody_is_to_be_resubscribed_an_opt_out_is_told_and_left() -> None:
    world = World(resubscribe=Resubscribe.NEVER)
    world.member("ida@example.org", "unsubscribed")
    ida = world.contact("ida@example.org", {NEWS: NEWER})

    world.sync()

    assert world.sync_result(contact=ida) == ("fail", "MC_OPTED_OUT")
    assert world.status("ida@example.org") == "unsubscribed"
    world.close()


def test_someone_with_a_blank_name_is_subscribed_without_it(world: World) -> None:
    world.contact("ann@example.org", {NEWS: 2}, first_name="\u200b ", last_name="Archer")

    world.sync()

    fields = world.members()["ann@example.org"]["merge_fields"]
    assert (fields["FNAME"], fields["LNAME"]) == ("", "Archer")
