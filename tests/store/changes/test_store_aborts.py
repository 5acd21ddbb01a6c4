"""Aborts: updates are dropped batch by batch, and the holder of the lease is asked to stop."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select

from mailchimpsync.store import Store
from mailchimpsync.store.changes import batches, updates
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import cache, update
from store.databases import LIST, OTHER_LIST, RUN, add_row, hour


def queue(tx: Connection, list_id: str = LIST) -> tuple[int, int]:
    """Queue an update for a new row, and return both ids."""
    row_id = add_row(tx, sync_status="live", recheck=True, mailchimp_list_id=list_id)
    common = {"data": {}, "attempt": {}, "agreed": {}, "created_date": hour(9), "run_id": RUN}
    updates.add_updates(tx, [{"mailchimpsync_cache_id": row_id, "open_row": row_id, **common}])
    return row_id, int(tx.execute(select(update.c.id).where(update.c.open_row == row_id)).scalar_one())


def row_states(tx: Connection) -> dict[int, Any]:
    found = tx.execute(select(cache.c.id, cache.c.sync_status, cache.c.reason, cache.c.recheck))
    return {row.id: (row.sync_status, row.reason, row.recheck) for row in found}


@pytest.mark.parametrize("in_batch", [True, False])
def test_the_updates_of_a_batch_or_those_in_none_are_dropped_and_no_others(store: Store, in_batch: bool) -> None:
    with store.begin() as tx:
        (sent, sent_update), (waiting, _), (elsewhere, _) = queue(tx), queue(tx), queue(tx, OTHER_LIST)
        batch_id = batches.open_batch(tx, LIST, [sent_update], hour(10), "mark")

        number = updates.abort_updates(tx, LIST, batch_id if in_batch else None, 10)

        dropped, kept = (sent, waiting) if in_batch else (waiting, sent)
        assert number == 1
        assert row_states(tx)[dropped] == ("fail", "ABORTED", False)
        assert {row_states(tx)[one][0] for one in (kept, elsewhere)} == {"live"}
        [closed] = tx.execute(select(update).where(update.c.completed == 1)).all()
        assert (closed.mailchimpsync_cache_id, closed.open_row) == (dropped, None)
        assert "ABORTED" in closed.error_response


def test_many_updates_are_dropped_some_at_a_time(store: Store) -> None:
    with store.begin() as tx:
        for _ in range(3):
            queue(tx)

        assert [updates.abort_updates(tx, LIST, None, 2) for _ in range(3)] == [2, 1, 0]


def test_audiences_with_unread_batches_are_told(store: Store) -> None:
    with store.begin() as tx:
        batch_id = batches.open_batch(tx, LIST, [queue(tx)[1]], hour(10), "mark")
        assert batches.lists_with_open_batches(tx) == {LIST}
        batches.set_batch(tx, batch_id, response_processed=batches.HANDLED)

        assert batches.lists_with_open_batches(tx) == set()
        found = batches.batch_row(tx, batch_id)
        assert found is not None
        assert found.response_processed == batches.HANDLED
        assert batches.batch_row(tx, batch_id + 1) is None


def test_a_request_to_stop_is_seen_by_other_processes_until_it_is_cleared(store: Store, second_store: Store) -> None:
    with store.begin() as tx:
        runs.request_abort(tx, LIST)
    with second_store.begin() as tx:
        assert runs.stored_status(tx, LIST).is_asked
        runs.clear_abort(tx, LIST)
    with store.begin() as tx:
        assert not runs.stored_status(tx, LIST).is_asked


def test_due_rows_whose_update_was_aborted_after_it_was_sent_are_told_with_it(store: Store) -> None:
    with store.begin() as tx:
        (sent, first), (_, never_sent) = queue(tx), queue(tx)
        batch_id = batches.open_batch(tx, LIST, [first], hour(10), "mark")
        for one in (batch_id, None):
            updates.abort_updates(tx, LIST, one, 10)
        assert updates.unanswered_updates(tx, LIST, 0, 10) == []
        tx.execute(cache.update().values(sync_status="todo"))

        [found] = updates.unanswered_updates(tx, LIST, 0, 10)
        assert (found.id, found.created_date, never_sent > first) == (sent, hour(9), True)
        assert updates.unanswered_updates(tx, LIST, sent, 10) == []
