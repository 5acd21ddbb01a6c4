"""Nothing is removed on weak evidence: whatever looks wrong stops the run, and neither side has been written to."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from mailchimpsync.errors import RefusedError
from mailchimpsync.model import ChangeKind, Limit, Limits, Stage
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.runs import runs
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.reading import member_pages
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.tampering import (
    Change,
    Members,
    give_another_id,
    hide_contacts,
    in_civicrm,
    limit_key,
    set_our_clock,
    show_contacts,
    stop_tampering,
    stopped,
    tamper,
)
from support.transport import no_interference
from support.webhook_delivery import WebhookDelivery
from support.world import CIVICRM_KEY, KEY, LIST, NEWS, RIDE, WALK, WALKS, World, days_ago

OTHER_KEY = "abcdef0123456789abcdef0123456789-us1"
PEOPLE = [f"person{number}@example.org" for number in range(12)]
SHOWN = 70


def fill(world: World, people: list[str] = PEOPLE) -> list[int]:
    """Let people get the news and go for walks, on both sides, and sync; return their contacts."""
    for address in people:
        world.member(address, interests={WALK: True, RIDE: False})
    contacts = [world.contact(address, {NEWS: 20, WALKS: 20}) for address in people]
    world.sync(everything=True)
    world.pass_time(3_600)
    world.forget_requests()
    return contacts


def assert_nothing_happens_afterwards(world: World) -> None:
    """Once the cause is gone, the next usual run finds both sides in agreement."""
    world.pass_time(60)
    world.forget_requests()
    assert world.sync().outcome is Outcome.DONE
    assert world.writes() == []
    assert all(world.status(address) == "subscribed" for address in PEOPLE)
    assert all(world.in_group(world.owners(address)[0]) == "Added" for address in PEOPLE)


# -- reading the audience ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda page, _offset, total: (page, total + 3), id="fewer than the total says"),
        pytest.param(lambda page, _offset, total: (page[:2], total), id="pages of two, whatever was asked for"),
        pytest.param(lambda page, offset, total: (page, total if offset == 0 else 9), id="a total that shrinks"),
        pytest.param(lambda page, _offset, _total: (page, 3), id="a total smaller than the pages"),
        pytest.param(lambda page, _offset, total: ([*page[:-2], page[0], *page[-1:]], total), id="somebody twice"),
        pytest.param(lambda page, offset, total: (page if offset == 0 else page[1:], total), id="pages that shift"),
        pytest.param(lambda _page, _offset, total: ([], total), id="no pages at all"),
    ],
)
def test_an_audience_that_is_not_read_completely_stops_the_run(
    world: World, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    fill(world)
    monkeypatch.setattr(member_pages, "PAGE_SIZE_MEMBERS", 5)
    tamper(world, change)

    with stopped(world, "MC_INCOMPLETE"):
        world.sync(everything=True)
    stop_tampering(world)

    assert_nothing_happens_afterwards(world)


def test_a_page_of_ten_is_not_taken_for_the_whole_audience(world: World) -> None:
    fill(world)
    tamper(world, lambda page, _offset, total: (page[:10], total))

    with stopped(world, "MC_INCOMPLETE"):
        world.sync(everything=True)


def test_members_who_are_archived_while_reading_only_make_it_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world)
    monkeypatch.setattr(member_pages, "PAGE_SIZE_MEMBERS", 5)
    waiting = [PEOPLE[0]]

    def archive(request: object) -> None:
        if "offset=4" in str(request) and waiting:
            world.act(waiting.pop(), "archive", "admin")

    world.to_mailchimp.before = archive
    world.sync(everything=True)

    assert world.in_group(world.owners(PEOPLE[0])[0]) == "Removed"
    assert [world.in_group(world.owners(one)[0]) for one in PEOPLE[1:]] == ["Added"] * 11


# -- which audience ---------------------------------------------------------------------------------------------------


def test_an_audience_that_was_deleted_and_created_again_under_its_name_is_another_one(world: World) -> None:
    contacts = fill(world)
    with httpx2.Client(transport=world.to_mailchimp, auth=("anybody", KEY)) as mailchimp:
        assert mailchimp.delete(f"http://mc/3.0/lists/{LIST}").status_code == 204
    world.mailchimp.add_audience(KEY, "dddd444455", "News")
    world.forget_requests()

    with pytest.raises(RefusedError) as caught:
        world.sync(everything=True)

    assert (caught.value.code, caught.value.exit_code) == ("MC_AUDIENCE_GONE", 7)
    assert world.writes() == []
    assert {world.in_group(contact) for contact in contacts} == {"Added"}
    assert {row["base_subscribed"] for row in world.rows()} == {True}


def test_with_the_key_of_another_account_the_audience_is_not_there(world: World) -> None:
    fill(world)
    world.mailchimp.add_account(OTHER_KEY)
    world.mailchimp.add_audience(OTHER_KEY, "dddd444455", "News")
    world.systems = world.new_systems(key=OTHER_KEY)

    with stopped(world, "MC_AUDIENCE_GONE"):
        world.sync(everything=True)
    world.systems = world.new_systems()

    assert_nothing_happens_afterwards(world)


def test_an_audience_of_other_people_is_not_believed(world: World) -> None:
    fill(world)
    for number in range(20):
        world.member(f"stranger{number}@example.org")
    tamper(world, _only_strangers)

    with stopped(world, "MC_MEMBERS_VANISHED"):
        world.sync(everything=True)
    stop_tampering(world)
    world.sync()

    assert all(world.in_group(world.owners(address)[0]) == "Added" for address in PEOPLE)


def _only_strangers(page: Members, _offset: int, _total: int) -> tuple[Members, int]:
    strangers = [one for one in page if one["email_address"] not in PEOPLE]
    return strangers, len(strangers)


def test_a_mailchimp_role_that_may_not_read_the_audience_is_told(world: World) -> None:
    fill(world)
    body = json.dumps({"type": "", "title": "Forbidden", "status": 403, "detail": "You don't have permission."})
    world.mailchimp.faults.plant(Fault(FaultKind.STATUS, "/members", times=99, status=403, body=body))

    with stopped(world, "MC_FORBIDDEN"):
        world.sync(everything=True)
    world.mailchimp.faults.clear()

    assert_nothing_happens_afterwards(world)


# -- groups -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"is_active": False}, "CV_GROUP_INACTIVE"),
        ({"is_hidden": True}, "CV_GROUP_INACTIVE"),
        ({"saved_search_id": 1}, "CV_GROUP_SMART"),
    ],
    ids=["disabled", "hidden", "turned smart"],
)
@pytest.mark.parametrize("group", [NEWS, pytest.param(WALKS, marks=pytest.mark.thorough)])
def test_a_group_that_can_no_longer_be_synced_stops_the_run(
    world: World, values: dict[str, Any], code: str, group: int
) -> None:
    fill(world)
    world.civicrm.add_group(77, "Smart", smart=True)
    where = [["id", "=", group]]
    was = {key: (None if key == "saved_search_id" else not value) for key, value in values.items()}
    world.civicrm.call("Group", "update", {"where": where, "values": values})

    for everything in (False, True):
        with stopped(world, code):
            world.sync(everything=everything)
    world.civicrm.call("Group", "update", {"where": where, "values": was})

    assert_nothing_happens_afterwards(world)


@pytest.mark.parametrize("group", [NEWS, WALKS])
def test_a_group_that_was_deleted_and_created_again_with_another_id_is_gone(world: World, group: int) -> None:
    fill(world)
    world.civicrm.call("Group", "delete", {"where": [["id", "=", group]]})
    world.civicrm.add_group(99, "News" if group == NEWS else "Walks")

    with stopped(world, "CV_GROUP_GONE"):
        world.sync()


@pytest.mark.parametrize("everything", [False, True])
def test_a_group_that_was_created_again_with_the_same_id_is_another_group(world: World, *, everything: bool) -> None:
    fill(world)
    world.civicrm.call("Group", "delete", {"where": [["id", "=", NEWS]]})
    world.civicrm.add_group(NEWS, "Donors")
    for number in range(20):
        world.contact(f"donor{number}@example.org", {NEWS: 5})

    with stopped(world, "CV_RESTORED"):
        world.sync(everything=everything)


def test_a_group_that_was_only_renamed_is_synced_and_the_log_says_so(world: World) -> None:
    fill(world)
    world.civicrm.call("Group", "update", {"where": [["id", "=", NEWS]], "values": {"title": "Newsletter"}})

    result = world.sync()

    with world.store.begin() as tx:
        lines = [message for _, message in runs.log_lines(tx, LIST, result.run_id)]
    assert "Group 8 is now called “Newsletter”; it was “News”." in lines


@pytest.mark.parametrize("everything", [False, pytest.param(True, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("group", [NEWS, WALKS])
def test_a_group_that_was_emptied_does_not_mean_that_everyone_left(
    world: World, group: int, *, everything: bool
) -> None:
    contacts = fill(world)
    for contact in contacts:
        world.put(contact, "Removed", group)

    with stopped(world, "CV_GROUP_EMPTY"):
        world.sync(everything=everything)
    with stopped(world, "CV_GROUP_EMPTY"):
        world.sync()
    for contact in contacts:
        world.put(contact, "Added", group)

    assert_nothing_happens_afterwards(world)


def test_what_one_person_does_by_a_webhook_is_done_while_a_group_is_doubted(world: World) -> None:
    contacts = fill(world)
    for contact in contacts:
        world.put(contact, "Removed", WALKS)
    with stopped(world, "CV_GROUP_EMPTY"):
        world.sync()
    post = WebhookDelivery(world)
    world.act(PEOPLE[0], "unsubscribe")
    post.deliver()
    post.work()

    assert world.in_group(contacts[0]) == "Removed"


def test_memberships_that_are_gone_without_a_trace_are_not_believed(world: World) -> None:
    contacts = fill(world)
    for contact in contacts[1:]:
        for table in ("civicrm_group_contact", "civicrm_subscription_history"):
            in_civicrm(world, f"DELETE FROM {table} WHERE contact_id = ? AND group_id = 8", [contact])  # noqa: S608 (names)
    with world.store.begin() as tx:
        runs.remember_seen(tx, LIST, {})  # as if those entries had not been among the newest

    with stopped(world, "CV_GROUP_OTHER"):
        world.sync(everything=True)


# -- empty ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("change", ["archive", "unsubscribe"])
def test_an_audience_that_was_emptied_does_not_mean_that_everyone_left(
    world: World, change: str, *, everything: bool
) -> None:
    fill(world)
    for address in PEOPLE:
        world.act(address, change, "admin")

    with stopped(world, "MC_AUDIENCE_EMPTY"):
        world.sync(everything=everything)
    with stopped(world, "MC_AUDIENCE_EMPTY"):
        world.sync()


def test_an_audience_without_any_member_does_not_mean_that_everyone_left(world: World) -> None:
    fill(world)
    for address in PEOPLE:
        world.act(address, "delete", "admin")

    with stopped(world, "MC_AUDIENCE_EMPTY"):
        world.sync(everything=True)
    assert not any("/members/" in request for request in world.requests())


def test_when_both_sides_are_suddenly_empty_nothing_is_agreed_on(world: World) -> None:
    contacts = fill(world)
    for address, contact in zip(PEOPLE, contacts, strict=True):
        world.act(address, "archive", "admin")
        world.put(contact, "Removed")

    with stopped(world, "MC_AUDIENCE_EMPTY"):
        world.sync()
    for address, contact in zip(PEOPLE, contacts, strict=True):
        world.put(contact, "Added")
        world.act(address, "subscribe")

    assert_nothing_happens_afterwards(world)


def test_both_sides_may_be_empty_from_the_beginning(world: World) -> None:
    assert world.sync().outcome is Outcome.DONE
    assert world.writes() == []


def test_a_handful_of_people_may_all_leave(world: World) -> None:
    contacts = fill(world, PEOPLE[:9])
    for contact in contacts:
        world.put(contact, "Removed")

    world.sync()

    assert {world.status(address) for address in PEOPLE[:9]} == {"unsubscribed"}


@pytest.mark.parametrize("everything", [False, pytest.param(True, marks=pytest.mark.thorough)])
def test_a_group_that_is_really_empty_is_believed_once_a_person_says_so(world: World, *, everything: bool) -> None:
    contacts = fill(world)
    for contact in contacts:
        world.put(contact, "Removed")
    with stopped(world, "CV_GROUP_EMPTY"):
        world.sync()

    world.sync(accept_empty=True, everything=everything)
    world.sync()

    assert {world.status(address) for address in PEOPLE} == {"unsubscribed"}


def test_an_audience_that_is_really_empty_is_believed_once_a_person_says_so(world: World) -> None:
    contacts = fill(world)
    for address in PEOPLE:
        world.act(address, "delete", "admin")
    with stopped(world, "MC_AUDIENCE_EMPTY"):
        world.sync(everything=True)

    world.sync(accept_empty=True)
    world.sync()

    assert {world.in_group(contact) for contact in contacts} == {"Removed"}


def test_what_a_person_said_holds_for_the_calls_that_go_on_with_the_run(world: World) -> None:
    contacts = fill(world)
    for contact in contacts:
        world.put(contact, "Removed")
    assert world.sync(accept_empty=True, stop_on=Stage.FIX_CONTACT_IDS).outcome is Outcome.STOPPED
    world.sync()

    assert {world.status(address) for address in PEOPLE} == {"unsubscribed"}


@pytest.mark.parametrize(("seconds", "options"), [(90_000, {}), (60, {"force_restart": True})])
def test_what_a_person_said_holds_neither_for_days_nor_for_another_run(
    world: World, seconds: int, options: dict[str, bool]
) -> None:
    contacts = fill(world)
    for contact in contacts:
        world.put(contact, "Removed")
    world.sync(accept_empty=True, stop_on=Stage.FIX_CONTACT_IDS)
    world.pass_time(seconds)

    with stopped(world, "CV_GROUP_EMPTY"):
        world.sync(**options)


def test_to_believe_it_is_not_to_approve_it_and_what_is_approved_is_believed(world: World) -> None:
    contacts = fill(world)
    world.connection = replace(world.connection, limits=Limits({ChangeKind.UNSUBSCRIBE: Limit(number=5)}))
    for contact in contacts:
        world.put(contact, "Removed")
    with stopped(world, "CV_GROUP_EMPTY"):
        world.sync()

    held = world.sync(accept_empty=True)
    assert held.outcome is Outcome.HELD
    assert {world.status(address) for address in PEOPLE} == {"subscribed"}
    with world.store.begin() as tx:
        kept_plans.decide_plan(tx, held.kept_plan_id or 0, [PlanState.OPEN], PlanState.APPROVED, world.now, "ann")
    world.sync()

    assert {world.status(address) for address in PEOPLE} == {"unsubscribed"}


# -- keys, contacts, backups ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("everything", [False, True])
def test_a_key_that_sees_only_a_few_contacts_is_noticed(world: World, *, everything: bool) -> None:
    contacts = fill(world)

    hide_contacts(world, but=contacts[:2])
    with stopped(world, "CV_CONTACTS_VANISHED"):
        world.sync(everything=everything)
    show_contacts(world)

    assert_nothing_happens_afterwards(world)


@pytest.mark.parametrize("everything", [False, True])
def test_a_key_that_is_shown_only_some_contacts_stops_the_run_though_few_are_hidden(
    world: World, *, everything: bool
) -> None:
    contacts = fill(world)
    world.civicrm.add_group(SHOWN, "Shown")
    for contact in contacts[2:]:
        world.put(contact, "Added", SHOWN)

    limit_key(world, SHOWN)
    with stopped(world, "CV_SEES_PART"):
        world.sync(everything=everything)
    world.civicrm.grant(CIVICRM_KEY, "all")

    assert_nothing_happens_afterwards(world)


def test_people_are_not_doubled_by_a_first_sync_whose_key_does_not_see_them(world: World) -> None:
    world.member(PEOPLE[0])
    contact = world.contact(PEOPLE[0], {NEWS: 20})
    world.contact(PEOPLE[1], {WALKS: 20})

    limit_key(world, WALKS)
    with stopped(world, "CV_SEES_PART"):
        world.sync(everything=True)

    assert world.owners(PEOPLE[0]) == [contact]


def test_contacts_that_vanish_after_the_first_look_are_noticed_before_any_row_changes(world: World) -> None:
    fill(world)

    def hide(request: httpx2.Request) -> None:
        if request.url.path.endswith("/Contact/get"):
            hide_contacts(world, but=[])

    world.to_civicrm.before = hide
    with stopped(world, "CV_CONTACTS_VANISHED"):
        world.sync(everything=True)
    world.to_civicrm.before = no_interference
    show_contacts(world)

    assert_nothing_happens_afterwards(world)


@pytest.mark.parametrize("everything", [False, True])
def test_a_civicrm_restored_from_an_older_backup_is_noticed(world: World, *, everything: bool) -> None:
    contacts = fill(world)
    _after_some_work(world, contacts)

    _restore_backup(world, contacts)
    with stopped(world, "CV_RESTORED"):
        world.sync(everything=everything)
    world.put(contacts[5], "Removed", WALKS)  # ids of the lost entries are used again
    world.put(contacts[6], "Removed", WALKS)

    with stopped(world, "CV_RESTORED"):
        world.sync(everything=everything)


def _after_some_work(world: World, contacts: list[int]) -> None:
    """Two people leave in CiviCRM, one at Mailchimp, and all is synced."""
    world.put(contacts[0], "Removed")
    world.put(contacts[1], "Removed")
    world.act(PEOPLE[2], "unsubscribe")
    world.sync()
    world.pass_time(3_600)
    world.sync()
    world.pass_time(3_600)


def _restore_backup(world: World, contacts: list[int]) -> None:
    """Bring CiviCRM back to where it was before that."""
    in_civicrm(world, "DELETE FROM civicrm_subscription_history WHERE date > ?", [days_ago(0)[:19].replace("T", " ")])
    for contact in contacts[:3]:
        in_civicrm(
            world, "UPDATE civicrm_group_contact SET status = 'Added' WHERE group_id = 8 AND contact_id = ?", [contact]
        )


def test_after_a_restored_backup_the_later_date_decides_and_nobody_who_left_comes_back(world: World) -> None:
    contacts = fill(world)
    _after_some_work(world, contacts)
    _restore_backup(world, contacts)
    give_another_id(world, contacts[3])
    stranger = world.contact("stranger@example.org", {NEWS: 20}, id=contacts[3])

    world.sync(accept_restored=True)
    world.sync()

    assert [world.status(one) for one in PEOPLE[:3]] == ["unsubscribed"] * 3
    assert [world.in_group(one) for one in contacts[:3]] == ["Removed"] * 3
    assert world.row(email="stranger@example.org")["civicrm_contact_id"] == stranger
    assert {world.status(one) for one in PEOPLE[3:]} == {"subscribed"}
    world.forget_requests()
    assert world.sync().outcome is Outcome.DONE


def test_contacts_deleted_for_good_and_merged_ones_are_no_backup(world: World) -> None:
    contacts = fill(world)
    world.delete_for_good(contacts[0])
    world.merge(contacts[1], contacts[2])
    world.trash(contacts[3])

    assert world.sync().outcome is Outcome.DONE
    assert world.sync(everything=True).outcome is Outcome.DONE


def test_looking_back_takes_no_request_of_its_own(world: World) -> None:
    fill(world)
    assert world.sync().outcome is Outcome.DONE
    requests = [request.split("?")[0] for request in world.requests()]

    assert [request for request in requests if request.endswith("api4")] == ["POST /civicrm/ajax/api4"]
    assert requests.count(f"GET /3.0/lists/{LIST}") == 1
    assert not [request for request in requests if "/members/" in request]


# -- clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
def test_our_own_clock_is_held_against_mailchimps(world: World, hours: int) -> None:
    fill(world)
    set_our_clock(world, timedelta(hours=hours))

    with stopped(world, "CLOCK"):
        world.sync(everything=True)


def test_a_clock_that_is_a_few_minutes_off_is_good_enough(world: World) -> None:
    fill(world)
    set_our_clock(world, timedelta(minutes=4))

    assert world.sync().outcome is Outcome.DONE


@pytest.mark.parametrize(("zone", "days"), [(0, 1), (0, -1), (-600, 1), (600, -1), (840, -1)])
def test_a_civicrm_whose_clock_is_off_by_a_day_is_noticed_in_every_zone(world: World, zone: int, days: int) -> None:
    world.civicrm.set_options(utc_offset_minutes=zone)
    fill(world)
    world.civicrm.clock.advance(days * 86_400)

    with stopped(world, "CV_CLOCK"):
        world.sync()


CAP = 25


def capped(_request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    """Give no more rows than the site's own limit, whatever was asked."""
    answer = json.loads(response.read())
    if not isinstance(answer, dict):
        return response
    several = {name: cut_off(one) for name, one in answer.items()}
    return httpx2.Response(response.status_code, json=cut_off(several))


def cut_off(answer: Any) -> Any:
    if not isinstance(answer, dict) or not isinstance(answer.get("values"), list):
        return answer
    return {**answer, "values": answer["values"][:CAP]}


@pytest.mark.parametrize("number", [60, 50], ids=["a part of a page is left", "whole pages"])
def test_a_site_that_gives_fewer_rows_than_it_is_asked_for_loses_nobody_and_doubles_nobody(
    world: World, number: int
) -> None:
    both = [f"both{each}@example.org" for each in range(number)]
    for address in both:
        world.member(address)
        world.contact(address, {NEWS: 20})
    only = [world.contact(f"only{each}@example.org", {NEWS: 20}) for each in range(40)]
    contacts = len(world.civicrm.dump("Contact"))
    world.to_civicrm.answer = capped

    assert world.sync().outcome is Outcome.DONE

    assert len(world.civicrm.dump("Contact")) == contacts
    assert {world.sync_result(contact=contact)[0] for contact in only} == {"ok"}
    assert len(world.members()) == number + len(only)
    world.pass_time(3_600)
    world.forget_requests()
    world.sync(everything=True)
    assert world.writes() == []
