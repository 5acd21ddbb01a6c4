"""Who is still due, how attempts ended and which services are alive: the same on every database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from mailchimpsync.model import Stage
from mailchimpsync.store import Store
from mailchimpsync.store.queries.due import NEXT_RUN, batches_refused_with_same_code, count_due
from mailchimpsync.store.runs import attempts, runs, services
from mailchimpsync.store.schema import batch, run, status
from store.databases import LIST, OTHER_LIST, add_row, hour


def refusal(code: str, status: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "update": {"email_address": "a@example.org", "status": status}, "at": "", "times": 1, **more}


def begin(tx: Connection) -> None:
    tx.execute(insert(status).values(list_id=LIST, stage=Stage.FETCH.value))


def test_people_are_due_by_what_keeps_them_and_failures_of_their_own_are_not(store: Store) -> None:
    gone, new = refusal("MC_FORBIDDEN", "unsubscribed"), refusal("MC_THROTTLED", "subscribed")
    listed = {"sync_status": "fail", "reason": "MC_FORBIDDEN", "mailchimp_status": "subscribed"}
    with store.begin() as tx:
        add_row(tx, sync_status="todo")
        add_row(tx, sync_status="todo", reason="MC_THROTTLED", refusal=new)
        add_row(tx, **listed, refusal={**gone, "times": 3, "again": "2026-11-20T12:00:00+00:00"})
        add_row(tx, sync_status="fail", reason="ABORTED")
        add_row(tx, sync_status="fail", reason="CV_NO_ADDRESS")
        add_row(tx, sync_status="live", mailchimp_status="subscribed", refusal=gone)
        add_row(tx, sync_status="ok")
        add_row(tx, sync_status="todo", mailchimp_list_id=OTHER_LIST)
        found = count_due(tx, LIST)

    assert dict(found.by_cause) == {NEXT_RUN: 1, "MC_THROTTLED": 1, "MC_FORBIDDEN": 1, "ABORTED": 1}
    assert (found.number, found.put_off, found.leaving) == (4, 1, 2)


def test_calls_that_end_with_the_same_error_are_counted_until_another_one_or_the_end_of_a_run(store: Store) -> None:
    with store.begin() as tx:
        begin(tx)
        first = [attempts.record_failure(tx, LIST, hour(at), "MC_AUTH") for at in (1, 2, 3)]
        attempts.record_success(tx, LIST, hour(4), "out of time", ends_failing=False)
        after_a_pause = attempts.record_failure(tx, LIST, hour(5), "MC_AUTH")
        other = attempts.record_failure(tx, LIST, hour(6), "CV_AUTH")
        attempts.record_success(tx, LIST, hour(7), "done", ends_failing=True)
        found = runs.stored_status(tx, LIST)

    assert first == [(times, hour(1)) for times in (1, 2, 3)]
    assert (after_a_pause, other) == ((4, hour(1)), (1, hour(6)))
    assert (found.attempt_outcome, found.failing_code, found.failing_times) == ("done", None, None)


def test_calls_that_failed_before_they_began_share_a_row_that_is_no_run(store: Store) -> None:
    with store.begin() as tx:
        begin(tx)
        for at in (1, 2, 3):
            attempts.add_failed_run(tx, LIST, hour(at), hour(at), "MC_AUTH", "ann")
        attempts.add_failed_run(tx, LIST, hour(4), hour(4), "CV_AUTH", None)
        rows = tx.execute(select(run.c.error_code, run.c.started_at, run.c.finished_at, run.c.counts)).all()
        newest, first = runs.last_run(tx, LIST), runs.first_run(tx, LIST)

    assert rows == [
        ("MC_AUTH", hour(1), hour(3), {"attempts": 3, "attempted_at": hour(3).isoformat()}),
        ("CV_AUTH", hour(4), hour(4), {"attempts": 1, "attempted_at": hour(4).isoformat()}),
    ]
    assert (newest, first) == (None, None)


def test_batches_count_as_refused_alike_from_the_newest_on(store: Store) -> None:
    values = {"mailchimp_list_id": LIST, "created_date": hour(1), "response_processed": 2, "total_operations": 4}
    with store.begin() as tx:
        assert batches_refused_with_same_code(tx, LIST) == (None, 0, 0)
        for code in (None, "MC_AUTH", "MC_AUTH"):
            tx.execute(insert(batch).values(**values, refused_code=code))
        found = batches_refused_with_same_code(tx, LIST)

    assert found == ("MC_AUTH", 2, 4)


def test_a_service_is_alive_for_some_minutes_after_its_last_word(store: Store) -> None:
    with store.begin() as tx:
        assert not services.any_alive(tx, hour(1))
        services.record_heartbeat(tx, "one", hour(1))
        services.record_heartbeat(tx, "one", hour(1) + timedelta(minutes=1))
        assert services.any_alive(tx, hour(1) + timedelta(minutes=3))
        assert not services.any_alive(tx, hour(1) + timedelta(minutes=5))
        services.record_heartbeat(tx, "one", hour(2))
        services.remove_service(tx, "one")
        assert not services.any_alive(tx, hour(2))
