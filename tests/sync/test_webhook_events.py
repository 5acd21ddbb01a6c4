"""What happens at Mailchimp arrives by webhook: Ann, Bella, Carl and Dora, one event at a time or many."""

from __future__ import annotations

import json
import random
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from mailchimpsync.actions import process_events
from mailchimpsync.errors import Code, EvidenceError
from mailchimpsync.model import Resubscribe, Stage
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import update
from mailchimpsync.sync.lease.owner import current_process
from support.tampering import give_another_id, in_civicrm
from support.webhook_delivery import WebhookDelivery
from support.world import KEY, LIST, NEWS, RIDE, RIDES, WALK, WALKS, World, days_ago

ANN, BELLA, CARL = "ann@example.org", "bella@example.org", "carl@example.org"


@pytest.fixture
def post(world: World) -> WebhookDelivery:
    """A post office in a world that is in sync: Ann and Bella get the news."""
    for address in (ANN, BELLA):
        world.member(address, first_name=address[:1].upper())
        world.contact(address, {NEWS: 20})
    world.sync()
    office = WebhookDelivery(world)
    office.take()
    return office


def contact_of(world: World, address: str) -> int:
    [contact] = world.owners(address)
    return contact


def test_a_person_who_leaves_at_mailchimp_leaves_the_group_within_one_event(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "unsubscribe")
    post.deliver_and_process()

    assert world.in_group(contact_of(world, ANN)) == "Removed"
    assert world.in_group(contact_of(world, BELLA)) == "Added"
    assert post.event_outcomes() == [("unsubscribe", "done", "EVENT_HANDLED")]
    [entry] = [entry for entry in world.journal() if entry["reason"] == Code.MAILCHIMP_LEFT]
    assert entry["run_id"] == post.events()[0]["run_id"]


def test_the_next_run_finds_nothing_left_to_do(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "unsubscribe")
    world.act(CARL, "subscribe")
    post.deliver_and_process()
    world.pass_time(600)
    before = len(world.journal())
    world.forget_requests()
    world.sync()

    assert world.writes() == []
    assert len(world.journal()) == before


def test_a_person_who_joins_at_mailchimp_becomes_a_contact_in_the_group_with_name_and_interests(
    post: WebhookDelivery,
) -> None:
    world = post.world
    world.act(CARL, "subscribe", interests={WALK: True}, merge_fields={"FNAME": "Carl", "LNAME": "Stone"})
    post.deliver_and_process()

    contact = contact_of(world, CARL)
    assert (world.in_group(contact), world.in_group(contact, WALKS)) == ("Added", "Added")
    assert world.in_group(contact, RIDES) is None
    [made] = [one for one in world.civicrm.dump("Contact") if one["id"] == contact]
    assert (made["first_name"], made["last_name"]) == ("Carl", "Stone")
    assert world.row(email=CARL)["sync_status"] == "ok"


def test_a_tick_at_mailchimp_moves_the_interests_group(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "interests", interests={RIDE: True})
    post.deliver_and_process()

    assert world.in_group(contact_of(world, ANN), RIDES) == "Added"


def test_an_address_that_bounced_is_on_hold_in_civicrm(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "bounce")
    post.deliver_and_process()

    [email] = [one for one in world.civicrm.dump("Email") if one["email"] == ANN]
    assert email["on_hold"] == 1
    assert email["hold_date"]
    assert world.in_group(contact_of(world, ANN)) == "Removed"
    assert [e["reason"] for e in world.journal() if e["field"] == "on_hold"] == [Code.MAILCHIMP_BOUNCED]


def test_a_complaint_puts_on_hold_too_and_the_journal_tells_it_from_a_bounce(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "complain")
    [letter] = post.take()
    as_cleaned = letter["body"].replace("type=unsubscribe", "type=cleaned")
    if "abuse" not in as_cleaned:
        as_cleaned += "&data%5Breason%5D=abuse"
    post.deliver([{**letter, "body": as_cleaned}])
    post.work()

    assert [e["reason"] for e in world.journal() if e["field"] == "on_hold"] == [Code.MAILCHIMP_COMPLAINED]
    assert world.in_group(contact_of(world, ANN)) == "Removed"


def test_a_forged_or_outdated_bounce_puts_nobody_on_hold(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "bounce")
    letters = post.take()
    world.act(ANN, "subscribe")
    post.take()
    post.deliver(letters)
    post.work()

    assert [one["on_hold"] for one in world.civicrm.dump("Email") if one["email"] == ANN] == [0]
    assert post.event_outcomes() == [("cleaned", "ignored", "EVENT_OVERTAKEN")]
    assert world.in_group(contact_of(world, ANN)) == "Added"


def test_a_name_changed_at_mailchimp_is_changed_in_civicrm_but_never_emptied(post: WebhookDelivery) -> None:
    world = post.world
    contact = contact_of(world, ANN)
    world.edit(contact, first_name="Anna", last_name="Hill")
    world.act(ANN, "names", merge_fields={"FNAME": "Anne", "LNAME": ""})
    post.deliver_and_process()

    [person] = [one for one in world.civicrm.dump("Contact") if one["id"] == contact]
    assert (person["first_name"], person["last_name"]) == ("Anne", "Hill")
    told = [(e["field"], e["old"], e["new"]) for e in world.journal() if e["reason"] == Code.MAILCHIMP_PROFILE]
    assert told == [("first_name", "Anna", "Anne")]


def test_an_address_changed_at_mailchimp_is_added_for_bulk_mail_and_the_row_follows(post: WebhookDelivery) -> None:
    world = post.world
    contact, row = contact_of(world, ANN), world.row(email=ANN)
    world.act(ANN, "address", new_address="ann@new.example")
    post.deliver_and_process()

    emails = {one["email"]: one for one in world.civicrm.dump("Email") if one["contact_id"] == contact}
    assert set(emails) == {ANN, "ann@new.example"}
    assert emails["ann@new.example"]["is_bulkmail"]
    assert world.row(contact=contact)["mailchimp_email"] == "ann@new.example"
    assert row["base_subscribed"] is world.row(contact=contact)["base_subscribed"] is True
    assert world.in_group(contact) == "Added"
    assert len(world.rows()) == 2


@pytest.mark.parametrize("order", ["as sent", "profile first"])
def test_a_new_address_and_its_profile_event_may_come_in_any_order(post: WebhookDelivery, order: str) -> None:
    world = post.world
    contact = contact_of(world, ANN)
    world.act(ANN, "address", new_address="ann@new.example")
    letters = post.take()
    assert len(letters) == 2
    for letter in letters if order == "as sent" else reversed(letters):
        post.deliver([letter])
        post.work()

    assert world.owners("ann@new.example") == [contact]
    assert sorted(row["mailchimp_email"] for row in world.rows()) == ["ann@new.example", BELLA]
    assert world.in_group(contact) == "Added"


def test_a_change_of_address_concerns_its_own_audience_only(post: WebhookDelivery) -> None:
    """The PHP extension looked for the address in all audiences."""
    world = post.world
    world.act(ANN, "address", new_address="ann@new.example")
    letters = [{**one, "body": one["body"].replace(LIST, "ffff999999")} for one in post.take()]

    assert post.deliver(letters) == [204, 204]
    assert post.events() == []
    assert world.row(contact=contact_of(world, ANN))["mailchimp_email"] == ANN


def test_a_person_deleted_for_good_at_mailchimp_leaves_the_group(post: WebhookDelivery) -> None:
    world = post.world
    contact = contact_of(world, ANN)
    world.act(ANN, "delete")
    post.deliver_and_process()
    world.sync(everything=True)

    assert world.in_group(contact) == "Removed"
    assert world.status(ANN) is None


def test_an_audience_that_was_deleted_removes_nobody_on_the_strength_of_an_event(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "names", merge_fields={"FNAME": "Anne"})
    letters = post.take()
    with httpx2.Client(transport=world.to_mailchimp, auth=("anybody", KEY)) as mailchimp:
        mailchimp.delete(f"http://mc/3.0/lists/{LIST}")
    post.deliver(letters)
    post.work()

    assert world.in_group(contact_of(world, ANN)) == "Added"
    assert [state for _, state, _ in post.event_outcomes()] == ["waiting"]


def test_the_same_letter_twice_is_one_event(post: WebhookDelivery) -> None:
    post.world.act(ANN, "unsubscribe")
    letters = post.take()
    assert post.deliver([*letters, *letters]) == [200, 200]
    post.work()
    assert post.deliver(letters) == [200]
    assert post.work() == 0

    assert len(post.events()) == 1


def test_what_is_kept_of_a_handled_event_names_nobody(post: WebhookDelivery) -> None:
    post.world.act(ANN, "unsubscribe")
    post.deliver_and_process()

    [event] = post.events()
    assert event["data"] is None
    assert not any("ann" in str(value).lower() for key, value in event.items() if key != "kind")


def test_a_person_who_left_and_came_back_before_we_looked_stays(post: WebhookDelivery) -> None:
    world = post.world
    for change in ("unsubscribe", "subscribe"):
        world.pass_time(5)
        world.act(ANN, change)
    post.deliver_and_process()

    assert world.in_group(contact_of(world, ANN)) == "Added"
    assert [state for _, state, _ in post.event_outcomes()] == ["done", "done"]


def test_staff_who_added_someone_after_they_left_win_and_mailchimp_asks_the_person(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "unsubscribe")
    world.pass_time(3_600)
    post.deliver_and_process()
    world.pass_time(3_600)
    world.put(contact_of(world, ANN), "Added")
    world.sync()

    assert world.status(ANN) == "pending"


def test_nobody_is_brought_back_where_the_connection_says_never() -> None:
    world = World(resubscribe=Resubscribe.NEVER)
    world.member(ANN)
    contact = world.contact(ANN, {NEWS: 20})
    world.sync()
    post = WebhookDelivery(world)
    world.act(ANN, "unsubscribe")
    world.pass_time(60)
    world.put(contact, "Added")
    post.deliver_and_process()
    world.sync()

    assert world.status(ANN) == "unsubscribed"
    world.close()


def test_an_unsent_update_gives_way_to_the_person_who_left(post: WebhookDelivery) -> None:
    """Staff ticked an interest for Ann; before it was sent she left: she must not be written to as subscribed."""
    world = post.world
    world.put(contact_of(world, ANN), "Added", WALKS)
    world.sync(stop_on=Stage.SUBMIT)
    assert len(world.open_updates()) == 1
    world.act(ANN, "unsubscribe")
    post.deliver_and_process()
    world.sync()

    assert world.status(ANN) == "unsubscribed"
    assert world.in_group(contact_of(world, ANN)) == "Removed"
    assert world.open_updates() == []


def test_an_interrupted_run_goes_on_where_it_was_and_does_not_undo_what_the_event_did(post: WebhookDelivery) -> None:
    """The run had planned to subscribe Carl, who then joined and left by himself at Mailchimp."""
    world = post.world
    contact = world.contact(CARL)
    world.put(contact, "Added")
    world.sync(stop_on=Stage.CHANGE_GROUPS)
    assert world.row(contact=contact)["sync_status"] == "todo"
    world.act(CARL, "subscribe")
    world.pass_time(60)
    world.act(CARL, "unsubscribe")
    post.deliver_and_process()
    with world.store.begin() as tx:
        assert runs.stored_status(tx, LIST).stage is Stage.CHANGE_GROUPS
    world.sync()

    assert world.status(CARL) == "unsubscribed"
    assert world.in_group(contact) == "Removed"


def test_while_a_run_is_at_work_its_events_wait(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "unsubscribe")
    post.deliver()
    with world.store.begin() as tx:
        lease = runs.acquire_lease(tx, LIST, current_process())
    assert post.work() == 0
    assert world.in_group(contact_of(world, ANN)) == "Added"
    with world.store.begin() as tx:
        runs.release_lease(tx, lease)

    assert post.work() == 1
    assert post.events()[0]["attempts"] == 0
    assert world.in_group(contact_of(world, ANN)) == "Removed"


@pytest.mark.batches
def test_an_event_about_a_member_with_an_update_in_flight_waits_for_its_result(post: WebhookDelivery) -> None:
    world = post.world
    world.mailchimp.set_options(batch_dwell={"pending": 600})
    world.put(contact_of(world, ANN), "Added", WALKS)
    world.sync(seconds=5)
    assert len(world.open_updates()) == 1
    world.act(ANN, "unsubscribe")
    post.deliver()
    assert post.work() == 0
    [event] = post.events()
    assert (event["state"], event["outcome"], event["attempts"]) == ("waiting", "BUSY", 0)
    world.pass_time(900)
    world.sync()
    post.work()

    assert world.status(ANN) == "unsubscribed"
    assert world.in_group(contact_of(world, ANN)) == "Removed"


@pytest.mark.batches
def test_a_finished_batch_announces_itself_and_its_results_are_read(post: WebhookDelivery) -> None:
    world = post.world
    world.mailchimp.set_options(batch_dwell={"pending": 600})
    world.put(world.contact(CARL), "Added")
    world.sync(seconds=5)
    assert len(world.open_updates()) == 1
    world.pass_time(700)
    world.mailchimp.run_batches()
    world.forget_requests()
    post.deliver_and_process()

    assert world.open_updates() == []
    assert world.status(CARL) == "subscribed"
    assert post.event_outcomes() == [("batch", "done", "EVENT_HANDLED")]
    assert world.civicrm.log.as_dict()["requests"] == [], "what becomes of a batch is no business of CiviCRM's"
    assert post.events()[0]["run_id"] is None


def failing(_request: httpx2.Request) -> None:
    raise httpx2.ConnectError("nobody at home")


def test_while_civicrm_is_away_events_are_put_off_longer_and_longer_and_none_is_lost(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "unsubscribe")
    post.deliver()
    world.to_civicrm.before = failing
    waits = []
    for _ in range(4):
        assert post.work() == 0
        [event] = post.events()
        waits.append((event["due_at"] - world.now).total_seconds())
        world.pass_time(waits[-1] + 1)
    world.to_civicrm.before = lambda _request: None
    post.work()

    assert waits == [5, 10, 20, 40]
    assert post.event_outcomes() == [("unsubscribe", "done", "EVENT_HANDLED")]
    assert world.in_group(contact_of(world, ANN)) == "Removed"


def test_an_event_that_never_works_is_given_up_and_says_so(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "unsubscribe")
    post.deliver()
    world.to_civicrm.before = failing
    for _ in range(25):
        post.work()
        world.pass_time(3_700)

    [event] = post.events()
    assert (event["state"], event["outcome"]) == ("failed", "EVENT_GIVEN_UP")
    assert "CV_UNAVAILABLE" in event["note"]


def test_later_events_of_a_person_wait_for_the_earlier_one_while_others_go_ahead(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "names", merge_fields={"FNAME": "Anne"})
    post.deliver()
    world.to_civicrm.before = failing
    post.work()
    world.to_civicrm.before = lambda _request: None
    world.act(ANN, "unsubscribe")
    world.act(BELLA, "unsubscribe")
    post.deliver()

    assert post.work() == 1
    assert [(one["kind"], one["state"]) for one in post.events()] == [
        ("profile", "waiting"),
        ("unsubscribe", "waiting"),
        ("unsubscribe", "done"),
    ]
    world.pass_time(60)
    assert post.work() == 2


def test_a_contact_that_civicrm_refuses_to_change_does_not_keep_the_others(post: WebhookDelivery) -> None:
    world = post.world
    poisonous = contact_of(world, ANN)

    def refuse(request: httpx2.Request) -> None:
        if b"Email%2Fupdate" in request.content or request.url.path.endswith("Email/update"):
            email_ids = {one["id"]: one["contact_id"] for one in world.civicrm.dump("Email")}
            body = httpx2.QueryParams(request.content.decode())["params"]
            if any(contact == poisonous and f"{key}" in body for key, contact in email_ids.items()):
                raise httpx2.ReadError("the database server has gone away")

    world.act(ANN, "bounce")
    world.act(BELLA, "unsubscribe")
    post.deliver()
    world.to_civicrm.before = refuse
    post.work()
    world.to_civicrm.before = lambda _request: None
    for _ in range(3):
        world.pass_time(120)
        post.work()

    assert all(one["state"] == "done" for one in post.events())
    assert world.in_group(contact_of(world, BELLA)) == "Removed"
    assert [one["on_hold"] for one in world.civicrm.dump("Email") if one["email"] == ANN] == [1]


def test_an_audience_that_is_no_longer_connected_is_left_alone(post: WebhookDelivery) -> None:
    post.world.act(ANN, "unsubscribe")
    post.deliver()
    post.site.configuration = post.site.configuration.model_copy(update={"connections": ()})

    assert process_events(post.site) == 1
    assert post.event_outcomes() == [("unsubscribe", "ignored", "EVENT_UNCONNECTED")]


def test_a_disabled_group_holds_everything_back(post: WebhookDelivery) -> None:
    world = post.world
    world.civicrm.call("Group", "update", {"where": [["id", "=", NEWS]], "values": {"is_active": False}})
    world.act(ANN, "unsubscribe")
    post.deliver()
    world.forget_requests()

    assert post.work() == 0
    assert world.writes() == []
    assert post.events()[0]["outcome"] == Code.CV_GROUP_INACTIVE


def test_after_a_restored_backup_who_leaves_takes_nobody_else_out_of_the_group(post: WebhookDelivery) -> None:
    """Contacts have other numbers then, and those that we know are other people's."""
    world = post.world
    bella = contact_of(world, BELLA)
    world.pass_time(3_600)
    world.put(bella, "Removed", WALKS)
    world.sync()
    world.pass_time(3_600)
    ann = contact_of(world, ANN)
    in_civicrm(world, "DELETE FROM civicrm_subscription_history WHERE group_id = ?", [WALKS])
    give_another_id(world, ann)
    stranger = world.contact("stranger@example.org", {NEWS: 20}, id=ann)
    world.act(ANN, "unsubscribe")
    post.deliver()

    post.work()

    assert post.event_outcomes() == [("unsubscribe", "done", "EVENT_HANDLED")]
    assert (world.in_group(contact_of(world, ANN)), world.in_group(stranger)) == ("Removed", "Added")
    with pytest.raises(EvidenceError, match="history"):
        world.sync()


def test_after_a_restored_backup_who_moves_at_mailchimp_is_still_the_same_contact(post: WebhookDelivery) -> None:
    world = post.world
    world.pass_time(3_600)
    world.put(contact_of(world, BELLA), "Removed", WALKS)
    world.sync()
    in_civicrm(world, "DELETE FROM civicrm_subscription_history WHERE group_id = ?", [WALKS])
    ann = contact_of(world, ANN)
    world.act(ANN, "address", new_address="ann@new.example")
    post.deliver()

    post.work()

    assert contact_of(world, "ann@new.example") == ann
    assert world.row(email="ann@new.example")["civicrm_contact_id"] == ann


def test_a_day_full_of_changes_in_any_order_and_twice_comes_out_as_mailchimp_says(post: WebhookDelivery) -> None:
    world, chance = post.world, random.Random(7)
    people = [f"person{number}@example.org" for number in range(40)]
    letters: list[dict[str, Any]] = []
    for address in people:
        world.act(address, "subscribe")
        letters += post.take()
    for address in people[::2]:
        world.act(address, "unsubscribe")
        letters += post.take()
    letters += letters[::3]
    chance.shuffle(letters)
    post.deliver(letters)
    while post.work():
        pass

    assert {world.in_group(contact_of(world, address)) for address in people[1::2]} == {"Added"}
    groups = {world.in_group(owners[0]) if (owners := world.owners(address)) else None for address in people[::2]}
    assert groups <= {"Removed", None}
    assert all(len(world.owners(address)) <= 1 for address in people)


def test_after_other_groups_were_linked_events_wait_for_a_whole_run(post: WebhookDelivery) -> None:
    world = post.world
    world.act(ANN, "names", merge_fields={"FNAME": "Anne"})
    post.deliver()
    [link] = post.site.configuration.connections
    other = link.model_copy(update={"group_id": WALKS, "interests": {}})
    post.site.configuration = post.site.configuration.model_copy(update={"connections": (other,)})

    assert post.work() == 0
    assert post.events()[0]["attempts"] == 0
    world.connection = other.connection
    world.sync()
    assert post.work() == 1


def test_a_change_whose_answer_was_lost_is_made_once_and_told_once(post: WebhookDelivery) -> None:
    world = post.world
    waiting = ["lose one answer"]

    def lose(request: httpx2.Request) -> None:
        if waiting and "GroupContact/save" in request.url.path:
            waiting.pop()
            raise httpx2.ReadError("the line went dead")

    world.act(ANN, "unsubscribe")
    post.deliver()
    world.to_civicrm.after = lose
    process_events(post.site, seconds=0.001)  # no time to ask again in the same call
    for _ in range(3):
        world.pass_time(120)
        post.work()

    contact = contact_of(world, ANN)
    told = [entry for entry in world.journal() if entry["contact_id"] == contact and entry["new"] == "Removed"]
    assert not waiting
    assert world.in_group(contact) == "Removed"
    assert len(told) == 1
    assert told[0]["reason"] == Code.MAILCHIMP_LEFT


@pytest.mark.batches
def test_a_person_who_leaves_while_a_question_is_on_its_way_is_not_asked_also_if_we_heard_of_it_before_the_answer(
    world: World,
) -> None:
    """Found by simulation, seed 260 with the guard: the row knew of the leaving, so the second look saw nothing new."""
    world.member(ANN, "unsubscribed", last_changed=days_ago(50), unsubscribed_by="user")
    contact = world.contact(ANN, {NEWS: 2})
    post = WebhookDelivery(world)
    world.mailchimp.set_options(batch_dwell={"pending": 20_000})
    world.sync(seconds=1)
    assert len(world.open_updates()) == 1
    world.pass_time(600)
    world.act(ANN, "subscribe")
    world.pass_time(600)
    world.act(ANN, "unsubscribe")
    post.deliver()
    post.work()
    world.pass_time(30_000)
    for _ in range(3):
        world.sync()
        post.work()
        world.pass_time(600)

    assert world.status(ANN) == "unsubscribed"
    assert world.in_group(contact) == "Removed"


@pytest.mark.batches
def test_nobody_is_asked_while_their_member_can_not_be_read_for_they_may_have_left_since(world: World) -> None:
    world.member(ANN, "unsubscribed", last_changed=days_ago(50), unsubscribed_by="user")
    contact = world.contact(ANN, {NEWS: 2})
    world.mailchimp.set_options(batch_dwell={"pending": 20_000})
    world.sync(seconds=1)
    world.act(ANN, "subscribe")
    world.act(ANN, "unsubscribe")

    def unreadable(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if "/members" not in request.url.path:
            return response
        response.read()
        body = json.loads(response.content) if response.content.startswith(b"{") else {}
        for one in [body, *body.get("members", [])]:
            if one.get("email_address") == ANN:
                one["last_changed"] = ""
        return httpx2.Response(response.status_code, json=body) if body else response

    world.to_mailchimp.answer = unreadable
    world.pass_time(30_000)
    world.sync()
    assert (world.sync_result(contact=contact), world.status(ANN)) == (("fail", "MC_UNREADABLE"), "unsubscribed")
    with world.store.begin() as tx:
        assert [one["status"] for one in tx.execute(select(update.c.data)).scalars()] == ["subscribed"]

    world.to_mailchimp.answer = lambda _request, response: response
    for _ in range(2):
        world.pass_time(3_600)
        world.sync()
    assert (world.in_group(contact), world.status(ANN)) == ("Removed", "unsubscribed")
