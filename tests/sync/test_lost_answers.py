"""Connections lost after the server did the work, odd answers, storms: nothing is lost, doubled or removed."""

from __future__ import annotations

import pytest

from mailchimpsync.errors import AccessError, Code, EvidenceError, MailchimpsyncError, RefusedError, TransientError
from mailchimpsync.sync.reading import member_pages
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.crashing import CrashPoint, KilledError
from support.tampering import in_civicrm
from support.world import KEY, NEWS, World
from sync.test_acts_during_a_run import once_before


def fill(world: World) -> None:
    for number in range(6):
        world.member(f"m{number}@example.org")
        world.contact(f"c{number}@example.org", {NEWS: 20})


def assert_all_twelve_once_on_both_sides(world: World) -> None:
    members = set(world.members())
    assert len(members) == 12
    assert {len(world.owners(email)) for email in members} == {1}
    assert all(world.in_group(world.owners(email)[0]) == "Added" for email in members)
    assert {row["sync_status"] for row in world.rows()} == {"ok"}


@pytest.mark.parametrize("kind", [FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.TRUNCATE, FaultKind.HTML])
@pytest.mark.parametrize("write", ["Contact/save", "GroupContact/save"])
def test_an_answer_of_civicrm_that_is_lost_doubles_nothing(world: World, kind: FaultKind, write: str) -> None:
    fill(world)
    world.civicrm.faults.plant(Fault(kind, pattern=f"/{write}", status=200))

    world.sync()

    assert_all_twelve_once_on_both_sides(world)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_storm_that_passes_is_waited_for(world: World, status: int) -> None:
    fill(world)
    for app in (world.mailchimp, world.civicrm):
        app.faults.plant(Fault(FaultKind.STATUS, status=status, times=5))

    world.sync()

    assert_all_twelve_once_on_both_sides(world)


@pytest.mark.parametrize("status", [429, 503])
def test_a_storm_that_does_not_pass_stops_the_run_and_the_next_call_goes_on(world: World, status: int) -> None:
    fill(world)
    world.mailchimp.faults.plant(Fault(FaultKind.STATUS, status=status, times=1_000))
    with pytest.raises(TransientError):
        world.sync()
    assert world.writes() == []
    world.mailchimp.faults.clear()

    world.sync()

    assert_all_twelve_once_on_both_sides(world)


def test_after_death_between_making_contacts_and_noting_it_none_is_made_twice() -> None:
    crash_point = CrashPoint()
    world = World(crash_point=crash_point)
    fill(world)

    def die_after_contacts(request: object) -> None:
        if "Contact/save" in str(request) and "GroupContact" not in str(request):
            crash_point.at_step = crash_point.steps
            crash_point.step()

    world.to_civicrm.after = die_after_contacts
    with pytest.raises(KilledError):
        world.sync()
    crash_point.arm()
    world.pass_time(601)

    world.sync()

    assert_all_twelve_once_on_both_sides(world)
    world.close()


def test_members_that_shift_between_pages_are_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(member_pages, "PAGE_SIZE_MEMBERS", 3)
    fill(world)
    waiting = ["m1@example.org"]

    def leave(request: object) -> None:
        if "offset=2" in str(request) and waiting:
            world.act(waiting.pop(), "archive", "admin")

    world.to_mailchimp.before = leave
    world.sync()

    assert {f"m{n}@example.org" for n in range(6)} == {
        row["mailchimp_email"] for row in world.rows() if row["mailchimp_email"].startswith("m")
    }


def test_pages_that_never_add_up_stop_the_run_before_anything_is_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_pages, "PAGE_SIZE_MEMBERS", 3)
    fill(world)
    short = '{"total_items": 9, "members": []}'
    world.mailchimp.faults.plant(Fault(FaultKind.STATUS, "/members", times=99, status=200, body=short))

    with pytest.raises(EvidenceError) as caught:
        world.sync()

    assert caught.value.code == "MC_INCOMPLETE"
    assert world.writes() == []


@pytest.mark.parametrize("key", ["f" * 32 + "-us1", KEY[:-1] + "2"], ids=["unknown", "other data centre"])
def test_a_wrong_mailchimp_key_is_told(world: World, key: str) -> None:
    world.systems = world.new_systems(key=key)

    with pytest.raises(AccessError) as caught:
        world.sync()

    assert caught.value.code == "MC_AUTH"
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("permissions", "code"), [("few", "CV_SEES_PART"), ("none", "CV_SEES_PART"), (None, "CV_AUTH")]
)
def test_a_civicrm_key_that_sees_nobody_removes_nobody(world: World, permissions: str | None, code: str) -> None:
    fill(world)
    if permissions:
        world.civicrm.add_user("other-key", permissions)
    world.systems = world.new_systems(civicrm_key="other-key")

    with pytest.raises(AccessError) as caught:
        world.sync()

    assert caught.value.code == code
    assert world.writes() == []


def test_a_civicrm_key_that_sees_only_its_own_contact_creates_nobody_again(world: World) -> None:
    fill(world)
    in_civicrm(world, "DELETE FROM civicrm_contact WHERE id NOT IN (SELECT contact_id FROM sandbox_user)")

    with pytest.raises(AccessError) as caught:
        world.sync()

    assert caught.value.code is Code.CV_NO_PERMISSION
    assert world.writes() == []


def test_an_audience_that_is_gone_is_told(world: World) -> None:
    world.connection = type(world.connection)("cccc111122", NEWS, {})

    with pytest.raises(RefusedError) as caught:
        world.sync()

    assert caught.value.code == "MC_AUDIENCE_GONE"


@pytest.mark.parametrize(("group", "code"), [(77, "CV_GROUP_GONE"), (78, "CV_GROUP_INACTIVE"), (79, "CV_GROUP_SMART")])
def test_a_group_that_cannot_be_synced_is_told(world: World, group: int, code: str) -> None:
    fill(world)
    world.civicrm.add_group(78, "Asleep", active=False)
    world.civicrm.add_group(79, "Smart", smart=True)
    world.connection = type(world.connection)(world.connection.list_id, group, {})

    with pytest.raises(EvidenceError) as caught:
        world.sync()

    assert caught.value.code == code
    assert world.writes() == []


def test_a_poisoned_record_fails_alone(world: World) -> None:
    fill(world)
    world.sync()
    world.pass_time(3_600)
    for number in range(6):
        world.act(f"m{number}@example.org", "unsubscribe")
    [gone] = world.owners("m3@example.org")
    world.delete_for_good(gone)

    world.sync()

    assert world.sync_result(contact=gone) == ("fail", "CV_CHANGE_REFUSED")
    assert [world.in_group(world.owners(f"m{n}@example.org")[0]) for n in (0, 1, 2, 4, 5)] == ["Removed"] * 5


def test_a_full_store_stops_the_run_with_a_clear_error_and_nothing_is_lost(world: World) -> None:
    fill(world)
    with world.store.begin() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    for number in range(200):
        world.member(f"more{number}@example.org")

    with pytest.raises(MailchimpsyncError) as caught:
        world.sync()
    with world.store.begin() as tx:
        tx.exec_driver_sql("PRAGMA max_page_count = 100000")
    world.sync()

    assert caught.value.code == "STORE_FULL"
    assert {row["sync_status"] for row in world.rows()} == {"ok"}
    assert len(world.members()) == 212


@pytest.mark.batches
def test_a_mailchimp_that_never_takes_a_batch_is_not_asked_for_ever_and_gets_it_later(world: World) -> None:
    fill(world)
    world.mailchimp.faults.plant(Fault(FaultKind.STATUS, "POST /3.0/batches", times=1_000, status=500))
    with pytest.raises(TransientError):
        world.sync()
    asked = [one for one in world.mailchimp.log.as_dict()["requests"] if "POST" in one["method"]]  # type: ignore[attr-defined]
    world.mailchimp.faults.clear()
    world.sync()

    assert 1 < len(asked) < 10
    assert_all_twelve_once_on_both_sides(world)


@pytest.mark.parametrize("write", ["Contact save", "GroupContact save"])
def test_a_success_that_lost_the_first_records_is_not_believed(world: World, write: str) -> None:
    fill(world)
    world.civicrm.lose_writes(f"^{write}$", 2)

    world.sync()

    assert_all_twelve_once_on_both_sides(world)
    told = [(row["contact_id"], row["field"], row["new"]) for row in world.journal() if row["side"] == "CiviCRM"]
    assert len(told) == len(set(told)) == 12


def test_a_group_change_that_civicrm_loses_each_time_fails_alone_and_is_never_taken_for_a_removal(
    world: World,
) -> None:
    fill(world)
    world.civicrm.lose_writes("^GroupContact save$", 1, times=99)

    world.sync()

    assert sorted(row["sync_status"] for row in world.rows()) == ["fail", *["ok"] * 11]
    [failed] = [row for row in world.rows() if row["sync_status"] == "fail"]
    assert failed["reason_detail"] == "CiviCRM reported the change as saved, but it isn't there"
    assert failed["base_subscribed"] is None
    world.pass_time(3_600)
    world.civicrm._api.database_faults.clear()
    world.sync()
    assert_all_twelve_once_on_both_sides(world)
    assert {member["status"] for member in world.members().values()} == {"subscribed"}


def test_a_contact_that_civicrm_loses_each_time_fails_alone_and_is_made_once_by_the_next_run(world: World) -> None:
    fill(world)
    world.civicrm.lose_writes("^Contact save$", 1, times=99)

    world.sync()

    assert sorted(row["sync_status"] for row in world.rows()) == ["fail", *["ok"] * 11]
    made = [row for row in world.journal() if (row["field"], row["new"]) == ("contact", "created")]
    assert len(made) == 5
    world.pass_time(3_600)
    world.civicrm._api.database_faults.clear()
    world.sync()
    assert_all_twelve_once_on_both_sides(world)


def test_staff_who_remove_someone_while_our_change_is_read_back_have_the_last_word(world: World) -> None:
    world.member("ben@example.org")
    ben = world.contact("ben@example.org")
    once_before(world.to_civicrm, "/GroupContact/save", lambda: once_after_the_write(world, ben))

    world.sync()
    assert world.in_group(ben) == "Removed"
    world.pass_time(3_600)
    world.sync()

    assert (world.in_group(ben), world.status("ben@example.org")) == ("Removed", "unsubscribed")


def once_after_the_write(world: World, contact: int) -> None:
    def remove() -> None:
        world.pass_time(2)
        world.put(contact, "Removed")

    once_before(world.to_civicrm, "/ajax/api4", remove)
