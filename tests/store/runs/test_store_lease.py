"""One run at a time, even if processes die; and the marks it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from mailchimpsync.errors import BusyError, Code, LeaseLostError, StoreError
from mailchimpsync.model import Stage
from mailchimpsync.store import Store
from mailchimpsync.store.runs import runs
from store.databases import LIST, OTHER_LIST, hour

ONE, OTHER = "this-machine:1", "that-machine:2"
EXPIRED = hour(9) + runs.LEASE_DURATION


@dataclass
class Clock:
    """A clock that stands still."""

    now: datetime


@pytest.fixture
def clock(store: Store, second_store: Store) -> Clock:
    """The clock that both processes go by."""
    made = Clock(hour(9))
    for one in (store, second_store):
        one.go_by(lambda: made.now)
    return made


@pytest.mark.usefixtures("clock")
def test_the_process_that_takes_the_lease_holds_it(store: Store) -> None:
    with store.begin() as tx:
        lease = runs.acquire_lease(tx, LIST, ONE)
        runs.renew_lease(tx, lease)
        stored = runs.stored_status(tx, LIST)

    assert (stored.lease_owner, stored.lease_expires) == (ONE, EXPIRED)


def test_nobody_else_gets_it_before_it_expires(store: Store, second_store: Store, clock: Clock) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE)
    clock.now = EXPIRED - timedelta(seconds=1)

    with pytest.raises(BusyError), second_store.begin() as tx:
        runs.acquire_lease(tx, LIST, OTHER)


def test_another_audience_is_free(store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE)

        assert runs.acquire_lease(tx, OTHER_LIST, OTHER).list_id == OTHER_LIST


def test_an_expired_lease_is_taken_over_and_its_holder_writes_nothing_more(
    store: Store, second_store: Store, clock: Clock
) -> None:
    with store.begin() as tx:
        lost = runs.acquire_lease(tx, LIST, ONE)
    clock.now = EXPIRED
    with second_store.begin() as tx:
        runs.acquire_lease(tx, LIST, OTHER)

    with pytest.raises(LeaseLostError), store.begin() as tx:
        runs.renew_lease(tx, lost)


def test_holding_it_makes_it_last(store: Store, clock: Clock) -> None:
    with store.begin() as tx:
        lease = runs.acquire_lease(tx, LIST, ONE)
        clock.now = EXPIRED - timedelta(seconds=1)
        runs.renew_lease(tx, lease)
        clock.now = EXPIRED

        with pytest.raises(BusyError):
            runs.acquire_lease(tx, LIST, OTHER)


def test_the_lease_of_an_owner_known_to_be_dead_need_not_expire(store: Store) -> None:
    with store.begin() as tx:
        lost = runs.acquire_lease(tx, LIST, ONE)
        taken = runs.acquire_lease(tx, LIST, OTHER, abandoned=ONE)

        assert taken.token > lost.token


def test_that_someone_else_is_dead_frees_nothing(store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE)

        with pytest.raises(BusyError):
            runs.acquire_lease(tx, LIST, OTHER, abandoned="third-machine:3")


def test_a_lease_given_back_is_free(store: Store) -> None:
    with store.begin() as tx:
        runs.release_lease(tx, runs.acquire_lease(tx, LIST, ONE))

        assert runs.acquire_lease(tx, LIST, OTHER).token == 2


def test_a_lost_lease_given_back_takes_nothing_from_its_new_holder(store: Store, clock: Clock) -> None:
    with store.begin() as tx:
        lost = runs.acquire_lease(tx, LIST, ONE)
        clock.now = EXPIRED
        runs.acquire_lease(tx, LIST, OTHER)
        runs.release_lease(tx, lost)

        assert runs.stored_status(tx, LIST).lease_owner == OTHER


@pytest.mark.parametrize("has_run_before", [True, False])
def test_of_two_that_reach_for_it_at_once_one_gets_it(store: Store, second_store: Store, has_run_before: bool) -> None:
    if has_run_before:
        with store.begin() as tx:
            runs.release_lease(tx, runs.acquire_lease(tx, LIST, "first:0"))
    start = Barrier(2)
    outcomes: dict[str, object] = {}

    def reach(which: Store, owner: str) -> None:
        start.wait()
        try:
            with which.begin() as tx:
                outcomes[owner] = runs.acquire_lease(tx, LIST, owner)
        except (BusyError, StoreError) as error:
            outcomes[owner] = error

    threads = [Thread(target=reach, args=args) for args in ((store, ONE), (second_store, OTHER))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.begin() as tx:
        holder = runs.stored_status(tx, LIST).lease_owner

    winners = [owner for owner, outcome in outcomes.items() if isinstance(outcome, runs.Lease)]
    losers = [outcome for outcome in outcomes.values() if isinstance(outcome, BusyError)]
    assert winners == [holder]
    assert len(losers) == 1


def test_a_connection_that_never_ran_is_ready_to_fetch(store: Store) -> None:
    with store.begin() as tx:
        assert runs.stored_status(tx, LIST) == runs.StoredStatus(LIST, Stage.FETCH)
        assert runs.last_run(tx, LIST) is None


def test_a_run_remembers_where_it_is_and_what_it_looks_at(store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE)
        run_id = runs.begin_run(tx, LIST, hour(9), hour(7), {"group_id": 5})
        runs.set_stage(tx, LIST, Stage.RECONCILE)
        runs.set_progress(tx, LIST, {"decided_to": 7})
        stored, begun = runs.stored_status(tx, LIST), runs.run_start(tx, run_id)

    assert (stored.run_id, stored.stage, stored.progress) == (
        run_id,
        Stage.RECONCILE,
        {"decided_to": 7},
    )
    assert begun == runs.RunStart(hour(9), hour(7), {"group_id": 5})


def test_the_next_stage_begins_at_its_beginning(store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE)
        runs.set_progress(tx, LIST, {"decided_to": 7})
        runs.set_stage(tx, LIST, Stage.CREATE_CONTACTS)

        assert runs.stored_status(tx, LIST).progress is None


def test_a_complete_run_moves_the_mark_and_a_dropped_one_leaves_it(store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE)
        first = runs.begin_run(tx, LIST, hour(9), None)
        runs.end_run(tx, LIST, first, hour(10), "done", mark=hour(9), links={"group_id": 5})
        second = runs.begin_run(tx, LIST, hour(11), hour(7))
        runs.end_run(tx, LIST, second, hour(12), "dropped")
        stored, last = runs.stored_status(tx, LIST), runs.last_run(tx, LIST)

    assert (stored.last_sync_time, stored.links) == (hour(9), {"group_id": 5})
    assert (stored.run_id, stored.stage) == (None, Stage.FETCH)
    assert last is not None
    assert (last.id, last.outcome, last.finished_at) == (second, "dropped", hour(12))


def test_a_run_keeps_its_error_until_it_goes_on(store: Store) -> None:
    with store.begin() as tx:
        run_id = runs.begin_run(tx, LIST, hour(9), None)
        runs.record_error(tx, run_id, Code.MC_UNAVAILABLE)
        noted = runs.last_run(tx, LIST)
        runs.record_error(tx, run_id, None)
        cleared = runs.last_run(tx, LIST)

    assert noted is not None
    assert cleared is not None
    assert (noted.error_code, cleared.error_code) == ("MC_UNAVAILABLE", None)


def test_a_log_is_read_in_its_order_and_long_lines_are_cut(store: Store) -> None:
    with store.begin() as tx:
        run_id = runs.begin_run(tx, LIST, hour(9), None)
        for number, message in enumerate(("first", "x" * 2_000)):
            runs.add_log(tx, LIST, run_id, hour(9 + number), message)
        runs.add_log(tx, LIST, run_id + 1, hour(9), "of another run")
        lines = runs.log_lines(tx, LIST, run_id)

    assert lines == [(hour(9), "first"), (hour(10), "x" * runs.MESSAGE_LENGTH_MAX)]


def test_a_lease_goes_by_the_databases_clock_which_is_the_same_for_all(store: Store) -> None:
    with store.begin() as tx:
        lease = runs.acquire_lease(tx, LIST, ONE)
        taken = runs.stored_status(tx, LIST)
        runs.renew_lease(tx, lease)
        held = runs.stored_status(tx, LIST)
        runs.request_abort(tx, LIST)
        asked = runs.stored_status(tx, LIST)

    assert taken.lease_expires is not None
    assert held.lease_expires is not None
    assert held.lease_expires >= taken.lease_expires
    left = taken.lease_expires - datetime.now(UTC)
    assert abs(left - runs.LEASE_DURATION) < timedelta(minutes=5)  # the server's clock, as far as it differs from ours
    assert (taken.is_held, asked.is_asked, held.is_asked) == (True, True, False)


def test_an_expired_lease_is_not_held_and_an_old_request_to_stop_is_none(store: Store, clock: Clock) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE)
        runs.request_abort(tx, LIST)
        clock.now = EXPIRED
        stored = runs.stored_status(tx, LIST)

    assert (stored.is_held, stored.is_asked) == (False, False)
