"""Every change of a run has exactly one entry in the journal, with what the other system answered; so has a refusal."""

from __future__ import annotations

from collections import Counter

import httpx2
import pytest

from mailchimpsync.addresses import member_id_of
from mailchimpsync.errors import Code
from mailchimpsync.model import MCSYNC_METHOD
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.journal import check
from mailchimpsync.sync import preview
from support.transport import no_interference
from support.webhook_delivery import WebhookDelivery
from support.world import LIST, NEWS, RIDE, WALK, WALKS, World

ANN, BELLA, CARL, DORA, EMIL = (f"{name}@example.org" for name in ("ann", "bella", "carl", "dora", "emil"))


def told(world: World) -> list[tuple[str, str, str | None, str | None]]:
    return [(entry["side"], entry["field"], entry["old"], entry["new"]) for entry in world.journal()]


def is_intact(world: World) -> bool:
    found = check.check_chain(world.store, LIST, ())
    return not found.wrong and found.entries == len(world.journal())


@pytest.fixture
def busy(world: World) -> World:
    """Ann is in the group only, Bella at Mailchimp only, Carl has left there, Dora and Emil are on both sides."""
    world.contact(ANN, {NEWS: 5, WALKS: 5})
    world.member(BELLA)
    world.contact(CARL, {NEWS: 50})
    world.member(CARL, "unsubscribed", last_changed=world.now.isoformat())
    for address in (DORA, EMIL):
        world.contact(address, {NEWS: 50})
        world.member(address, interests={WALK: False, RIDE: False})
    return world


def test_every_change_of_a_run_has_exactly_one_entry(busy: World) -> None:
    busy.sync()
    bella, carl = busy.owners(BELLA)[0], busy.owners(CARL)[0]
    by_person = Counter((e["side"], e["field"], e["old"], e["new"], e["contact_id"]) for e in busy.journal())

    assert by_person == {
        ("CiviCRM", "contact", None, "created", bella): 1,
        ("CiviCRM", f"group {NEWS}", None, "Added", bella): 1,
        ("CiviCRM", f"group {NEWS}", "Added", "Removed", carl): 1,
        ("Mailchimp", "status", None, "subscribed", busy.owners(ANN)[0]): 1,
        ("Mailchimp", f"interest {WALK}", None, "yes", busy.owners(ANN)[0]): 1,
    }
    by_us = [row for row in busy.civicrm.dump("SubscriptionHistory") if row["method"] == MCSYNC_METHOD]
    assert len(by_us) == 2
    assert is_intact(busy)


def test_a_run_that_changes_nothing_tells_nothing(busy: World) -> None:
    busy.sync()
    before = busy.journal()
    busy.pass_time(3_600)
    busy.sync()

    assert busy.journal() == before


def test_what_mailchimp_answered_is_told(busy: World) -> None:
    busy.sync()

    assert {entry["answer"] for entry in busy.journal() if entry["side"] == "Mailchimp"} == {"200"}
    assert {entry["answer"] for entry in busy.journal() if entry["side"] == "CiviCRM"} == {None}


def test_a_refusal_is_told_with_its_code_and_what_was_tried_instead(world: World) -> None:
    contact = world.contact(ANN, {NEWS: 50})
    world.member(ANN)
    world.sync()
    world.act(ANN, "unsubscribe")
    world.pass_time(3_600)
    world.sync()
    world.pass_time(3_600)
    world.put(contact, "Added")
    world.sync()
    refused = [entry for entry in world.journal() if entry["field"] == "refused"]

    assert [(e["new"], e["reason"], e["answer"]) for e in refused] == [
        ("subscribed", Code.MC_COMPLIANCE, "400 MC_COMPLIANCE")
    ]
    assert told(world)[-1] == ("Mailchimp", "status", "unsubscribed", "pending")
    assert is_intact(world)


def test_what_civicrm_refuses_is_told(world: World) -> None:
    gone = world.contact(ANN, {NEWS: 50})
    world.member(ANN)
    world.sync()
    world.pass_time(3_600)
    world.act(ANN, "unsubscribe")

    def delete(request: httpx2.Request) -> None:
        if "GroupContact/save" in request.url.path:
            world.to_civicrm.before = no_interference
            world.delete_for_good(gone)

    world.to_civicrm.before = delete
    world.sync()
    refused = [entry for entry in world.journal() if entry["field"] == "refused"]

    assert [(e["side"], e["contact_id"], e["new"], e["reason"]) for e in refused] == [
        ("CiviCRM", gone, f"group {NEWS} Removed", Code.CV_CHANGE_REFUSED)
    ]
    assert refused[0]["answer"] in set(Code)
    assert is_intact(world)


def test_what_was_done_for_someone_is_told_although_something_else_was_refused(world: World) -> None:
    contact = world.contact(ANN)
    world.member(ANN, interests={WALK: True, RIDE: False})

    def delete_a_group(request: httpx2.Request) -> None:
        if "GroupContact/save" in request.url.path:
            world.to_civicrm.before = no_interference
            world.civicrm.call("Group", "delete", {"where": [["id", "=", WALKS]]})

    world.to_civicrm.before = delete_a_group
    world.sync()

    assert world.in_group(contact) == "Added"
    assert [(entry["field"], entry["new"]) for entry in world.journal()] == [
        (f"group {NEWS}", "Added"),
        ("refused", f"group {WALKS} Added"),
    ]


@pytest.fixture
def post(world: World) -> WebhookDelivery:
    """A post office in a world that is in sync: Ann and Bella get the news."""
    for address in (ANN, BELLA):
        world.member(address)
        world.contact(address, {NEWS: 20})
    world.sync()
    office = WebhookDelivery(world)
    office.take()
    return office


def test_the_entry_says_who_acted(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "unsubscribe")
    post.deliver_and_process()
    world.pass_time(3_600)
    world.put(world.owners(BELLA)[0], "Removed")
    world.sync()
    world.pass_time(3_600)
    world.put(world.owners(BELLA)[0], "Added")
    world.sync(by="carla")

    assert [(entry["field"], entry["new"], entry["actor"]) for entry in world.journal()] == [
        (f"group {NEWS}", "Removed", "webhook"),
        ("status", "unsubscribed", "run"),
        ("status", "subscribed", "carla"),
    ]


def test_the_person_who_approved_a_plan_is_recorded(post: WebhookDelivery) -> None:
    world = post.world
    world.pass_time(3_600)
    world.put(world.owners(BELLA)[0], "Removed")
    plan = preview(world.systems, world.connection, Deadline.after(world.runtime, None), by="bob")
    with world.store.begin() as tx:
        assert kept_plans.decide_plan(tx, plan, [PlanState.OPEN], PlanState.APPROVED, world.now, "carla")
    world.sync()

    assert [(entry["new"], entry["actor"]) for entry in world.journal()] == [("unsubscribed", "carla")]


def test_an_address_that_was_changed_is_told_old_and_new(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "address", new_address="annette@example.org")
    post.deliver_and_process()
    [entry] = [entry for entry in world.journal() if entry["field"] == "address"]

    assert (entry["old"], entry["new"]) == ("ann@example.org", "annette@example.org")
    assert entry["member_id"] == member_id_of("annette@example.org")
