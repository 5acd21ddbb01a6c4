"""Members that can't be read, and those without an e-mail address: each is left alone, and nobody else waits for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from mailchimpsync.addresses import member_id_of
from mailchimpsync.sync import Outcome
from support.world import NEWS, World

Change = Callable[[dict[str, Any]], object]


def show(world: World, beginning: str, change: Change) -> None:
    """Let Mailchimp show members, by the beginning of their addresses, otherwise than they are."""

    def answer(_request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        response.read()
        body = json.loads(response.content) if response.content.startswith(b"{") else {}
        for one in [body, *body.get("members", [])]:
            if one.get("email_address", "").startswith(beginning):
                change(one)
        return httpx2.Response(response.status_code, json=body) if body else response

    world.to_mailchimp.answer = answer


def without_date(one: dict[str, Any]) -> None:
    one["last_changed"] = ""


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

    assert world.fate(contact=wilma) == ("fail", "MC_UNREADABLE")
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

    world.to_mailchimp.answer = lambda _request, response: response
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
    assert world.fate(contact=wilma)[0] == "ok"
