"""Updates and batches: one open update for a row, and none lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select

from mailchimpsync.errors import StoreError
from mailchimpsync.store import Store
from mailchimpsync.store.changes import batches, on_the_way, updates
from mailchimpsync.store.schema import batch, cache, update
from store.databases import LIST, OTHER_LIST, RUN, add_row, hour


def an_update(cache_id: int, **columns: Any) -> dict[str, Any]:
    body = {"email_address": "ann@example.org", "status": "subscribed"}
    return {
        "mailchimpsync_cache_id": cache_id,
        "data": body,
        "attempt": {"decided": body, "tries": []},
        "agreed": {"subscribed": True, "interests": None},
        "created_date": hour(9),
        "open_row": cache_id,
        "run_id": RUN,
        **columns,
    }


def queue(tx: Connection, number: int = 1, list_id: str = LIST) -> list[int]:
    """Queue an update for each of some rows, and return the updates' ids."""
    rows = [add_row(tx, sync_status="live", mailchimp_list_id=list_id) for _ in range(number)]
    updates.add_updates(tx, [an_update(key) for key in rows])
    return list(tx.execute(select(update.c.id).where(update.c.open_row.in_(rows)).order_by(update.c.id)).scalars())


def test_a_row_has_one_open_update_at_most(store: Store) -> None:
    with store.begin() as tx:
        ann = add_row(tx)
        updates.add_updates(tx, [an_update(ann)])

    with pytest.raises(StoreError), store.begin() as tx:
        updates.add_updates(tx, [an_update(ann)])


def test_once_it_is_closed_the_next_one_may_come(store: Store) -> None:
    with store.begin() as tx:
        (first,) = queue(tx)
        row_id = tx.execute(select(update.c.open_row)).scalar_one()
        updates.complete_updates(tx, [(first, None)])
        updates.add_updates(tx, [an_update(row_id)])

        assert updates.count_open_updates(tx, LIST) == (1, 1)


def test_unsent_updates_come_in_their_order_and_with_their_members_id(store: Store) -> None:
    with store.begin() as tx:
        keys = queue(tx, 3)
        queue(tx, 1, OTHER_LIST)
        tx.execute(cache.update().values(mailchimp_member_id="ann"))
        found = updates.unsent_updates(tx, LIST, 2)

    assert [one.id for one in found] == keys[:2]
    assert found[0].data == {"email_address": "ann@example.org", "status": "subscribed"}
    assert (found[0].attempt["tries"], found[0].mailchimp_member_id) == ([], "ann")


def test_what_is_in_a_batch_is_not_sent_again(store: Store) -> None:
    with store.begin() as tx:
        first, second = queue(tx, 2)
        batch_id = batches.open_batch(tx, LIST, [first], hour(10), "mark")

        assert [one.id for one in updates.unsent_updates(tx, LIST, 9)] == [second]
        assert updates.open_updates_of(tx, [batch_id]) == [first]
        assert updates.count_open_updates(tx, LIST) == (2, 1)


def test_updates_on_their_way_are_counted_by_lane_and_waiting_ones_by_what_they_are(store: Store) -> None:
    new = {"email_address": "ann@example.org", "status_if_new": "subscribed"}
    with store.begin() as tx:
        keys = queue(tx, 3)
        batches.open_batch(tx, LIST, keys[:2], hour(10), lane="bulk", lane_reason="few", finished_operations=1)
        queue(tx, 1, OTHER_LIST)
        rows = [add_row(tx, sync_status="live") for _ in range(2)]
        updates.add_updates(tx, [an_update(rows[0], data=new), an_update(rows[1], data={"status": "unsubscribed"})])

        assert on_the_way.claimed_updates(tx, LIST) == [("bulk", "few", 2, 1)]
        assert on_the_way.unsent_numbers(tx, LIST) == (1, 1, 1)


def test_a_batch_that_never_left_gives_its_updates_back(store: Store) -> None:
    with store.begin() as tx:
        keys = queue(tx, 2)
        batch_id = batches.open_batch(tx, LIST, keys, hour(10), "mark")

        assert batches.requeue_batch(tx, batch_id) == 2
        batches.delete_batch(tx, batch_id)
        assert [one.id for one in updates.unsent_updates(tx, LIST, 9)] == keys
        assert tx.execute(select(batch)).all() == []


def test_what_was_answered_is_not_given_back(store: Store) -> None:
    with store.begin() as tx:
        answered, unanswered = queue(tx, 2)
        batch_id = batches.open_batch(tx, LIST, [answered, unanswered], hour(10), "mark")
        updates.complete_updates(tx, [(answered, None)])

        assert batches.requeue_batch(tx, batch_id) == 1
        assert updates.open_updates_of(tx, [batch_id]) == []


def test_batches_are_unhandled_until_their_results_are_read(store: Store) -> None:
    with store.begin() as tx:
        first = batches.open_batch(tx, LIST, queue(tx, 2), hour(10), "mark")
        second = batches.open_batch(tx, LIST, queue(tx), hour(11), "mark")
        batches.open_batch(tx, OTHER_LIST, [], hour(11), "mark")
        batches.set_batch(tx, first, mailchimp_batch_id="b1", status="finished", response_processed=batches.HANDLED)
        left = batches.unhandled_batches(tx, LIST)

        assert [one.id for one in left] == [second]
        assert (left[0].created_date, left[0].total_operations) == (hour(11), 1)
        assert batches.own_batch_ids(tx) == {"b1"}


def test_results_find_their_rows_and_only_open_updates_of_their_batch(store: Store) -> None:
    with store.begin() as tx:
        mine, answered, elsewhere = queue(tx, 3)
        batch_id = batches.open_batch(tx, LIST, [mine, answered], hour(10), "mark")
        batches.open_batch(tx, LIST, [elsewhere], hour(10), "mark")
        updates.complete_updates(tx, [(answered, None)])
        found = updates.updates_with_rows(tx, [batch_id])

    assert set(found) == {mine}
    assert found[mine].update_run_id == RUN
    assert found[mine].agreed == {"subscribed": True, "interests": None}
    assert found[mine].recheck is False


def test_a_closed_update_keeps_its_error(store: Store) -> None:
    with store.begin() as tx:
        first, second = queue(tx, 2)
        updates.complete_updates(tx, [(first, '{"code":"MC_FIELD"}'), (second, None)])
        columns = (update.c.completed, update.c.error_response, update.c.open_row)
        found = tx.execute(select(*columns).order_by(update.c.id)).all()

    assert [tuple(one) for one in found] == [(1, '{"code":"MC_FIELD"}', None), (1, None, None)]


def test_the_updates_of_a_row_go_with_it(store: Store) -> None:
    with store.begin() as tx:
        queue(tx)
        tx.execute(cache.delete())

        assert tx.execute(select(update)).all() == []
