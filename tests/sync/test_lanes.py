"""Updates take the lane that is quickest for what they are and how many, and all rules hold in each lane."""

from __future__ import annotations

from collections import Counter

import httpx2
import pytest
from sqlalchemy import select

from mailchimpsync.errors import TransientError
from mailchimpsync.model import LaneChoice
from mailchimpsync.store.schema import batch
from mailchimpsync.sync import Outcome, abort_connection
from mailchimpsync.sync.updates import bulk, direct, lanes
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.crashing import CrashPoint, KilledError
from support.variations import every_fourth
from support.world import LIST, NEWS, WALKS, World

PEOPLE = 5
EVERY_TRY = 6
"""So often the client sends one request: only if each answer is lost does it not know what became of it."""
HANGS = 360_000.0
STEPS = range(1, 120, 3)
BULK = f"POST /3.0/lists/{LIST}$"


def address(number: int) -> str:
    return f"p{number}@example.org"


def new_people(world: World) -> list[int]:
    return [world.contact(address(number), {NEWS: 20}) for number in range(PEOPLE)]


def ways(world: World) -> Counter[tuple[str, str]]:
    """Return how many updates were sent in each lane, and why."""
    with world.store.begin() as tx:
        found = Counter[tuple[str, str]]()
        for row in tx.execute(select(batch)).mappings():
            found[row["lane"], row["lane_reason"]] += row["total_operations"]
        return found


def all_are_subscribed_once(world: World) -> bool:
    confirmed = Counter(one["member_id"] for one in world.journal() if one["field"] == "status")
    return (
        {one["status"] for one in world.members().values()} == {"subscribed"}
        and len(world.members()) == PEOPLE
        and {row["sync_status"] for row in world.rows()} == {"ok"}
        and set(confirmed.values()) <= {1}
        and world.open_updates() == []
    )


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two updates are many already, and three members fit into a call."""
    monkeypatch.setattr(lanes, "DIRECT_MAX", 1)
    monkeypatch.setattr(bulk, "MEMBERS_PER_CALL", 3)


def test_a_few_updates_are_done_within_the_run_though_every_batch_hangs(world: World) -> None:
    world.mailchimp.set_options(batch_dwell={"started": HANGS})
    new_people(world)

    assert world.sync().outcome is Outcome.DONE

    assert all_are_subscribed_once(world)
    assert ways(world) == {("direct", "few"): PEOPLE}
    assert f"Sent {PEOPLE} updates directly (few). Mailchimp confirmed {PEOPLE} updates and refused 0." in world.told()


def test_an_opt_out_goes_directly_and_first_whatever_else_there_is(world: World, many: None) -> None:
    people = new_people(world)
    world.sync()
    world.pass_time(3_600)
    world.mailchimp.set_options(batch_dwell={"started": HANGS})
    world.edit(people[0], is_opt_out=True)
    for contact in people[1:]:
        world.put(contact, "Added", WALKS)
    world.forget_requests()

    world.sync(wait_for_batches=False)

    assert world.status(address(0)) == "unsubscribed"
    assert ways(world) - Counter({("bulk", "new members"): PEOPLE}) == {
        ("direct", "opt-outs"): 1,
        ("batch", "many"): PEOPLE - 1,
    }
    assert [write.partition(" ")[0] for write in world.writes()] == ["PATCH", "POST"]


def test_batches_only_is_respected_when_chosen() -> None:
    world = World(lane=LaneChoice.BATCHES)
    new_people(world)

    world.sync()

    assert ways(world) == {("batch", "configured"): PEOPLE}
    world.close()


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.TRUNCATE])
def test_where_an_answer_is_lost_the_member_shows_that_it_was_done(world: World, kind: FaultKind) -> None:
    new_people(world)
    world.mailchimp.faults.plant(Fault(kind, "PUT ", times=EVERY_TRY))

    assert world.sync().outcome is Outcome.DONE

    assert all_are_subscribed_once(world)


def test_a_request_without_effect_keeps_nobody_else_and_is_tried_again(world: World) -> None:
    new_people(world)
    world.mailchimp.faults.plant(Fault(FaultKind.DROP_BEFORE, "PUT ", times=EVERY_TRY))

    assert world.sync().outcome is Outcome.INCOMPLETE
    assert len(world.members()) == PEOPLE - 1

    world.pass_time(60)
    assert world.sync().outcome is Outcome.DONE
    assert all_are_subscribed_once(world)


def test_where_the_answer_is_lost_and_the_member_cannot_be_read_either_that_is_done_by_the_next_sync(
    world: World,
) -> None:
    new_people(world)
    world.mailchimp.faults.plant(Fault(FaultKind.DROP_AFTER, "PUT ", times=EVERY_TRY))
    world.mailchimp.faults.plant(Fault(FaultKind.DROP_BEFORE, "GET .*/members/", times=EVERY_TRY))
    with pytest.raises(TransientError):
        world.sync()
    world.forget_requests()

    assert world.sync().outcome is Outcome.DONE

    assert all_are_subscribed_once(world)
    assert world.writes() == []


def test_a_person_who_leaves_while_the_answer_is_lost_is_not_brought_back(world: World) -> None:
    """The request was carried out, its answer was lost, and she unsubscribed before the member was read."""
    new_people(world)

    def leave(request: httpx2.Request) -> None:
        if request.method == "GET" and "/members/" in request.url.path and world.status(address(0)) == "subscribed":
            world.pass_time(5)
            world.act(address(0), "unsubscribe")

    world.mailchimp.faults.plant(Fault(FaultKind.DROP_AFTER, "PUT ", times=EVERY_TRY))
    world.to_mailchimp.before = leave
    for _ in range(3):
        world.sync()
        world.pass_time(60)

    assert world.status(address(0)) == "unsubscribed"
    assert world.row(email=address(0))["sync_status"] == "ok"


def test_a_refusal_fails_one_row_with_its_reason(world: World) -> None:
    new_people(world)
    world.mailchimp.set_options(refused_operations=[{"status": 403, "address": address(0)}])

    world.sync()

    assert len(world.members()) == PEOPLE - 1
    assert Counter(row["reason"] for row in world.rows())["MC_FORBIDDEN"] == 1


def test_many_new_members_go_in_bulk_and_are_checked_one_by_one(world: World, many: None) -> None:
    new_people(world)

    assert world.sync().outcome is Outcome.DONE

    assert all_are_subscribed_once(world)
    assert ways(world) == {("bulk", "new members"): PEOPLE}


def test_a_person_who_joined_and_left_before_the_bulk_call_is_left_alone(world: World, many: None) -> None:
    new_people(world)
    waiting = [address(0)]

    def join_and_leave(request: httpx2.Request) -> None:
        if request.method == "POST" and request.url.path.endswith(LIST) and waiting:
            who = waiting.pop()
            world.act(who, "subscribe")
            world.pass_time(5)
            world.act(who, "unsubscribe")

    world.to_mailchimp.before = join_and_leave
    for _ in range(3):
        world.sync()
        world.pass_time(60)

    assert world.status(address(0)) == "unsubscribed"
    assert ways(world)["direct", "few"] == 1
    assert [world.status(address(number)) for number in range(1, PEOPLE)] == ["subscribed"] * (PEOPLE - 1)


def test_a_person_who_is_refused_in_bulk_is_sent_alone_and_fails_with_the_reason(world: World, many: None) -> None:
    new_people(world)
    world.mailchimp.set_options(throttled_addresses=[address(2)])

    world.sync()

    assert world.row(contact=world.owners(address(2))[0])["reason"] == "MC_TOO_MANY_SIGNUPS"
    assert len(world.members()) == PEOPLE - 1
    assert ways(world) == {("bulk", "new members"): PEOPLE, ("direct", "few"): 1}


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.TRUNCATE, FaultKind.DROP_BEFORE, FaultKind.HTML])
def test_where_the_answer_to_a_bulk_call_is_lost_its_members_are_read(
    world: World, many: None, kind: FaultKind
) -> None:
    new_people(world)
    world.mailchimp.faults.plant(Fault(kind, BULK, times=EVERY_TRY, status=502))

    assert world.sync().outcome is Outcome.DONE

    assert all_are_subscribed_once(world)


def test_the_next_bulk_call_is_on_its_way_while_the_answer_to_the_last_one_is_recorded(
    world: World, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "REQUESTS_AT_ONCE", 1)
    new_people(world)
    confirmed: list[int] = []

    def count(request: httpx2.Request) -> None:
        if request.method == "POST":
            confirmed.append(sum(row["sync_status"] == "ok" for row in world.rows()))

    world.to_mailchimp.after = count
    world.sync()

    assert confirmed == [0, 0]
    assert all_are_subscribed_once(world)


@pytest.mark.thorough
@pytest.mark.parametrize("direct_max", [1_000, 0])
@pytest.mark.parametrize("step", every_fourth(STEPS))
def test_killed_at_any_step_everyone_is_subscribed_once_after_the_next_sync(
    monkeypatch: pytest.MonkeyPatch, step: int, direct_max: int
) -> None:
    monkeypatch.setattr(lanes, "DIRECT_MAX", direct_max)
    monkeypatch.setattr(direct, "UPDATES_PER_CHUNK", 2)
    monkeypatch.setattr(bulk, "MEMBERS_PER_CALL", 2)
    crash_point = CrashPoint()
    world = World(crash_point=crash_point)
    new_people(world)
    crash_point.arm(at_step=step)
    try:
        world.sync()
    except KilledError:
        crash_point.arm()
        world.pass_time(601)
        world.systems = world.new_systems()
        assert world.sync().outcome is Outcome.DONE
    crash_point.arm()

    assert all_are_subscribed_once(world)
    world.close()


def test_an_abort_drops_what_was_claimed_and_the_next_run_finds_out_what_was_done() -> None:
    crash_point = CrashPoint()
    world = World(crash_point=crash_point)
    new_people(world)

    def die(request: httpx2.Request) -> None:
        if request.method == "PUT" and len(world.members()) == 2:
            crash_point.at_step = crash_point.steps
            crash_point.step()

    world.to_mailchimp.after = die
    with pytest.raises(KilledError):
        world.sync()
    crash_point.arm()
    world.to_mailchimp.after = lambda _request: None
    world.pass_time(601)

    assert abort_connection(world.systems, world.connection).updates_aborted == PEOPLE
    assert world.sync().outcome is Outcome.DONE

    assert {one["status"] for one in world.members().values()} == {"subscribed"}
    assert world.open_updates() == []
    world.close()
