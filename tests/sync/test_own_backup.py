"""An old copy of our own database comes back: it is noticed, and nobody is removed on the strength of it."""

from __future__ import annotations

import pytest

from mailchimpsync.civicrm import newest_entry, save_group_contacts
from mailchimpsync.errors import Code, MailchimpsyncError, TransientError
from mailchimpsync.model import Stage
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import status
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.webhooks.members_run import members_run
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.backups import copy_of
from support.world import NEWS, World, days_ago

DAY, MINUTE, EVERY_TRY = 86_400, 60, 20
HOW_OLD = pytest.mark.parametrize("between", [DAY, MINUTE], ids=["days", "minutes"])


def restored_after_people_came_and_went(world: World, between: int = DAY) -> tuple[int, int]:
    """Bella left and came back, Carl left, both by their own act; then the copy from before all that comes back."""
    for name in ("bella", "carl", "dora"):
        world.member(f"{name}@example.org")
    bella, carl, _ = (world.contact(f"{name}@example.org", {NEWS: 20}) for name in ("bella", "carl", "dora"))
    world.sync()
    world.pass_time(86_400)
    world.act("bella@example.org", "unsubscribe")
    world.sync()
    assert world.in_group(bella) == "Removed"
    copy = copy_of(world)
    world.pass_time(between)
    world.act("bella@example.org", "subscribe")
    world.act("carl@example.org", "unsubscribe")
    world.sync()
    assert (world.in_group(bella), world.in_group(carl)) == ("Added", "Removed")
    world.pass_time(between)
    copy.restore(world)
    world.forget_requests()
    return bella, carl


@HOW_OLD
def test_a_run_on_an_old_copy_of_our_database_stops_and_changes_nothing(world: World, between: int) -> None:
    restored_after_people_came_and_went(world, between)

    with pytest.raises(MailchimpsyncError) as caught:
        world.sync()

    assert caught.value.code is Code.OWN_RESTORED
    assert world.writes() == []


def test_events_wait_while_our_database_is_an_old_copy(world: World) -> None:
    restored_after_people_came_and_went(world)
    run = members_run(world.systems, world.connection, Deadline(world.runtime))

    with pytest.raises(MailchimpsyncError) as caught, run:
        pass

    assert caught.value.code is Code.OWN_RESTORED


@HOW_OLD
def test_once_it_is_accepted_who_came_back_stays_and_who_left_has_left(world: World, between: int) -> None:
    bella, carl = restored_after_people_came_and_went(world, between)

    assert world.sync(accept_restored=True).outcome is Outcome.DONE
    assert world.sync().outcome is Outcome.DONE

    assert (world.status("bella@example.org"), world.in_group(bella)) == ("subscribed", "Added")
    assert (world.status("carl@example.org"), world.in_group(carl)) == ("unsubscribed", "Removed")
    assert world.status("dora@example.org") == "subscribed"
    assert world.writes() == []


@pytest.mark.parametrize("restart", [False, True], ids=["goes on", "begins again"])
def test_a_run_that_lost_the_answer_of_civicrm_is_not_taken_for_an_old_copy(world: World, restart: bool) -> None:
    world.member("bella@example.org")
    bella = world.contact("bella@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(MINUTE)
    world.act("bella@example.org", "unsubscribe")
    world.civicrm.faults.plant(Fault(FaultKind.DROP_AFTER, pattern="GroupContact/save", times=EVERY_TRY))
    with pytest.raises(TransientError):
        world.sync()
    world.civicrm.faults.clear()
    world.pass_time(MINUTE)

    outcomes = [world.sync(force_restart=restart).outcome, world.sync().outcome]

    assert (world.in_group(bella), outcomes) == ("Removed", [Outcome.DONE, Outcome.DONE])


def test_what_another_connection_changed_in_the_same_group_is_no_sign_of_an_old_copy(world: World) -> None:
    world.member("bella@example.org")
    bella = world.contact("bella@example.org", {NEWS: 20})
    world.sync()
    with world.store.begin() as tx:
        tx.execute(status.insert().values(list_id="other", stage=Stage.FETCH.value))
    world.pass_time(MINUTE)
    save_group_contacts(world.systems.civicrm, [(bella, NEWS, "Removed"), (bella, NEWS, "Added")], "other")
    with world.store.begin() as tx:
        runs.record_history(tx, "other", newest_entry(world.systems.civicrm))

    assert world.sync().outcome is Outcome.DONE


def came_back_since_the_copy(world: World) -> int:
    """Bella had left, and came back with the help of staff: we changed nothing in CiviCRM for it."""
    world.member("bella@example.org", "unsubscribed", unsubscribed_by="user", last_changed=days_ago(50))
    bella = world.contact("bella@example.org", {NEWS: {"status": "Removed", "date": days_ago(40)}})
    world.sync()
    copy = copy_of(world)
    world.pass_time(DAY)
    world.act("bella@example.org", "subscribe")
    world.put(bella, "Added")
    world.sync()
    world.pass_time(DAY)
    copy.restore(world)
    return bella


def test_a_copy_after_which_we_changed_nothing_in_civicrm_is_not_noticed_and_takes_nobody_off(world: World) -> None:
    bella = came_back_since_the_copy(world)
    world.forget_requests()

    assert world.sync().outcome is Outcome.DONE

    assert (world.status("bella@example.org"), world.in_group(bella)) == ("subscribed", "Added")
    assert world.writes() == []


def test_someone_who_left_again_is_not_brought_back_by_an_old_copy_that_is_not_noticed(world: World) -> None:
    bella = came_back_since_the_copy(world)
    world.act("bella@example.org", "unsubscribe")
    world.pass_time(DAY)

    world.sync()
    world.sync()

    assert (world.status("bella@example.org"), world.in_group(bella)) == ("unsubscribed", "Removed")
