"""Where neither side has changed since the last run, two requests show it, and no run is started."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from mailchimpsync.civicrm import modified
from mailchimpsync.errors import AccessError, EvidenceError, SuspicionError
from mailchimpsync.model import Stage, SyncStatus
from mailchimpsync.store.schema import cache
from mailchimpsync.sync import Outcome
from support.rights import TRASH
from support.tampering import in_civicrm
from support.world import NEWS, WALKS, World, days_ago

MINUTE = 60
ANN, BEN = "ann@example.org", "ben@example.org"


@pytest.fixture
def people(world: World) -> dict[str, int]:
    """Ann and Ben, in sync on both sides for a minute."""
    found = {address: world.contact(address, {NEWS: 20}) for address in (ANN, BEN)}
    for address in found:
        world.member(address)
    assert look(world) is Outcome.DONE
    world.pass_time(MINUTE)
    world.forget_requests()
    return found


def look(world: World, **options: bool) -> Outcome:
    return world.sync(only_if_changed=True, **options).outcome


def test_with_nothing_to_do_each_side_is_asked_once(world: World, people: dict[str, int]) -> None:
    for _ in range(5):
        assert look(world) is Outcome.UNCHANGED
        world.pass_time(MINUTE)

    assert len(world.requests()) == 5 * 2
    assert not world.writes()


def test_it_is_so_right_after_a_mass_edit_too_and_what_was_read_early_is_read_once_more(world: World) -> None:
    for number in range(30):
        world.contact(f"p{number}@example.org", {NEWS: 0.0001}, modified_date=days_ago(0.0001))
        world.member(f"p{number}@example.org")
    look(world)

    found = []
    for _ in range(20):
        world.pass_time(MINUTE)
        found.append(look(world))

    assert found.count(Outcome.DONE) == 1
    assert found.count(Outcome.UNCHANGED) == 19


def test_no_run_is_recorded_and_the_mark_stays(world: World, people: dict[str, int]) -> None:
    before = world.runs()

    assert look(world) is Outcome.UNCHANGED
    assert world.runs() == before


CHANGES: dict[str, Callable[[World, dict[str, int]], None]] = {
    "someone unsubscribes": lambda world, _people: world.act(ANN, "unsubscribe"),
    "someone joins": lambda world, _people: world.member("new@example.org", last_changed=world.now.isoformat()),
    "a member is archived": lambda world, _people: world.act(ANN, "archive", as_="admin"),
    "someone leaves the group": lambda world, people: world.put(people[ANN], "Removed"),
    "someone joins another group": lambda world, people: world.put(people[ANN], "Added", WALKS),
    "someone opts out": lambda world, people: world.edit(people[ANN], is_opt_out=True),
    "someone has died": lambda world, people: world.edit(people[ANN], is_deceased=True),
    "a contact goes to the trash": lambda world, people: world.trash(people[ANN]),
    "contacts are merged": lambda world, people: world.merge(people[ANN], people[BEN]),
    "an address changes": lambda world, people: world.edit_address(people[ANN], email="other@example.org"),
    "an address is put on hold": lambda world, people: world.edit_address(people[ANN], on_hold=2),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_every_change_starts_a_run(
    world: World, people: dict[str, int], change: Callable[[World, dict[str, int]], None]
) -> None:
    assert look(world) is Outcome.UNCHANGED
    change(world, people)
    world.pass_time(1)

    assert look(world) is not Outcome.UNCHANGED


def test_a_contact_that_was_just_made_and_is_deleted_for_good_is_noticed_at_once(world: World) -> None:
    new = world.contact(ANN, {NEWS: 0.01}, modified_date=days_ago(0.01))
    world.member(ANN)
    look(world)
    world.pass_time(MINUTE)
    assert look(world) is Outcome.UNCHANGED
    world.delete_for_good(new)

    assert look(world) is not Outcome.UNCHANGED


def test_a_run_is_made_every_hour_although_nothing_changes(world: World, people: dict[str, int]) -> None:
    world.pass_time(58 * MINUTE)
    assert look(world) is Outcome.UNCHANGED

    world.pass_time(MINUTE)
    assert look(world) is Outcome.DONE


def test_what_we_have_changed_ourselves_is_read_back_once(world: World, people: dict[str, int]) -> None:
    world.put(people[ANN], "Removed")
    assert look(world) is Outcome.DONE
    assert world.status(ANN) == "unsubscribed"
    world.pass_time(MINUTE)
    assert look(world) is Outcome.DONE
    world.pass_time(MINUTE)

    assert look(world) is Outcome.UNCHANGED


@pytest.mark.parametrize("option", ["everything", "with_data", "force_restart", "accept_restored", "unguarded"])
def test_callers_that_ask_for_more_get_a_run(world: World, people: dict[str, int], option: str) -> None:
    assert look(world, **{option: True}) is Outcome.DONE


def test_an_interrupted_run_is_continued(world: World, people: dict[str, int]) -> None:
    world.put(people[ANN], "Removed")
    assert world.sync(stop_on=Stage.RECONCILE).outcome is Outcome.STOPPED

    assert look(world) is Outcome.DONE
    assert world.status(ANN) == "unsubscribed"


def test_a_key_that_no_longer_sees_everyone_is_noticed(world: World, people: dict[str, int]) -> None:
    world.grant([right for right in TRASH if right != "edit all contacts"])

    with pytest.raises(AccessError, match="edit all contacts"):
        look(world)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_hidden": True}])
def test_a_group_that_is_no_longer_in_use_is_noticed(
    world: World, people: dict[str, int], change: dict[str, bool]
) -> None:
    assert look(world) is Outcome.UNCHANGED
    world.civicrm.call("Group", "update", {"where": [["id", "=", NEWS]], "values": change})

    with pytest.raises(EvidenceError, match=r"disabled|hidden"):
        look(world)


def test_after_a_failure_the_next_call_is_a_run(world: World, people: dict[str, int]) -> None:
    world.grant([])
    with pytest.raises(AccessError):
        look(world)
    world.grant(TRASH)

    assert look(world) is Outcome.DONE


def test_what_a_restored_backup_lacks_starts_a_run_which_notices_it(world: World) -> None:
    contacts = [world.contact(f"p{number}@example.org", {NEWS: 0.01}) for number in range(12)]
    for number in range(12):
        world.member(f"p{number}@example.org")
    look(world)
    world.pass_time(MINUTE)
    in_civicrm(world, "DELETE FROM civicrm_subscription_history WHERE contact_id = ?", [contacts[-1]])
    world.forget_requests()

    with pytest.raises(SuspicionError):
        look(world)
    assert not world.writes()


def test_someone_whose_change_was_refused_is_tried_again_once_the_pause_is_over(
    world: World, people: dict[str, int]
) -> None:
    refusal = {"code": "MC_UNAVAILABLE", "again": (world.now + timedelta(seconds=90)).isoformat()}
    with world.store.begin() as tx:
        one = cache.c.civicrm_contact_id == people[ANN]
        tx.execute(update(cache).where(one).values(sync_status=SyncStatus.FAIL.value, refusal=refusal))
    assert look(world) is Outcome.UNCHANGED
    world.pass_time(2 * MINUTE)

    assert look(world) is not Outcome.UNCHANGED


def test_a_site_that_cannot_say_when_contacts_changed_gets_a_run_each_time(
    world: World, people: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modified, "call", lambda _since: ("Contact", "get", {"select": ["NO_SUCH_FUNCTION(id) AS x"]}))

    assert look(world) is Outcome.DONE
