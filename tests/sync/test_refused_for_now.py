"""Changes that Mailchimp refuses for a cause that may pass: tried again, ever more rarely, and never for good."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from mailchimpsync.errors import AccessError
from mailchimpsync.store.runs import attempts, runs
from mailchimpsync.sync import Outcome
from mailchimpsync.sync.updates import batches
from support.world import LIST, NEWS, WALKS, World

pytestmark = pytest.mark.batches

HALF_AN_HOUR = timedelta(minutes=30)


def refuse(world: World, status: int = 500, **which: object) -> None:
    world.mailchimp.set_options(refused_operations=[{"status": status, **which}])


def synced(world: World, *addresses: str) -> list[int]:
    """People who are in the group and subscribed, and in sync."""
    for address in addresses:
        world.member(address)
    people = [world.contact(address, {NEWS: 20}) for address in addresses]
    world.sync()
    world.pass_time(3_600)
    return people


def pauses(world: World, contact: int, refusals: int) -> list[timedelta | None]:
    """Sync until a change was refused so often; after each, how long it waits until it is tried again."""
    found: list[timedelta | None] = []
    while len(found) < refusals:
        world.sync()
        refusal = world.row(contact=contact)["refusal"]
        again = datetime.fromisoformat(refusal["again"]) if "again" in refusal else None
        found.append(again - datetime.fromisoformat(refusal["at"]) if again else None)
        world.pass_time(60 if again is None else (again - world.now).total_seconds() + 1)
    return found


def test_someone_to_be_subscribed_is_tried_ever_more_rarely_and_at_least_once_a_day(world: World) -> None:
    contact = world.contact("new@example.org", {NEWS: 1})
    refuse(world)

    found = pauses(world, contact, 11)

    assert found[:2] == [None, None]
    assert found[2:5] == [HALF_AN_HOUR, 2 * HALF_AN_HOUR, 4 * HALF_AN_HOUR]
    assert found[-1] == timedelta(days=1)
    refuse(world, times=0)
    world.sync()
    assert world.status("new@example.org") == "subscribed"


def test_someone_who_left_never_waits_longer_than_half_an_hour(world: World) -> None:
    [contact] = synced(world, "gone@example.org")
    world.put(contact, "Removed")
    refuse(world)

    assert pauses(world, contact, 7)[2:] == [HALF_AN_HOUR] * 5


def test_while_it_waits_nothing_is_sent_and_another_decision_is_sent_at_once(world: World) -> None:
    [contact] = synced(world, "gone@example.org")
    world.put(contact, "Removed")
    refuse(world, times=3)
    pauses(world, contact, 2)
    world.sync()
    world.forget_requests()
    result = world.sync()

    assert (result.outcome, result.due.put_off) == (Outcome.INCOMPLETE, 1)
    assert world.writes() == []
    assert world.sync_result(contact=contact) == ("fail", "MC_UNAVAILABLE")
    world.pass_time(60)
    world.put(contact, "Added")
    world.sync()
    assert world.sync_result(contact=contact)[0] == "ok"
    assert world.status("gone@example.org") == "subscribed"


def test_a_person_to_be_unsubscribed_is_first_in_line(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    *walkers, leaver = synced(world, *(f"p{number}@example.org" for number in range(5)))
    for one in walkers:
        world.put(one, "Added", WALKS)
    world.put(leaver, "Removed")
    monkeypatch.setattr(batches, "OPERATIONS_MAX", 2)
    sent: list[bytes] = []
    world.to_mailchimp.before = lambda request: sent.append(request.content) if request.method == "POST" else None
    world.sync()

    assert json.loads(json.loads(sent[0])["operations"][0]["body"])["status"] == "unsubscribed"


def test_one_refused_person_alone_stops_nobody_and_three_batches_of_nothing_else_do(world: World) -> None:
    [contact] = synced(world, "gone@example.org")
    world.put(contact, "Removed")
    refuse(world, 403)

    outcomes = [world.sync().outcome for _ in range(2)]
    with pytest.raises(AccessError):
        world.sync()

    assert outcomes == [Outcome.INCOMPLETE, Outcome.INCOMPLETE]


def test_a_busy_connection_is_no_failed_attempt(world: World) -> None:
    with world.store.begin() as tx:
        attempts.record_failure(tx, LIST, world.now, "X")
    world.sync()
    with world.store.begin() as tx:
        assert runs.stored_status(tx, LIST).failing_times is None
        attempts.record_failure(tx, LIST, world.now, "MC_AUTH")
        attempts.record_failure(tx, LIST, world.now, "MC_AUTH")
        times = attempts.record_failure(tx, LIST, world.now, "MC_UNAVAILABLE")[0]

    assert times == 1
