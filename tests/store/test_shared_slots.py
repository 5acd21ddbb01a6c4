"""All clients of an account together make at most ten requests at once, whichever process they are in."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from mailchimpsync.runtime import Runtime
from mailchimpsync.store import Store
from mailchimpsync.store.schema import connection_slot
from mailchimpsync.store.site import connection_slots
from mailchimpsync.sync.lease.owner import process_name
from mailchimpsync.sync.lease.slots import SharedSlots

ACCOUNT = "a" * 64
MINUTE = timedelta(minutes=1)


class Clock:
    """Time that passes only when told so, for the database and its clients."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def passes(self, time: timedelta) -> None:
        self.time += time


@pytest.fixture
def clock(store: Store, second_store: Store) -> Clock:
    made = Clock()
    store.go_by(made)
    second_store.go_by(made)
    return made


def client(store: Store, clock: Clock, *, for_person: bool = False, account: str = ACCOUNT) -> SharedSlots:
    slots = SharedSlots(store, account, Runtime(now=clock))
    slots.for_person = for_person
    return slots


def take(slots: SharedSlots, number: int = 10) -> int:
    """Take so many slots, as many as there are."""
    return sum(slots.acquire(0.0) for _ in range(number))


def take_together(slots: SharedSlots) -> int:
    """Take eight at the same time, as many as there are within a moment."""
    with ThreadPoolExecutor(8) as threads:
        return sum(threads.map(lambda _: slots.acquire(0.3), range(8)))


def test_work_has_eight_and_people_never_wait_behind_it(store: Store, second_store: Store, clock: Clock) -> None:
    first_sync, other_sync = client(store, clock), client(second_store, clock)
    ada, otto = (client(second_store, clock, for_person=True) for _ in range(2))
    elsewhere = client(store, clock, account="b" * 64)

    assert take(first_sync) == 8
    assert take(other_sync) == 0
    assert (take(ada, 1), take(otto, 1)) == (1, 1)
    assert take(client(store, clock, for_person=True)) == 0
    assert take(elsewhere, 1) == 1


def test_who_comes_later_gets_a_fair_share_as_soon_as_requests_end(
    store: Store, second_store: Store, clock: Clock
) -> None:
    first, second = client(store, clock), client(second_store, clock)
    assert (take_together(first), take_together(second)) == (8, 0)
    clock.passes(timedelta(seconds=6))
    first.keep()

    for _ in range(8):
        first.release()
    clock.passes(timedelta(seconds=2))

    assert (take_together(second), take_together(first)) == (4, 4)


def test_a_single_slot_goes_round_so_that_nobody_waits_for_ever(store: Store, clock: Clock) -> None:
    clients = [client(store, clock) for _ in range(9)]
    taken = [take(one, 1) for one in clients]
    clock.passes(timedelta(seconds=6))
    for one in clients[:8]:
        one.keep()
        one.release()
    clock.passes(timedelta(seconds=2))

    assert taken == [1] * 8 + [0]
    assert take(clients[8], 1) == 1


def test_slots_that_are_not_used_are_left_to_others_at_the_end_of_work(
    store: Store, second_store: Store, clock: Clock
) -> None:
    first, second = client(store, clock), client(second_store, clock)
    take(first, 8)
    for _ in range(7):
        first.release()
    first.rest()

    assert take(second) == 7
    first.release()
    first.close()
    clock.passes(timedelta(seconds=2))
    assert take(second, 1) == 1


def test_a_process_that_was_killed_here_loses_its_slots_after_ten_seconds(
    store: Store, second_store: Store, clock: Clock
) -> None:
    killed, other = client(store, clock), client(second_store, clock)
    take(killed)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with store.begin() as tx:
        tx.execute(update(connection_slot).values(owner=process_name(ended.pid)))

    assert take(other, 8) == 0
    clock.passes(connection_slots.AFTER_A_KILL)
    assert take(other, 8) == 8


def test_a_process_that_was_killed_elsewhere_loses_its_slots_after_five_minutes(
    store: Store, second_store: Store, clock: Clock
) -> None:
    killed, other = client(store, clock), client(second_store, clock)
    take(killed)
    with store.begin() as tx:
        tx.execute(update(connection_slot).values(owner="elsewhere/1:1"))

    clock.passes(4 * MINUTE)
    assert take(other, 8) == 0
    clock.passes(MINUTE)
    assert take(other, 8) == 8


def test_long_requests_keep_their_slots(store: Store, second_store: Store, clock: Clock) -> None:
    first, other = client(store, clock), client(second_store, clock)
    take(first)
    for _ in range(10):
        clock.passes(MINUTE)
        first.keep()

    assert take(other, 1) == 0


def test_the_usual_request_costs_no_statement(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    slots, settled = client(store, clock), 0
    begin = store.begin

    def counted() -> object:
        nonlocal settled
        settled += 1
        return begin()

    monkeypatch.setattr(store, "begin", counted)
    for _ in range(100):
        slots.acquire(0.0)
        slots.release()

    assert settled == 1


def test_slots_of_a_key_that_was_replaced_are_forgotten(store: Store, clock: Clock) -> None:
    take(client(store, clock), 1)
    clock.passes(31 * 24 * 60 * MINUTE)
    take(client(store, clock, account="b" * 64), 1)

    with store.begin() as tx:
        assert set(tx.execute(select(connection_slot.c.account)).scalars()) == {"b" * 64}
