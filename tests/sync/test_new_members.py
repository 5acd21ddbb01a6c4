"""An audience with double opt-in: people are asked before they are subscribed, unless the connection says otherwise."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest

from mailchimpsync.model import NewMembers
from support.webhook_delivery import WebhookDelivery
from support.world import KEY, NEWS, World

ANN, BEN = "ann@example.org", "ben@example.org"


def set_double_optin(world: World, *, on: bool) -> None:
    with httpx2.Client(base_url="http://mc/3.0", transport=world.to_mailchimp, auth=("any", KEY)) as api:
        api.patch(f"/lists/{world.list_id}", json={"double_optin": on}).raise_for_status()


def tell(world: World, mode: NewMembers | None) -> None:
    world.connection = replace(world.connection, new_members=mode)


def journaled(world: World) -> list[tuple[str | None, str | None]]:
    return [(entry["old"], entry["new"]) for entry in world.journal() if entry["field"] == "status"]


@pytest.mark.parametrize(
    ("double_optin", "mode", "then"),
    [
        (False, None, "subscribed"),
        (True, None, "pending"),
        (True, NewMembers.SUBSCRIBE, "subscribed"),
        (False, NewMembers.CONFIRM, "pending"),
    ],
)
def test_the_audience_decides_whether_people_are_asked_unless_the_connection_does(
    world: World, double_optin: bool, mode: NewMembers | None, then: str
) -> None:
    set_double_optin(world, on=double_optin)
    tell(world, mode)
    ann = world.contact(ANN, {NEWS: 1})

    world.sync()

    assert (world.status(ANN), world.in_group(ann)) == (then, "Added")


def test_people_who_are_asked_become_subscribed_by_confirming_and_are_asked_once(world: World) -> None:
    set_double_optin(world, on=True)
    ann = world.contact(ANN, {NEWS: 1})
    world.sync()
    world.forget_requests()

    for everything in (False, True):
        world.pass_time(3_600)
        world.sync(everything=everything)

    assert world.writes() == []
    assert world.status(ANN) == "pending"
    world.act(ANN, "confirm")
    world.sync()
    assert (world.status(ANN), world.in_group(ann)) == ("subscribed", "Added")
    assert world.sync_result(contact=ann) == ("ok", "IN_SYNC")
    assert journaled(world) == [(None, "pending")]


def test_a_person_who_left_at_mailchimp_and_is_added_by_staff_is_asked_and_not_tried_to_subscribe(world: World) -> None:
    set_double_optin(world, on=True)
    world.member(ANN, "unsubscribed", unsubscribed_by="admin")
    world.contact(ANN, {NEWS: 1})

    world.sync()

    assert world.status(ANN) == "pending"


def test_a_person_who_was_subscribed_and_whom_we_unsubscribed_comes_back_unasked(world: World) -> None:
    set_double_optin(world, on=True)
    world.member(ANN)
    ann = world.contact(ANN, {NEWS: 1})
    world.sync()
    for status in ("Removed", "Added"):
        world.pass_time(60)
        world.put(ann, status)
        world.sync()

    assert world.status(ANN) == "subscribed"
    assert journaled(world) == [("subscribed", "unsubscribed"), ("unsubscribed", "subscribed")]


def test_a_run_and_its_plan_count_who_is_asked_apart_from_who_is_subscribed(world: World) -> None:
    set_double_optin(world, on=True)
    world.contact(ANN, {NEWS: 1})
    world.contact(BEN, {NEWS: 1})

    world.sync()

    counts = world.runs()[-1]["counts"]
    assert (counts["planned"], counts["changes"]) == ({"ask": 2}, {"ask": 2})


def test_the_setting_that_is_changed_at_mailchimp_counts_from_the_next_run_on(world: World) -> None:
    world.contact(ANN, {NEWS: 1})
    world.sync()
    set_double_optin(world, on=True)
    world.pass_time(3_600)
    world.put(world.contact(BEN), "Added")

    world.sync()

    assert (world.status(ANN), world.status(BEN)) == ("subscribed", "pending")


def test_an_event_goes_by_the_setting_that_the_last_run_read(world: World) -> None:
    set_double_optin(world, on=True)
    world.member(ANN, "unsubscribed", unsubscribed_by="admin")
    ann = world.contact(ANN)
    world.sync()
    office = WebhookDelivery(world)
    office.take()
    world.pass_time(3_600)
    world.put(ann, "Added")
    world.act(ANN, "names", "admin", merge_fields={"FNAME": "Ann"})
    office.deliver_and_process()
    world.sync()

    assert journaled(world) == [("unsubscribed", "pending")]


@pytest.mark.parametrize("mark", ["is_opt_out", "do_not_email", "is_deceased"])
def test_one_who_had_not_confirmed_and_was_marked_for_a_while_is_asked_again_and_not_subscribed(
    world: World, mark: str
) -> None:
    set_double_optin(world, on=True)
    ann = world.contact(ANN, {NEWS: 1})
    world.sync()
    assert world.status(ANN) == "pending"
    for value in (True, False):
        world.pass_time(3_600)
        world.edit(ann, **{mark: value})
        world.sync()

    assert (world.status(ANN), world.sync_result(contact=ann)) == ("pending", ("ok", "CIVICRM_BACK"))


def test_one_who_had_confirmed_and_was_marked_for_a_while_comes_back_unasked(world: World) -> None:
    set_double_optin(world, on=True)
    ann = world.contact(ANN, {NEWS: 1})
    world.sync()
    world.act(ANN, "confirm")
    for value in (True, False):
        world.pass_time(3_600)
        world.edit(ann, is_opt_out=value)
        world.sync()

    assert world.status(ANN) == "subscribed"
