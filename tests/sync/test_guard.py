"""The guard against mass changes: who would be taken away, whose approval it takes, and what is done then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select, update

from mailchimpsync.decide.limits import Excess
from mailchimpsync.model import ChangeKind, Limit, Limits, Stage
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import PlanState
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import cache, change, kept_plan
from mailchimpsync.sync import Outcome, Result, preview
from support.webhook_delivery import WebhookDelivery
from support.world import NEWS, WALK, WALKS, World

PEOPLE = [f"person{number}@example.org" for number in range(30)]
LIMITS = Limits(
    {
        ChangeKind.UNSUBSCRIBE: Limit(number=10, share=0.2),
        ChangeKind.REMOVE: Limit(number=10, share=0.2),
        ChangeKind.ADD: Limit(number=10, share=0.5),
        ChangeKind.CREATE: Limit(number=10, share=0.5),
        ChangeKind.INTERESTS: Limit(number=10, share=0.2),
    },
    minimum=5,
)


class KilledError(BaseException):
    """The process was killed."""


AFTER_THE_GUARD = (Stage.CREATE_CONTACTS, Stage.CHANGE_GROUPS, Stage.SUBMIT)


@pytest.fixture
def guarded(world: World) -> World:
    """Thirty people who get the news, in sync, and a guard from now on."""
    for address in PEOPLE:
        world.member(address, last_changed=(world.now.replace(month=1)).isoformat())
        world.contact(address, {NEWS: 200})
    world.sync(everything=True)
    world.connection = replace(world.connection, limits=LIMITS)
    world.pass_time(3_600)
    world.forget_requests()
    return world


def contacts(world: World, addresses: list[str]) -> list[int]:
    return [world.owners(address)[0] for address in addresses]


def the_plan(world: World) -> Any:
    with world.store.begin() as tx:
        return tx.execute(select(kept_plan).order_by(kept_plan.c.id.desc()).limit(1)).mappings().one()


def changes(world: World, plan_id: int) -> list[Any]:
    with world.store.begin() as tx:
        return list(tx.execute(select(change).where(change.c.plan_id == plan_id)).mappings())


def decide(world: World, plan_id: int, state: PlanState) -> bool:
    with world.store.begin() as tx:
        return kept_plans.decide_plan(tx, plan_id, [PlanState.OPEN], state, world.now, "ann")


def everyone_leaves_the_group(world: World, number: int = 15) -> Result:
    for contact in contacts(world, PEOPLE[:number]):
        world.put(contact, "Removed")
    return world.sync()


def subscribed(world: World) -> int:
    return sum(one["status"] == "subscribed" for one in world.members().values())


def test_a_run_that_would_take_away_too_many_is_held_before_its_first_write(guarded: World) -> None:
    guarded.forget_requests()
    result = everyone_leaves_the_group(guarded)

    assert result.outcome is Outcome.HELD
    assert subscribed(guarded) == 30
    assert [write for write in guarded.writes() if "GroupContact/save" not in write] == []
    assert guarded.open_updates() == []
    plan = the_plan(guarded)
    assert (plan["kind"], plan["state"], plan["counts"]) == ("held", "open", {"unsubscribe": 15})
    assert plan["excess"] == ["15 people would be unsubscribed or archived at Mailchimp (the limit is 10)"]
    assert len(changes(guarded, plan["id"])) == 15


def test_a_share_counts_as_well_as_a_number(guarded: World) -> None:
    result = everyone_leaves_the_group(guarded, number=7)

    assert result.outcome is Outcome.HELD
    [words] = the_plan(guarded)["excess"]
    assert words == "7 of 30 people would be unsubscribed or archived at Mailchimp (23%; the limit is 20%)"


def test_what_stays_within_the_limits_is_done(guarded: World) -> None:
    result = everyone_leaves_the_group(guarded, number=6)

    assert result.outcome is Outcome.DONE
    assert subscribed(guarded) == 24


def test_it_stays_held_over_every_call_restart_and_new_process(guarded: World) -> None:
    everyone_leaves_the_group(guarded)
    first = the_plan(guarded)["id"]
    for options in ({}, {"force_restart": True}, {"everything": True}, {"take_over": True}):
        guarded.systems = guarded.new_systems()
        guarded.forget_requests()
        result = guarded.sync(**options)
        assert (result.outcome, result.kept_plan_id) == (Outcome.HELD, first)
        assert guarded.writes() == []

    assert subscribed(guarded) == 30


def test_exactly_the_approved_plan_is_done_and_the_rest_by_the_next_run(guarded: World) -> None:
    everyone_leaves_the_group(guarded)
    plan = the_plan(guarded)["id"]
    guarded.put(contacts(guarded, PEOPLE[:1])[0], "Added")
    guarded.put(contacts(guarded, PEOPLE[20:21])[0], "Removed")
    assert decide(guarded, plan, PlanState.APPROVED)
    result = guarded.sync()

    assert (result.outcome, result.kept_plan_id, result.due.number) == (Outcome.INCOMPLETE, plan, 1)
    statuses = guarded.members()
    assert {statuses[address]["status"] for address in PEOPLE[1:15]} == {"unsubscribed"}
    assert statuses[PEOPLE[0]]["status"] == "subscribed"
    assert statuses[PEOPLE[20]]["status"] == "subscribed"
    outcomes = {one["address"]: one["outcome"] for one in changes(guarded, plan)}
    assert outcomes == {PEOPLE[0]: "left out"} | dict.fromkeys(PEOPLE[1:15], "done")
    assert the_plan(guarded)["state"] == "applied"
    guarded.pass_time(60)
    assert guarded.sync().outcome is Outcome.DONE
    assert guarded.status(PEOPLE[20]) == "unsubscribed"


def test_a_connection_is_not_held_while_an_approved_plan_waits_for_its_run(guarded: World) -> None:
    everyone_leaves_the_group(guarded)
    held = the_plan(guarded)["id"]
    list_id, now = guarded.connection.list_id, guarded.now
    dates = {"made_at": now, "expires_at": now + timedelta(days=1)}
    with guarded.store.begin() as tx:
        before = kept_plans.holding_plan(tx, list_id)
        kept_plans.keep_plan(
            tx, list_id=list_id, kind="plan", made_by="ann", state="approved", **dates, links={}, counts={}, excess=[]
        )
        after, still_open = kept_plans.holding_plan(tx, list_id), kept_plans.open_hold(tx, list_id)

    assert before is not None
    assert (before.id, after) == (held, None)
    assert still_open == before


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in AFTER_THE_GUARD])
def test_a_run_that_was_interrupted_is_held_when_it_goes_on(guarded: World, stage: Stage) -> None:
    for contact in contacts(guarded, PEOPLE[:15]):
        guarded.put(contact, "Removed")
    guarded.sync(stop_on=stage)
    guarded.pass_time(300)
    guarded.systems = guarded.new_systems()

    assert guarded.sync().outcome is Outcome.HELD
    assert subscribed(guarded) == 30


def test_of_a_handful_of_people_a_large_share_may_leave(world: World) -> None:
    addresses = PEOPLE[: LIMITS.minimum - 1]
    for address in addresses:
        world.member(address)
        world.contact(address, {NEWS: 200})
    world.sync()
    world.connection = replace(world.connection, limits=LIMITS)
    for contact in contacts(world, addresses[:3]):
        world.put(contact, "Removed")

    assert world.sync().outcome is Outcome.DONE
    assert subscribed(world) == 1


def test_a_plan_that_was_dropped_is_never_done_and_the_next_run_decides_afresh(guarded: World) -> None:
    everyone_leaves_the_group(guarded)
    first = the_plan(guarded)["id"]
    assert decide(guarded, first, PlanState.DROPPED)
    assert not decide(guarded, first, PlanState.APPROVED)
    for contact in contacts(guarded, PEOPLE[:15]):
        guarded.put(contact, "Added")
    result = guarded.sync()

    assert result.outcome is Outcome.DONE
    assert subscribed(guarded) == 30


def test_a_plan_nobody_decided_about_expires_and_a_new_one_is_held(guarded: World) -> None:
    everyone_leaves_the_group(guarded)
    first = the_plan(guarded)["id"]
    guarded.pass_time(LIMITS.hold_hours * 3_600 + 1)
    result = guarded.sync()

    assert result.outcome is Outcome.HELD
    assert result.kept_plan_id != first
    with guarded.store.begin() as tx:
        assert kept_plans.find_plan(tx, first).state == "expired"  # type: ignore[union-attr]
    assert subscribed(guarded) == 30


def test_a_plan_approved_for_other_groups_is_not_done(guarded: World) -> None:
    everyone_leaves_the_group(guarded)
    plan = the_plan(guarded)["id"]
    decide(guarded, plan, PlanState.APPROVED)
    guarded.connection = replace(guarded.connection, interests={WALK: WALKS})
    guarded.sync()

    assert subscribed(guarded) == 30


def test_a_plan_for_one_group_does_not_count_for_another_that_the_same_people_left(guarded: World) -> None:
    guarded.connection = replace(guarded.connection, interests={})
    guarded.sync()
    for group in (NEWS, WALKS):
        for contact in contacts(guarded, PEOPLE):
            guarded.put(contact, "Added", group)
    guarded.pass_time(60)
    for contact in contacts(guarded, PEOPLE[:15]):
        guarded.put(contact, "Removed", WALKS)
    everyone_leaves_the_group(guarded)
    decide(guarded, the_plan(guarded)["id"], PlanState.APPROVED)
    guarded.connection = replace(guarded.connection, group_id=WALKS)

    assert guarded.sync().outcome is Outcome.HELD
    assert subscribed(guarded) == 30


def test_people_who_leave_by_themselves_are_heard_while_a_plan_is_held(guarded: World) -> None:
    post = WebhookDelivery(guarded)
    everyone_leaves_the_group(guarded)
    post.take()
    for address in PEOPLE[16:28]:
        guarded.act(address, "unsubscribe")
    assert set(post.deliver()) == {200}
    while post.work():
        pass

    assert {guarded.in_group(contact) for contact in contacts(guarded, PEOPLE[16:28])} == {"Removed"}
    assert the_plan(guarded)["state"] == "open"


def test_a_wave_of_opt_outs_found_by_a_run_is_held_too_since_it_may_be_a_mistake_there(guarded: World) -> None:
    for address in PEOPLE[:15]:
        guarded.act(address, "unsubscribe", "admin")
    result = guarded.sync()

    assert result.outcome is Outcome.HELD
    assert the_plan(guarded)["excess"] == ["15 people would be removed from groups in CiviCRM (the limit is 10)"]
    assert {guarded.in_group(contact) for contact in contacts(guarded, PEOPLE)} == {"Added"}


def test_linking_an_interest_nobody_ticked_with_a_filled_group_empties_nothing_unseen(guarded: World) -> None:
    """The old rule by dates would take people out of the group."""
    guarded.connection = replace(guarded.connection, interests={}, limits=None)
    guarded.sync()
    for contact in contacts(guarded, PEOPLE[:9]):
        guarded.put(contact, "Added", WALKS)
    guarded.pass_time(10)
    for address in PEOPLE[:9]:
        guarded.act(address, "names", merge_fields={"LNAME": "Later"})
    guarded.connection = replace(guarded.connection, interests={WALK: WALKS}, limits=LIMITS)
    result = guarded.sync()

    assert result.outcome is Outcome.HELD
    assert {guarded.in_group(contact, WALKS) for contact in contacts(guarded, PEOPLE[:9])} == {"Added"}


def test_a_first_sync_that_would_create_many_contacts_is_held(world: World) -> None:
    for address in PEOPLE:
        world.member(address)
    world.connection = replace(world.connection, limits=LIMITS)
    result = world.sync()

    assert result.outcome is Outcome.HELD
    assert not any(world.owners(address) for address in PEOPLE)
    assert the_plan(world)["counts"] == {"create": 30, "join": 30}


def test_a_kill_while_a_run_is_being_held_holds_nothing_and_loses_nothing(
    guarded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(runs, "end_run", killed)
        with pytest.raises(KilledError):
            everyone_leaves_the_group(guarded)
    with guarded.store.begin() as tx:
        assert tx.execute(select(kept_plan)).all() == []

    held = guarded.sync()

    assert held.outcome is Outcome.HELD
    assert len(changes(guarded, held.kept_plan_id or 0)) == 15


def test_a_held_run_keeps_none_of_its_changes_and_its_plan_outlives_their_rows(guarded: World) -> None:
    plan_id = everyone_leaves_the_group(guarded).kept_plan_id or 0
    with guarded.store.begin() as tx:
        assert tx.execute(select(change).where(change.c.run_id.is_not(None))).all() == []
        tx.execute(delete(cache))

    assert len(changes(guarded, plan_id)) == 15


def test_a_draft_can_not_be_approved(guarded: World) -> None:
    about = {"kind": "held", "state": "draft", "made_at": guarded.now, "made_by": "ann", "expires_at": guarded.now}
    with guarded.store.begin() as tx:
        draft = kept_plans.keep_plan(tx, list_id=guarded.connection.list_id, **about, links={}, counts={}, excess=[])

    assert not decide(guarded, draft, PlanState.APPROVED)
    assert everyone_leaves_the_group(guarded).kept_plan_id != draft


# -- a plan that is asked for ------------------------------------------------------------------------------------------


def look_ahead(world: World, **options: Any) -> int:
    deadline = Deadline.after(world.runtime, None)
    return preview(world.systems, world.connection, deadline, by="ann", **options)


def everything_we_know(world: World) -> list[Any]:
    with world.store.begin() as tx:
        tables = [table for table in kept_plan.metadata.sorted_tables if table not in (kept_plan, change)]
        return [tx.execute(select(table)).all() for table in tables if not table.name.endswith("status")]


def test_looking_ahead_writes_nothing_on_either_side_nor_in_our_rows(guarded: World) -> None:
    guarded.connection = replace(guarded.connection, limits=None)
    for contact in contacts(guarded, PEOPLE[:3]):
        guarded.put(contact, "Removed")
    guarded.act(PEOPLE[5], "unsubscribe")
    guarded.act("carl@example.org", "subscribe")
    before = everything_we_know(guarded)
    guarded.forget_requests()
    plan = look_ahead(guarded)

    assert guarded.writes() == []
    assert everything_we_know(guarded) == before
    assert the_plan(guarded)["counts"] == {"unsubscribe": 3, "remove": 1, "create": 1, "join": 1}
    assert {one["reason"] for one in changes(guarded, plan)} == {
        "CIVICRM_REMOVED",
        "MAILCHIMP_LEFT",
        "MAILCHIMP_NEW_PERSON",
    }


def test_looking_ahead_at_everything_notices_who_was_deleted_for_good_at_mailchimp(guarded: World) -> None:
    guarded.act(PEOPLE[0], "delete", "admin")
    look_ahead(guarded, everything=True)

    assert the_plan(guarded)["counts"] == {"remove": 1}
    assert guarded.in_group(contacts(guarded, PEOPLE[:1])[0]) == "Added"


def test_a_plan_says_what_was_before_and_what_goes_over_the_limits(guarded: World) -> None:
    for contact in contacts(guarded, PEOPLE[:15]):
        guarded.put(contact, "Removed")
    plan = look_ahead(guarded)

    first = changes(guarded, plan)[0]
    assert first["before"]["status"] == "subscribed"
    assert first["before"]["groups"] == {str(NEWS): "Removed"}
    assert first["member_update"]["status"] == "unsubscribed"
    assert the_plan(guarded)["excess"]
    assert the_plan(guarded)["billable"] == {"before": 30, "after": 30}


def test_what_the_plan_says_is_what_the_run_does(guarded: World) -> None:
    for contact in contacts(guarded, PEOPLE[:3]):
        guarded.put(contact, "Removed")
    plan = look_ahead(guarded)
    guarded.pass_time(120)
    decide(guarded, plan, PlanState.APPROVED)
    result = guarded.sync()

    assert (result.outcome, result.kept_plan_id) == (Outcome.DONE, plan)
    assert {one["outcome"] for one in changes(guarded, plan)} == {"done"}
    assert subscribed(guarded) == 27


def test_billable_contacts_are_told_before_they_cost(guarded: World) -> None:
    for number in range(4):
        guarded.put(guarded.contact(f"new{number}@example.org"), "Added")
    look_ahead(guarded)

    assert the_plan(guarded)["billable"] == {"before": 30, "after": 34}
    assert the_plan(guarded)["counts"] == {"add": 4}


def test_a_plan_tells_who_certainly_cannot_be_synced(guarded: World) -> None:
    guarded.put(guarded.contact(), "Added")
    look_ahead(guarded)

    assert the_plan(guarded)["failures"] == [{"reason": "CV_NO_ADDRESS", "count": 1}]


def test_an_interrupted_run_goes_on_as_if_nobody_had_looked(guarded: World) -> None:
    for contact in contacts(guarded, PEOPLE[:3]):
        guarded.put(contact, "Removed")
    guarded.sync(stop_on=Stage.CHANGE_GROUPS)
    look_ahead(guarded)
    guarded.sync()

    assert subscribed(guarded) == 27


def test_a_side_that_fails_leaves_no_plan_behind(guarded: World) -> None:
    def fail(_request: httpx2.Request) -> None:
        raise httpx2.ConnectError("nobody at home")

    guarded.to_civicrm.before = fail
    with pytest.raises(Exception, match="CiviCRM could not be reached"):
        look_ahead(guarded)
    with guarded.store.begin() as tx:
        assert tx.execute(select(kept_plan)).all() == []


def test_expired_and_old_plans_forget_whom_they_were_about(guarded: World) -> None:
    everyone_leaves_the_group(guarded)
    plan = the_plan(guarded)["id"]
    with guarded.store.begin() as tx:
        tx.execute(update(kept_plan).values(state="expired"))
        assert kept_plans.forget_changes(tx, guarded.now) == 0
        guarded.pass_time(200 * 3_600)
        assert kept_plans.forget_changes(tx, guarded.now) == 15
    assert changes(guarded, plan) == []


@pytest.mark.parametrize(
    ("count", "population", "share", "words"),
    [
        (52, 500, 0.1, "52 of 500 people would be unsubscribed or archived at Mailchimp (10.4%; the limit is 10%)"),
        (
            1_001,
            10_000,
            0.1,
            "1,001 of 10,000 people would be unsubscribed or archived at Mailchimp (10.01%; the limit is 10%)",
        ),
        (60, 500, 0.1, "60 of 500 people would be unsubscribed or archived at Mailchimp (12%; the limit is 10%)"),
        (30, 500, 0.055, "30 of 500 people would be unsubscribed or archived at Mailchimp (6%; the limit is 5.5%)"),
    ],
)
def test_a_share_is_never_told_as_the_limit_that_it_is_over(
    count: int, population: int, share: float, words: str
) -> None:
    assert Excess(ChangeKind.UNSUBSCRIBE, None, count, population, Limit(None, share)).sentence == words


def test_names_that_change_for_many_at_once_at_mailchimp_are_looked_at_before_they_overwrite_civicrms(
    guarded: World,
) -> None:
    limits = Limits({ChangeKind.CORRECT: Limit(share=0.3)}, minimum=20)
    guarded.connection = replace(guarded.connection, limits=limits)
    people = sorted(one for one in guarded.members() if guarded.status(one) == "subscribed")
    guarded.pass_time(3_600)
    for address in people[:10]:
        guarded.act(address, "names", merge_fields={"FNAME": "Doe", "LNAME": "Jane"})
    result = guarded.sync()

    assert result.outcome is Outcome.HELD
    assert the_plan(guarded)["excess"] == [
        "10 of 30 contacts would be corrected in CiviCRM (33%; the limit is 30%)",
    ]
    assert not [one for one in guarded.journal() if one["field"] in ("first_name", "last_name")]
