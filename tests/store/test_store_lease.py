"""One run at a time, whoever dies when; and the marks it leaves."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from mailchimpsync.errors import BusyError, Code, LeaseLostError, StoreError
from mailchimpsync.model import Stage
from mailchimpsync.store import Store, runs
from store.databases import LIST, OTHER_LIST, hour

ONE, OTHER = "this-machine:1", "that-machine:2"
EXPIRED = hour(9) + runs.LEASE_DURATION


def test_who_takes_the_lease_holds_it(store: Store) -> None:
    with store.begin() as tx:
        lease = runs.acquire_lease(tx, LIST, ONE, hour(9))
        runs.hold_lease(tx, lease, hour(9))
        standing = runs.standing(tx, LIST)

    assert (standing.lease_owner, standing.lease_expires) == (ONE, EXPIRED)


def test_nobody_else_gets_it_before_it_expires(store: Store, second_store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE, hour(9))

    with pytest.raises(BusyError), second_store.begin() as tx:
        runs.acquire_lease(tx, LIST, OTHER, EXPIRED - timedelta(seconds=1))


def test_another_audience_is_free(store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE, hour(9))

        assert runs.acquire_lease(tx, OTHER_LIST, OTHER, hour(9)).list_id == OTHER_LIST


def test_an_expired_lease_is_taken_over_and_its_holder_writes_nothing_more(store: Store, second_store: Store) -> None:
    with store.begin() as tx:
        lost = runs.acquire_lease(tx, LIST, ONE, hour(9))
    with second_store.begin() as tx:
        runs.acquire_lease(tx, LIST, OTHER, EXPIRED)

    with pytest.raises(LeaseLostError), store.begin() as tx:
        runs.hold_lease(tx, lost, EXPIRED)


def test_holding_it_makes_it_last(store: Store) -> None:
    with store.begin() as tx:
        lease = runs.acquire_lease(tx, LIST, ONE, hour(9))
        runs.hold_lease(tx, lease, EXPIRED - timedelta(seconds=1))

        with pytest.raises(BusyError):
            runs.acquire_lease(tx, LIST, OTHER, EXPIRED)


def test_the_lease_of_an_owner_known_to_be_dead_need_not_expire(store: Store) -> None:
    with store.begin() as tx:
        lost = runs.acquire_lease(tx, LIST, ONE, hour(9))
        taken = runs.acquire_lease(tx, LIST, OTHER, hour(9), abandoned=ONE)

        assert taken.token > lost.token


def test_that_somebody_else_is_dead_frees_nothing(store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE, hour(9))

        with pytest.raises(BusyError):
            runs.acquire_lease(tx, LIST, OTHER, hour(9), abandoned="third-machine:3")


def test_a_lease_given_back_is_free(store: Store) -> None:
    with store.begin() as tx:
        runs.release_lease(tx, runs.acquire_lease(tx, LIST, ONE, hour(9)))

        assert runs.acquire_lease(tx, LIST, OTHER, hour(9)).token == 2


def test_a_lost_lease_given_back_takes_nothing_from_its_new_holder(store: Store) -> None:
    with store.begin() as tx:
        lost = runs.acquire_lease(tx, LIST, ONE, hour(9))
        runs.acquire_lease(tx, LIST, OTHER, EXPIRED)
        runs.release_lease(tx, lost)

        assert runs.standing(tx, LIST).lease_owner == OTHER


@pytest.mark.parametrize("has_run_before", [True, False])
def test_of_two_that_reach_for_it_at_once_one_gets_it(store: Store, second_store: Store, has_run_before: bool) -> None:
    if has_run_before:
        with store.begin() as tx:
            runs.release_lease(tx, runs.acquire_lease(tx, LIST, "first:0", hour(8)))
    start = Barrier(2)
    outcomes: dict[str, object] = {}

    def reach(which: Store, owner: str) -> None:
        start.wait()
        try:
            with which.begin() as tx:
                outcomes[owner] = runs.acquire_lease(tx, LIST, owner, hour(9))
        except (BusyError, StoreError) as error:
            outcomes[owner] = error

    threads = [Thread(target=reach, args=args) for args in ((store, ONE), (second_store, OTHER))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.begin() as tx:
        holder = runs.standing(tx, LIST).lease_owner

    winners = [owner for owner, outcome in outcomes.items() if isinstance(outcome, runs.Lease)]
    losers = [outcome for outcome in outcomes.values() if isinstance(outcome, BusyError)]
    assert winners == [holder]
    assert len(losers) == 1


def test_a_connection_that_never_ran_is_ready_to_fetch(store: Store) -> None:
    with store.begin() as tx:
        assert runs.standing(tx, LIST) == runs.Standing(LIST, Stage.FETCH)
        assert runs.last_run(tx, LIST) is None


def test_a_run_remembers_where_it_is_and_what_it_looks_at(store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE, hour(9))
        run_id = runs.begin_run(tx, LIST, hour(9), hour(7), {"group_id": 5})
        runs.set_stage(tx, LIST, Stage.RECONCILE)
        runs.set_progress(tx, LIST, {"decided_to": 7})
        standing, begun = runs.standing(tx, LIST), runs.begun(tx, run_id)

    assert (standing.run_id, standing.stage, standing.progress) == (run_id, Stage.RECONCILE, {"decided_to": 7})
    assert begun == runs.Begun(hour(9), hour(7), {"group_id": 5})


def test_the_next_stage_begins_at_its_beginning(store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE, hour(9))
        runs.set_progress(tx, LIST, {"decided_to": 7})
        runs.set_stage(tx, LIST, Stage.CREATE_CONTACTS)

        assert runs.standing(tx, LIST).progress is None


def test_a_complete_run_moves_the_mark_and_a_dropped_one_leaves_it(store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, ONE, hour(9))
        first = runs.begin_run(tx, LIST, hour(9), None)
        runs.end_run(tx, LIST, first, hour(10), "done", mark=hour(9), links={"group_id": 5})
        second = runs.begin_run(tx, LIST, hour(11), hour(7))
        runs.end_run(tx, LIST, second, hour(12), "dropped")
        standing, last = runs.standing(tx, LIST), runs.last_run(tx, LIST)

    assert (standing.last_sync_time, standing.links) == (hour(9), {"group_id": 5})
    assert (standing.run_id, standing.stage) == (None, Stage.FETCH)
    assert last is not None
    assert (last["id"], last["outcome"], last["finished_at"]) == (second, "dropped", hour(12))


def test_a_run_keeps_its_error_until_it_goes_on(store: Store) -> None:
    with store.begin() as tx:
        run_id = runs.begin_run(tx, LIST, hour(9), None)
        runs.note_error(tx, run_id, Code.MC_UNAVAILABLE)
        noted = runs.last_run(tx, LIST)
        runs.note_error(tx, run_id, None)
        cleared = runs.last_run(tx, LIST)

    assert noted is not None
    assert cleared is not None
    assert (noted["error_code"], cleared["error_code"]) == ("MC_UNAVAILABLE", None)


def test_a_log_is_read_in_its_order_and_long_lines_are_cut(store: Store) -> None:
    with store.begin() as tx:
        run_id = runs.begin_run(tx, LIST, hour(9), None)
        for number, message in enumerate(("first", "x" * 2_000)):
            runs.add_log(tx, LIST, run_id, hour(9 + number), message)
        runs.add_log(tx, LIST, run_id + 1, hour(9), "of another run")
        lines = runs.log_lines(tx, LIST, run_id)

    assert lines == [(hour(9), "first"), (hour(10), "x" * runs.MESSAGE_LENGTH_MAX)]
