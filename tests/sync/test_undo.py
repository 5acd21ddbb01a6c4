"""Taking back what a run did: everyone is as before, both sides agree, and no later run does it again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from mailchimpsync.errors import TransientError
from mailchimpsync.model import ChangeKind, Limit, Limits
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.schema import change, kept_plan
from mailchimpsync.sync import Outcome, Result
from mailchimpsync.sync.undo.make_plan import plan_undo
from mailchimpsync.sync.verify import verify
from support.world import NEWS, RIDE, RIDES, WALK, WALKS, World, days_ago

PEOPLE = [f"person{number}@example.org" for number in range(20)]
FIFTEEN = PEOPLE[:15]


@pytest.fixture
def charity(world: World) -> World:
    """Twenty people who get the news, the first five with the walks; both sides agree."""
    for number, address in enumerate(PEOPLE):
        world.member(address, interests={WALK: number < 5}, last_changed=days_ago(300))
        world.contact(address, {NEWS: 200} | ({WALKS: 200} if number < 5 else {}))
    world.sync(everything=True)
    world.pass_time(86_400)
    return world


def contact(world: World, address: str) -> int:
    return world.owners(address)[0]


def staff_put(world: World, addresses: list[str], status: str, group: int = NEWS) -> None:
    for address in addresses:
        world.put(contact(world, address), status, group)


def later(world: World, **options: Any) -> Result:
    """Sync an hour later."""
    world.pass_time(3_600)
    return world.sync(**options)


def plan(world: World, run_id: int) -> Any:
    """Make the plan to undo a run."""
    deadline = Deadline.after(world.runtime, None)
    plan_id = plan_undo(world.systems, world.connection, run_id, deadline, by="ann")
    with world.store.begin() as tx:
        return tx.execute(select(kept_plan).where(kept_plan.c.id == plan_id)).mappings().one()


def changes(world: World, plan_id: int) -> dict[str, Any]:
    with world.store.begin() as tx:
        found = tx.execute(select(change).where(change.c.plan_id == plan_id)).mappings()
        return {one["address"]: one for one in found}


def apply(world: World, plan_id: int) -> Result:
    world.pass_time(600)
    with world.store.begin() as tx:
        assert kept_plans.decide_plan(tx, plan_id, [PlanState.OPEN], PlanState.APPROVED, world.now, "ann")
    result = world.sync()
    assert result.outcome in (Outcome.DONE, Outcome.INCOMPLETE)  # the rest is decided by the next run
    assert result.kept_plan_id == plan_id
    return result


def undo(world: World, run_id: int) -> dict[str, Any]:
    made = plan(world, run_id)
    apply(world, made["id"])
    return changes(world, made["id"])


def subscribed(world: World) -> set[str]:
    return {address for address, one in world.members().items() if one["status"] == "subscribed"}


def in_group(world: World, group: int = NEWS) -> set[str]:
    return {address for address in PEOPLE if world.in_group(contact(world, address), group) == "Added"}


def assert_it_stays(world: World) -> None:
    """Both sides agree, and neither the next run nor a full one changes anything."""
    for options in ({}, {"everything": True}, {}):
        world.forget_requests()
        assert later(world, **options).outcome is Outcome.DONE
        assert world.writes() == []
    found = verify(world.systems, world.connection, Deadline.after(world.runtime, None), by="ann")
    assert found.counts == []


# -- what is undone ----------------------------------------------------------------------------------------------------


def test_fifteen_whom_staff_removed_by_mistake_are_back_on_both_sides(charity: World) -> None:
    staff_put(charity, FIFTEEN, "Removed")
    run = later(charity).run_id
    assert len(subscribed(charity)) == 5
    outcome = undo(charity, run)

    assert {one["outcome"] for one in outcome.values()} == {"done"}
    assert subscribed(charity) == set(PEOPLE)
    assert in_group(charity) == set(PEOPLE)
    assert_it_stays(charity)


def test_whom_an_administrator_unsubscribed_at_mailchimp_are_back_on_both_sides(charity: World) -> None:
    for address in FIFTEEN:
        charity.act(address, "unsubscribe", "admin")
    run = later(charity).run_id
    assert len(in_group(charity)) == 5
    undo(charity, run)

    assert subscribed(charity) == set(PEOPLE)
    assert in_group(charity) == set(PEOPLE)
    assert_it_stays(charity)


def test_whom_an_administrator_archived_are_back_too(charity: World) -> None:
    charity.act(PEOPLE[0], "archive", "admin")
    run = later(charity).run_id
    undo(charity, run)

    assert subscribed(charity) == set(PEOPLE)
    assert_it_stays(charity)


def test_whom_staff_added_by_mistake_are_off_again_on_both_sides(charity: World) -> None:
    newcomers = [f"new{number}@example.org" for number in range(3)]
    for address in newcomers:
        charity.put(charity.contact(address), "Added")
    run = later(charity).run_id
    assert subscribed(charity) >= set(newcomers)
    undo(charity, run)

    assert subscribed(charity) == set(PEOPLE)
    assert {charity.in_group(contact(charity, address)) for address in newcomers} == {"Removed"}
    assert_it_stays(charity)


def test_contacts_that_were_created_are_taken_out_of_the_groups_and_stay(charity: World) -> None:
    charity.member("carl@example.org", interests={WALK: True}, last_changed=charity.now.isoformat())
    run = later(charity).run_id
    carl = contact(charity, "carl@example.org")
    assert (charity.in_group(carl), charity.in_group(carl, WALKS)) == ("Added", "Added")
    made = plan(charity, run)
    assert {"reason": "UNDO_CONTACT_STAYS", "count": 1} in made["failures"]
    apply(charity, made["id"])

    assert (charity.in_group(carl), charity.in_group(carl, WALKS)) == ("Removed", "Removed")
    assert charity.status("carl@example.org") == "unsubscribed"
    assert charity.owners("carl@example.org") == [carl]
    assert_it_stays(charity)


def test_interests_are_back_whichever_side_had_changed_them(charity: World) -> None:
    staff_put(charity, PEOPLE[:2], "Removed", WALKS)
    staff_put(charity, PEOPLE[6:7], "Added", RIDES)
    charity.act(PEOPLE[3], "interests", "admin", interests={WALK: False})
    run = later(charity).run_id
    assert in_group(charity, WALKS) == {PEOPLE[2], PEOPLE[4]}
    assert charity.interests(PEOPLE[6]) == {RIDE}
    undo(charity, run)

    assert in_group(charity, WALKS) == set(PEOPLE[:5])
    assert {address for address in PEOPLE if charity.interests(address)} == set(PEOPLE[:5])
    assert in_group(charity, RIDES) == set()
    assert_it_stays(charity)


def test_an_undo_can_be_undone(charity: World) -> None:
    staff_put(charity, FIFTEEN, "Removed")
    first = later(charity).run_id
    second = apply(charity, plan(charity, first)["id"]).run_id
    undo(charity, second)

    assert subscribed(charity) == set(PEOPLE) - set(FIFTEEN)
    assert in_group(charity) == set(PEOPLE) - set(FIFTEEN)
    assert_it_stays(charity)


# -- what is not -------------------------------------------------------------------------------------------------------


def test_a_person_who_left_by_their_own_act_is_never_put_back(charity: World) -> None:
    charity.act(PEOPLE[0], "unsubscribe")
    charity.act(PEOPLE[1], "unsubscribe", "admin")
    run = later(charity).run_id
    made = plan(charity, run)

    assert made["failures"] == [{"reason": "MC_OPTED_OUT", "count": 1}]
    apply(charity, made["id"])
    assert subscribed(charity) == set(PEOPLE) - {PEOPLE[0]}
    assert changes(charity, made["id"])[PEOPLE[0]]["outcome"] == "left out"
    assert_it_stays(charity)


def test_a_person_who_was_deleted_at_mailchimp_for_good_is_not_put_back(charity: World) -> None:
    charity.act(PEOPLE[0], "delete", "admin")
    run = later(charity, everything=True).run_id
    assert in_group(charity) == set(PEOPLE[1:])

    assert plan(charity, run)["failures"] == [{"reason": "MC_MEMBER_GONE", "count": 1}]


def test_a_person_who_leaves_between_plan_and_apply_stays_away(charity: World) -> None:
    staff_put(charity, PEOPLE[:2], "Removed")
    run = later(charity).run_id
    made = plan(charity, run)
    charity.act(PEOPLE[0], "subscribe")
    charity.act(PEOPLE[0], "unsubscribe")
    apply(charity, made["id"])

    assert subscribed(charity) == set(PEOPLE) - {PEOPLE[0]}
    assert in_group(charity) == set(PEOPLE) - {PEOPLE[0]}
    assert changes(charity, made["id"])[PEOPLE[0]]["outcome"] == "left out"
    assert_it_stays(charity)


def test_whom_mailchimp_does_not_let_back_is_not_asked_to_confirm_and_leaves_the_group_again(charity: World) -> None:
    charity.act(PEOPLE[0], "unsubscribe")
    charity.act(PEOPLE[0], "archive", "admin")
    run = later(charity).run_id
    undo(charity, run)

    assert charity.status(PEOPLE[0]) == "archived"
    assert charity.row(email=PEOPLE[0])["reason"] == "MC_COMPLIANCE"
    later(charity)
    assert in_group(charity) == set(PEOPLE[1:])
    assert_it_stays(charity)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_deceased": True}, "CV_DECEASED"),
        ({"do_not_email": True}, "CV_DO_NOT_EMAIL"),
        ({"is_opt_out": True}, "CV_OPTED_OUT"),
    ],
)
def test_a_person_who_may_not_be_mailed_by_now_is_left_out(charity: World, change: dict[str, Any], reason: str) -> None:
    staff_put(charity, PEOPLE[:2], "Removed")
    run = later(charity).run_id
    charity.edit(contact(charity, PEOPLE[0]), **change)
    made = plan(charity, run)

    assert made["failures"] == [{"reason": reason, "count": 1}]
    apply(charity, made["id"])
    assert subscribed(charity) == set(PEOPLE[1:])


def test_a_person_who_may_not_be_mailed_since_the_plan_is_left_out_with_the_reason(charity: World) -> None:
    staff_put(charity, PEOPLE[:2], "Removed")
    made = plan(charity, later(charity).run_id)
    charity.edit_address(contact(charity, PEOPLE[0]), on_hold=1)
    apply(charity, made["id"])
    [left] = [one for one in changes(charity, made["id"]).values() if one["outcome"] == "left out"]

    assert left["address"] == PEOPLE[0]
    assert "hold" in left["note"]
    assert subscribed(charity) == set(PEOPLE[1:])


def test_a_person_who_came_back_on_their_own_is_left_alone(charity: World) -> None:
    staff_put(charity, PEOPLE[:2], "Removed")
    run = later(charity).run_id
    staff_put(charity, PEOPLE[:1], "Added")
    later(charity)
    made = plan(charity, run)

    assert made["failures"] == [{"reason": "UNDO_CHANGED", "count": 1}]
    assert made["counts"] == {"add": 1, "join": 1}


def test_what_staff_changed_besides_is_decided_by_the_next_run(charity: World) -> None:
    staff_put(charity, PEOPLE[:1], "Removed")
    made = plan(charity, later(charity).run_id)
    staff_put(charity, PEOPLE[:1], "Added", RIDES)
    staff_put(charity, PEOPLE[19:], "Removed")
    apply(charity, made["id"])
    assert charity.status(PEOPLE[19]) == "subscribed"
    later(charity)

    assert charity.interests(PEOPLE[0]) == {WALK, RIDE}
    assert charity.status(PEOPLE[19]) == "unsubscribed"
    assert_it_stays(charity)


# -- the plan ----------------------------------------------------------------------------------------------------------


def test_making_the_plan_writes_on_neither_side(charity: World) -> None:
    staff_put(charity, FIFTEEN, "Removed")
    run = later(charity).run_id
    charity.forget_requests()
    before = charity.rows()
    made = plan(charity, run)

    assert charity.writes() == []
    assert charity.rows() == before
    assert (made["kind"], made["state"], made["run_id"], made["made_by"]) == ("undo", "open", run, "ann")
    assert made["counts"] == {"add": 15, "join": 15}


def test_a_plan_over_the_limits_says_so(charity: World) -> None:
    staff_put(charity, FIFTEEN, "Removed")
    run = later(charity).run_id
    charity.connection = replace(charity.connection, limits=Limits({ChangeKind.ADD: Limit(number=10)}))

    assert plan(charity, run)["excess"] == ["15 people would be subscribed at Mailchimp (the limit is 10)"]


def test_a_run_that_changed_nothing_has_nothing_to_be_undone(charity: World) -> None:
    made = plan(charity, later(charity).run_id)

    assert (made["counts"], made["failures"]) == ({}, [])
    assert changes(charity, made["id"]) == {}


def test_a_side_that_fails_leaves_no_plan_behind(charity: World) -> None:
    def fail(_request: httpx2.Request) -> None:
        raise httpx2.ConnectError("nobody at home")

    staff_put(charity, PEOPLE[:1], "Removed")
    run = later(charity).run_id
    charity.to_civicrm.before = fail
    with pytest.raises(TransientError):
        plan(charity, run)
    with charity.store.begin() as tx:
        assert tx.execute(select(kept_plan)).all() == []


@pytest.mark.thorough
def test_a_kill_in_the_middle_does_not_undo_by_halves(charity: World) -> None:
    staff_put(charity, FIFTEEN, "Removed")
    made = plan(charity, later(charity).run_id)
    with charity.store.begin() as tx:
        kept_plans.decide_plan(tx, made["id"], [PlanState.OPEN], PlanState.APPROVED, charity.now, "ann")
    for stage in ("readyToReconcileQueue", "readyToChangeGroups", "readyToSubmitUpdates"):
        charity.sync(stop_on=stage)
        charity.systems = charity.new_systems()
    charity.sync()

    assert subscribed(charity) == set(PEOPLE)
    assert in_group(charity) == set(PEOPLE)
    assert_it_stays(charity)
