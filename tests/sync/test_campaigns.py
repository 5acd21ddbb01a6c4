"""Sent campaigns become activities: once, whole, with the right people, wherever an import was stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from mailchimpsync.civicrm.http.client import Params
from mailchimpsync.errors import AccessError, BusyError, Code, TransientError
from mailchimpsync.runtime import Deadline
from mailchimpsync.store import Store
from mailchimpsync.store.schema import campaign
from mailchimpsync.store.site import campaigns
from mailchimpsync.store.site.campaigns import StoredCampaign
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.campaigns import ImportOptions, ImportResult, import_campaigns
from mailchimpsync.sync.campaigns.read import FAILED_IMPORTS_MAX
from mailchimpsync.sync.lease.lease import acquired_lease
from mailchimpsync.sync.reading import member_pages
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.crashing import CrashPoint, KilledError
from support.recording import only_what_was_recorded
from support.rights import CAMPAIGNS
from support.world import KEY, LIST, NEWS, World, days_ago

SENT, OPENED, CLICKED = (f"mailchimp_campaign_{act}" for act in ("sent", "opened", "clicked"))
OTHER_LIST = "bbbb333344"
PAGE = 3
KEYS_OWN_CONTACT = 2


def people(world: World, *names: str) -> dict[str, int]:
    """Let people be on both sides, and known to us; return their contacts."""
    for name in names:
        world.member(f"{name}@example.org")
    contacts = {name: world.contact(f"{name}@example.org", {NEWS: 20}) for name in names}
    world.sync()
    return contacts


def send(world: World, campaign: str, *names: str, days: float = 2, list_id: str = LIST, **acts: list[str]) -> None:
    """Let a campaign have been sent to people some days ago, who did things with it."""
    activity = [
        {"email_address": f"{name}@example.org", "activity": [{"action": act, "timestamp": days_ago(1)} for act in did]}
        for name, did in acts.items()
    ]
    world.mailchimp.load_campaign(
        KEY,
        campaign={
            "id": campaign,
            "send_time": days_ago(days),
            "archive_url": f"https://mailchi.mp/{campaign}",
            "recipients": {
                "list_id": list_id,
                "list_name": "News",
                "segment_text": "<p>Everybody <b>&amp; all</b></p>",
            },
            "settings": {"title": f"Title of {campaign}", "subject_line": "Hello <you>", "from_name": "Ann"},
        },
        sent_to=[{"email_address": f"{name}@example.org"} for name in names],
        email_activity=activity,
    )


def pull(world: World, *, seconds: float | None = None, **wanted: Any) -> ImportResult:
    deadline = Deadline.after(world.runtime, seconds)
    return import_campaigns(world.systems, LIST, deadline, ImportOptions(**wanted))


def activities(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    """Return CiviCRM's activities of campaigns by campaign and type; two of a kind are an error."""
    select = [
        "*",
        "activity_type_id:name",
        "target_contact_id",
        "source_contact_id",
        "Mailchimp_Campaign.Mailchimp_Campaign_ID",
    ]
    rows = world.civicrm.call("Activity", "get", {"select": select})["values"]
    of_campaigns = [row for row in rows if str(row["activity_type_id:name"]).startswith("mailchimp_campaign")]
    found = {
        (row["Mailchimp_Campaign.Mailchimp_Campaign_ID"], row["activity_type_id:name"]): row for row in of_campaigns
    }
    assert len(found) == len(of_campaigns)
    return found


def targets(world: World, campaign: str, kind: str = SENT) -> list[int]:
    """Return whom a campaign's activity is about, in order."""
    return sorted(int(one) for one in activities(world)[campaign, kind]["target_contact_id"])


def known(world: World) -> dict[str, StoredCampaign]:
    """Return what we know of campaigns, by campaign."""
    with world.store.begin() as tx:
        return {row.campaign_id: row for row in campaigns.newest_campaigns(tx, LIST)}


@pytest.fixture
def world() -> Iterator[World]:
    made = World(rights=CAMPAIGNS)
    with only_what_was_recorded(made.to_civicrm):
        yield made
    made.close()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_pages, "PAGE_SIZE_MEMBERS", PAGE)


def test_a_campaign_is_an_activity_with_its_recipients_as_targets(world: World) -> None:
    contacts = people(world, "ann", "bob", "carl")
    send(world, "spring", "ann", "bob")

    done = pull(world)

    one = activities(world)["spring", SENT]
    assert done.outcome is Outcome.DONE
    assert list(done.activity_ids) == [one["id"]]
    assert targets(world, "spring") == [contacts["ann"], contacts["bob"]]
    assert (one["subject"], one["status_id"], one["source_contact_id"]) == ("Title of spring", 2, KEYS_OWN_CONTACT)
    assert one["activity_date_time"] == "2026-11-18 12:00:00"
    assert "From: Ann" in one["details"]
    assert "Hello &lt;you&gt;" in one["details"]
    assert "Sent to: Everybody &amp; all" in one["details"]
    assert 'href="https://mailchi.mp/spring"' in one["details"]


def test_the_date_is_the_sites_own(world: World) -> None:
    people(world, "ann")
    world.civicrm.set_options(utc_offset_minutes=120)
    send(world, "spring", "ann")

    pull(world)

    assert activities(world)["spring", SENT]["activity_date_time"] == "2026-11-18 14:00:00"


def test_a_campaign_of_a_day_whose_time_can_not_be_known_fails_alone_until_the_zone_is_configured(
    world: World,
) -> None:
    people(world, "ann")
    world.civicrm.set_options(zone="America/New_York")
    send(world, "summer", "ann", days=130)
    send(world, "autumn", "ann")

    done = pull(world, everything=True)

    assert (done.outcome, done.campaigns, dict(done.failed)) == (Outcome.DONE, 1, {"CV_TIME_ZONE": 1})
    assert (list(activities(world)), known(world)["summer"].code) == ([("autumn", SENT)], "CV_TIME_ZONE")
    world.systems.civicrm.time_zone = ZoneInfo("America/New_York")
    assert dict(pull(world, everything=True).failed) == {}
    assert activities(world)["summer", SENT]["activity_date_time"] == "2026-07-13 08:00:00"


def test_an_activity_that_can_not_be_read_fails_its_campaign_alone_and_none_is_made_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(world, "ann")
    send(world, "spring", "ann")
    send(world, "summer", "ann")
    pull(world)
    with world.store.begin() as tx:
        tx.execute(update(campaign).values(activity_id=None, recipients=None))
    call = world.systems.civicrm.call

    def odd(entity: str, action: str, params: Params, **more: Any) -> list[dict[str, Any]]:
        rows = call(entity, action, params, **more)
        for row in rows:
            if row.get("Mailchimp_Campaign.Mailchimp_Campaign_ID") == "spring":
                row["activity_type_id:name"] = None
        return rows

    monkeypatch.setattr(world.systems.civicrm, "call", odd)

    done = pull(world, everything=True)

    assert (done.campaigns, dict(done.failed)) == (1, {"CV_ODD_ANSWER": 1})
    assert {one for one, _ in activities(world)} == {"spring", "summer"}


def test_another_import_makes_nothing_and_writes_nothing(world: World) -> None:
    people(world, "ann")
    send(world, "spring", "ann")
    pull(world)
    world.forget_requests()

    done = pull(world)

    assert list(done.activity_ids) == []
    assert world.writes() == []


def test_on_a_lost_database_its_own_activities_are_found_again(world: World) -> None:
    contacts = people(world, "ann", "bob")
    send(world, "spring", "ann", "bob", ann=["open"])
    pull(world, opens=True)
    before = activities(world)

    fresh = Store("sqlite://")
    fresh.migrate()
    world.store = fresh
    world.systems = world.new_systems()
    world.sync()
    done = pull(world, opens=True)

    assert list(done.activity_ids) == []
    assert activities(world) == before
    assert targets(world, "spring") == sorted(contacts.values())


def test_a_field_that_the_php_extension_made_is_used(world: World) -> None:
    people(world, "ann")
    group = {"name": "Mailchimp_Sync", "title": "Sync", "extends": "Activity"}
    made = world.civicrm.call("CustomGroup", "create", {"values": group})["values"][0]["id"]
    field = {"custom_group_id": made, "name": "Mailchimp_Campaign_ID", "label": "Campaign"}
    world.civicrm.call("CustomField", "create", {"values": field})
    send(world, "spring", "ann")

    pull(world)
    pull(world)

    rows = world.civicrm.call("Activity", "get", {"select": ["Mailchimp_Sync.Mailchimp_Campaign_ID"]})["values"]
    assert [row["Mailchimp_Sync.Mailchimp_Campaign_ID"] for row in rows] == ["spring"]
    assert len(world.civicrm.dump("CustomField")) == 1


def test_only_people_of_this_audience_are_meant(world: World) -> None:
    """Zoe's address is in both audiences; the other audience's campaign is none of ours."""
    contacts = people(world, "ann")
    world.mailchimp.add_audience(KEY, OTHER_LIST, "Others")
    send(world, "others", "ann", list_id=OTHER_LIST)
    send(world, "spring", "ann")

    pull(world)

    assert set(activities(world)) == {("spring", SENT)}
    assert targets(world, "spring") == [contacts["ann"]]


def test_a_person_who_has_no_contact_is_counted_and_added_when_they_have_one(world: World) -> None:
    contacts = people(world, "ann")
    send(world, "spring", "ann", "zoe")
    pull(world)
    assert (known(world)["spring"].recipients, known(world)["spring"].unknown) == (2, 1)

    world.member("zoe@example.org")
    zoe = world.contact("zoe@example.org", {NEWS: 20})
    world.sync(everything=True)
    pull(world)

    assert targets(world, "spring") == [contacts["ann"], zoe]
    assert known(world)["spring"].unknown == 0


def test_after_its_time_a_campaign_is_followed_no_longer_and_nobody_is_remembered(world: World) -> None:
    contacts = people(world, "ann")
    send(world, "spring", "ann", "zoe")
    pull(world)
    world.pass_time(40 * 86_400)
    pull(world)

    world.member("zoe@example.org")
    world.contact("zoe@example.org", {NEWS: 20})
    world.sync(everything=True)
    pull(world)

    assert targets(world, "spring") == [contacts["ann"]]
    assert known(world)["spring"].unknown == 1
    key = known(world)["spring"].id
    with world.store.begin() as tx:
        assert campaigns.count_unknown(tx, key) == 0


def test_a_contact_deleted_for_good_is_left_out_and_the_others_are_not(world: World) -> None:
    contacts = people(world, "ann", "bob", "carl")
    send(world, "spring", "ann", "bob", "carl")
    world.delete_for_good(contacts["bob"])

    pull(world)

    assert targets(world, "spring") == [contacts["ann"], contacts["carl"]]
    assert known(world)["spring"].unknown == 1


def test_opens_and_clicks_are_one_activity_each_if_they_are_wanted(world: World) -> None:
    contacts = people(world, "ann", "bob", "carl")
    send(world, "spring", "ann", "bob", "carl", ann=["open", "open"], bob=["click"], carl=[])

    pull(world, opens=True, clicks=True)

    assert set(activities(world)) == {("spring", SENT), ("spring", OPENED), ("spring", CLICKED)}
    assert targets(world, "spring", OPENED) == [contacts["ann"], contacts["bob"]]
    assert targets(world, "spring", CLICKED) == [contacts["bob"]]
    assert (known(world)["spring"].opened, known(world)["spring"].clicked) == (2, 1)


def test_a_campaign_that_nobody_known_opened_has_no_activity_for_that(world: World) -> None:
    people(world, "ann")
    send(world, "spring", "ann", "zoe", zoe=["open"])

    pull(world, opens=True, clicks=True)

    assert set(activities(world)) == {("spring", SENT)}
    assert known(world)["spring"].opened == 1


def test_a_person_who_opens_it_a_day_later_is_added_by_the_next_import(world: World) -> None:
    contacts = people(world, "ann", "bob")
    send(world, "spring", "ann", "bob", ann=["open"])
    pull(world, opens=True)
    send(world, "spring", "ann", "bob", ann=["open"], bob=["open"])

    pull(world, opens=True)
    assert targets(world, "spring", OPENED) == [contacts["ann"]]
    world.pass_time(86_400)
    pull(world, opens=True)

    assert targets(world, "spring", OPENED) == [contacts["ann"], contacts["bob"]]


def test_a_history_of_campaigns_comes_only_if_it_is_asked_for(world: World) -> None:
    people(world, "ann")
    send(world, "ancient", "ann", days=300, ann=["open"])

    pull(world)
    assert activities(world) == {}
    pull(world, everything=True, opens=True)

    assert set(activities(world)) == {("ancient", SENT), ("ancient", OPENED)}


def test_what_was_sent_while_nothing_was_imported_is_found(world: World) -> None:
    people(world, "ann")
    pull(world)
    world.pass_time(60 * 86_400)
    send(world, "missed", "ann", days=-10)

    pull(world)

    assert set(activities(world)) == {("missed", SENT)}


def test_a_shorter_look_back_by_hand_hides_nothing_from_the_next_import(world: World) -> None:
    people(world, "ann")
    send(world, "spring", "ann", days=5)

    pull(world, since=world.now)
    pull(world)

    assert set(activities(world)) == {("spring", SENT)}


@pytest.mark.usefixtures("small_pages")
def test_out_of_time_it_goes_on_behind_the_last_member(world: World) -> None:
    names = [f"p{number}" for number in range(10)]
    contacts = people(world, *names)
    send(world, "spring", *names)
    world.to_civicrm.after = lambda _request: world.pass_time(1)
    calls = 0

    while pull(world, seconds=8).outcome is Outcome.OUT_OF_TIME:
        calls += 1
        assert calls < 20

    assert calls > 1
    assert targets(world, "spring") == sorted(contacts.values())
    saved = [one for one in world.requests() if "ActivityContact/save" in one]
    assert len(saved) == 5  # 3 people, then 2 behind each seam, and one


@pytest.mark.usefixtures("small_pages")
def test_a_person_who_vanishes_from_the_report_between_two_calls_hides_nobody(world: World) -> None:
    names = [f"p{number}" for number in range(7)]
    contacts = people(world, *names)
    send(world, "spring", *names)
    life_of_one_page = iter([False, True])
    import_campaigns(
        world.systems, LIST, Deadline(world.runtime, stop=lambda: next(life_of_one_page, True)), ImportOptions()
    )
    assert known(world)["spring"].recipients is None
    world.mailchimp.world.documents.remove_all("sent_to", "spring")
    send(world, "spring", *names[1:])

    pull(world)

    assert set(targets(world, "spring")) >= {contacts[name] for name in names[1:]}
    assert known(world)["spring"].recipients == 6


def test_a_report_that_never_fits_together_fails_alone(world: World) -> None:
    contacts = people(world, "ann")
    send(world, "bad", "ann", days=3)
    send(world, "good", "ann")
    body = json.dumps({"sent_to": [{"email_id": "a" * 32}], "total_items": 9, "campaign_id": "bad"})
    world.mailchimp.faults.plant(Fault(FaultKind.STATUS, pattern="/reports/bad/", times=9, status=200, body=body))

    done = pull(world)

    assert done.failed == {"MC_REPORT_INCOMPLETE": 1}
    assert known(world)["bad"].code == "MC_REPORT_INCOMPLETE"
    assert targets(world, "good") == [contacts["ann"]]
    world.mailchimp.faults.clear()
    assert pull(world).failed == {}
    assert targets(world, "bad") == [contacts["ann"]]
    assert known(world)["bad"].code is None


def test_a_report_that_never_fits_together_is_given_up_until_someone_asks_for_it(world: World) -> None:
    contacts = people(world, "ann")
    send(world, "bad", "ann", days=3)
    body = json.dumps({"sent_to": [{"email_id": "a" * 32}], "total_items": 9, "campaign_id": "bad"})
    world.mailchimp.faults.plant(Fault(FaultKind.STATUS, pattern="/reports/bad/", times=999, status=200, body=body))
    tries = [pull(world).failed for _ in range(FAILED_IMPORTS_MAX)]

    world.mailchimp.faults.clear()
    alone = pull(world)

    assert tries == [{"MC_REPORT_INCOMPLETE": 1}] * (FAILED_IMPORTS_MAX - 1) + [{"MC_REPORT_GIVEN_UP": 1}]
    assert (alone.outcome, alone.failed) == (Outcome.DONE, {"MC_REPORT_GIVEN_UP": 1})
    assert known(world)["bad"].code == "MC_REPORT_GIVEN_UP"
    assert pull(world, everything=True).failed == {}
    assert targets(world, "bad") == [contacts["ann"]]
    assert known(world)["bad"].code is None


def test_an_activity_that_staff_put_into_the_trash_is_not_made_again(world: World) -> None:
    people(world, "ann")
    send(world, "spring", "ann")
    [activity] = pull(world).activity_ids
    world.civicrm.call("Activity", "update", {"where": [["id", "=", activity]], "values": {"is_deleted": True}})

    assert list(pull(world).activity_ids) == []
    assert len(activities(world)) == 1


def test_one_that_staff_deleted_for_good_closes_its_campaign(world: World) -> None:
    people(world, "ann")
    send(world, "spring", "ann")
    send(world, "summer", "ann")
    for activity in pull(world).activity_ids[:1]:
        world.civicrm.call("Activity", "delete", {"where": [["id", "=", activity]]})

    assert list(pull(world).activity_ids) == []
    assert list(pull(world).activity_ids) == []
    assert len(activities(world)) == 1
    assert sorted(str(row.code) for row in known(world).values()) == ["CV_ACTIVITY_GONE", "None"]


def test_a_key_that_sees_no_activities_closes_no_campaign_and_makes_no_second(world: World) -> None:
    people(world, "ann")
    send(world, "spring", "ann")
    pull(world)
    nothing = json.dumps({"values": [], "entity": "Activity", "action": "get", "version": 4, "count": 0})
    world.civicrm.faults.plant(Fault(FaultKind.STATUS, pattern="/Activity/get", times=99, status=200, body=nothing))

    with pytest.raises(AccessError) as caught:
        pull(world)

    assert caught.value.code is Code.CV_ACTIVITY_UNSEEN
    assert known(world)["spring"].closed_at is None
    world.civicrm.faults.clear()
    assert pull(world).outcome is Outcome.DONE
    assert len(activities(world)) == 1


@pytest.mark.parametrize("what", ["OptionValue", "CustomGroup", "CustomField"])
def test_a_key_that_may_not_make_what_is_missing_is_told_what(world: World, what: str) -> None:
    people(world, "ann")
    send(world, "spring", "ann")
    denied = json.dumps({"error_code": "1", "error_message": "Sorry an error occurred", "status": 403})
    world.civicrm.faults.plant(Fault(FaultKind.STATUS, pattern=f"/{what}/save", times=9, status=403, body=denied))

    with pytest.raises(AccessError) as caught:
        pull(world)

    assert caught.value.code is Code.CV_NO_CAMPAIGN_TYPES
    assert ("activity types" if what == "OptionValue" else "Mailchimp_Campaign_ID") in caught.value.what
    assert activities(world) == {}


@pytest.mark.parametrize(
    "kind",
    [
        FaultKind.DROP_AFTER,
        FaultKind.TRUNCATE,
        pytest.param(FaultKind.DROP_BEFORE, marks=pytest.mark.thorough),
        pytest.param(FaultKind.HTML, marks=pytest.mark.thorough),
    ],
)
@pytest.mark.parametrize(
    "write", ["Activity/create", "ActivityContact/save", "OptionValue/save", "CustomGroup/save", "CustomField/save"]
)
def test_a_lost_answer_doubles_nothing(world: World, kind: FaultKind, write: str) -> None:
    contacts = people(world, "ann", "bob")
    send(world, "spring", "ann", "bob")
    world.civicrm.faults.plant(Fault(kind, pattern=f"/{write}", status=200))
    try:
        pull(world)
    except TransientError:
        pull(world)

    assert targets(world, "spring") == sorted(contacts.values())
    assert [len(world.civicrm.dump(name)) for name in ("CustomGroup", "CustomField")] == [1, 1]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.thorough)])
def test_killed_between_any_two_steps_it_ends_with_one_of_each(every: int) -> None:
    crash_point = CrashPoint()
    names = [f"p{number}" for number in range(4)]
    step, is_over = 0, False
    while not is_over:
        step += every
        crash_point.arm()
        world = World(crash_point=crash_point, rights=CAMPAIGNS)
        contacts = people(world, *names)
        send(world, "spring", *names, "zoe", p0=["open"], p3=["click"])
        for transport in (world.to_mailchimp, world.to_civicrm):
            transport.before = transport.after = lambda _request: crash_point.step()
        crash_point.arm(at_step=step)
        try:
            pull(world, opens=True, clicks=True)
            is_over = True
        except KilledError:
            crash_point.arm()
            world.pass_time(601)
            pull(world, opens=True, clicks=True)
        crash_point.arm()

        assert targets(world, "spring") == sorted(contacts.values())
        assert targets(world, "spring", OPENED) == [contacts["p0"], contacts["p3"]]
        assert targets(world, "spring", CLICKED) == [contacts["p3"]]
        assert (known(world)["spring"].recipients, known(world)["spring"].unknown) == (5, 1)
        world.close()
        world.store.close()
    assert step > 60


def test_it_waits_for_a_run_that_is_at_work(world: World) -> None:
    people(world, "ann")
    send(world, "spring", "ann")

    with acquired_lease(world.store, LIST), pytest.raises(BusyError):
        pull(world)

    assert activities(world) == {}


@pytest.mark.thorough
def test_many_recipients_are_few_requests(world: World) -> None:
    names = [f"p{number}" for number in range(2_500)]
    world.mailchimp.load_members(
        LIST, [{"email_address": f"{name}@example.org", "last_changed": days_ago(10)} for name in names]
    )
    added = {NEWS: {"status": "Added", "date": days_ago(20)}}
    world.civicrm.load_contacts(
        [{"first_name": "A", "emails": [f"{name}@example.org"], "groups": added} for name in names]
    )
    world.sync()
    send(world, "spring", *names)
    world.forget_requests()

    pull(world)

    assert len(targets(world, "spring")) == 2_500
    assert len([one for one in world.requests() if "/reports/" in one]) == 3
    looks_and_saves = [one for one in world.requests() if "ActivityContact" in one]
    assert len(looks_and_saves) <= 3 + 16  # the first requests are small, until it is known how long they take
