"""Members that can't be read, and those without an e-mail address: each is left alone, and nobody else waits for it."""

from __future__ import annotations

from typing import Any

import pytest

from mailchimpsync.addresses import member_id_of
from mailchimpsync.sync import Outcome
from support.odd_members import show, show_as_they_are, without_date
from support.world import NEWS, World


def texts_only(one: dict[str, Any]) -> None:
    one |= {"email_address": "", "id": member_id_of("")}


@pytest.fixture
def wilma(world: World) -> int:
    for name in ("wilma", "fred", "bam"):
        world.member(f"{name}@example.org")
    contact = world.contact("wilma@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    return contact


@pytest.mark.parametrize("everything", [False, True])
def test_a_member_that_can_not_be_read_fails_alone_named_by_its_id(
    world: World, wilma: int, *, everything: bool
) -> None:
    show(world, "wilma@example.org", without_date)
    world.act("wilma@example.org", "names", merge_fields={"LNAME": "F"})
    world.act("fred@example.org", "unsubscribe")

    assert world.sync(everything=everything).outcome is Outcome.DONE

    assert world.sync_result(contact=wilma) == ("fail", "MC_UNREADABLE")
    assert (world.in_group(wilma), world.status("wilma@example.org")) == ("Added", "subscribed")
    assert world.in_group(world.owners("fred@example.org")[0]) == "Removed"
    assert any(member_id_of("wilma@example.org") in line for line in world.told())


def test_nothing_is_done_for_a_member_that_can_not_be_read_until_it_can(world: World, wilma: int) -> None:
    show(world, "wilma@example.org", without_date)
    world.act("wilma@example.org", "unsubscribe")
    world.sync()
    world.pass_time(3_600)
    world.sync()
    assert world.in_group(wilma) == "Added"

    show_as_they_are(world)
    world.pass_time(3_600)
    world.sync()

    assert world.in_group(wilma) == "Removed"


def test_members_without_an_address_are_counted_and_left_alone(world: World, wilma: int) -> None:
    contacts = len(world.civicrm.dump("Contact"))
    for name in ("sms1", "sms2"):
        world.member(f"{name}@example.org", last_changed=world.now.isoformat())

    show(world, "sms", texts_only)

    assert world.sync(everything=True).outcome is Outcome.DONE

    assert len(world.civicrm.dump("Contact")) == contacts
    assert any("2 members at Mailchimp have no e-mail address" in line for line in world.told())
    assert world.sync_result(contact=wilma)[0] == "ok"
