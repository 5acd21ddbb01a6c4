"""The queue of events: nothing twice, each person's in order, one put off keeps back only their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import Connection, select

from mailchimpsync.addresses import member_id_of
from mailchimpsync.errors import Code
from mailchimpsync.store import Store
from mailchimpsync.store.schema import event
from mailchimpsync.store.site import webhook_events
from store.databases import LIST, OTHER_LIST, hour

NINE = hour(9)
ANN, BOB, BOB_LATER = (member_id_of(f"{name}@example.org") for name in ("ann", "bob", "bob.later"))


def add(tx: Connection, what: str, person: str | None = ANN, *, list_id: str = LIST, **details: Any) -> bool:
    fingerprint = sha256(what.encode()).hexdigest()
    values: dict[str, Any] = {"kind": "profile", "data": {"email": what}, "now": hour(8), **details}
    return webhook_events.add_event(tx, list_id=list_id, fingerprint=fingerprint, member_key=person, **values)


def due(tx: Connection, now: datetime = NINE, list_id: str = LIST) -> list[int]:
    return [one.id for one in webhook_events.due_events(tx, list_id, now, 100)]


def ids(tx: Connection) -> list[int]:
    return list(tx.execute(select(event.c.id).order_by(event.c.id)).scalars())


def test_the_same_call_twice_is_one_event_and_the_transaction_goes_on(store: Store) -> None:
    with store.begin() as tx:
        assert add(tx, "one") is True
        assert add(tx, "one") is False
        assert add(tx, "two") is True
    with store.begin() as tx:
        assert len(ids(tx)) == 2


def test_events_are_due_in_the_order_in_which_they_came(store: Store) -> None:
    with store.begin() as tx:
        for what in ("c", "a", "b"):
            add(tx, what)
        assert due(tx) == ids(tx)
        assert [one.data for one in webhook_events.due_events(tx, LIST, hour(9), 2)] == [
            {"email": "c"},
            {"email": "a"},
        ]


def test_one_that_is_put_off_keeps_back_the_persons_later_ones_only(store: Store) -> None:
    with store.begin() as tx:
        add(tx, "ann's first", ANN)
        add(tx, "bob's", BOB)
        add(tx, "ann's second", ANN)
        first, bobs, second = ids(tx)
        webhook_events.postpone_events(tx, [first], hour(10), Code.CV_UNAVAILABLE, "CiviCRM is away")
        assert due(tx) == [bobs]
        assert due(tx, hour(11)) == [first, bobs, second]


def test_a_change_of_address_belongs_to_both_addresses(store: Store) -> None:
    with store.begin() as tx:
        add(tx, "bob moves", BOB, other_key=BOB_LATER)
        add(tx, "bob at the new address", BOB_LATER)
        add(tx, "ann's", ANN)
        moves, later, anns = ids(tx)
        webhook_events.postpone_events(tx, [moves], hour(10), Code.CV_UNAVAILABLE)
        assert due(tx) == [anns]
        webhook_events.finish_events(tx, [moves], hour(9), webhook_events.DONE, Code.EVENT_HANDLED)
        assert due(tx) == [later, anns]


def test_batches_wait_for_nobody(store: Store) -> None:
    with store.begin() as tx:
        add(tx, "ann's", ANN)
        add(tx, "a batch", None, kind="batch")
        anns, batch = ids(tx)
        webhook_events.postpone_events(tx, [anns], hour(10), Code.CV_UNAVAILABLE)
        assert due(tx) == [batch]


def test_audiences_have_queues_of_their_own_the_longest_waiting_first(store: Store) -> None:
    with store.begin() as tx:
        add(tx, "there", list_id=OTHER_LIST)
        add(tx, "here")
        assert webhook_events.audiences_with_events(tx, hour(9)) == [OTHER_LIST, LIST]
        assert len(due(tx)) == len(due(tx, list_id=OTHER_LIST)) == 1
        assert webhook_events.audiences_with_events(tx, hour(7)) == []


def test_what_is_finished_says_what_came_of_it_and_forgets_what_it_said(store: Store) -> None:
    with store.begin() as tx:
        add(tx, "ann@example.org")
        webhook_events.finish_events(
            tx, ids(tx), hour(9), webhook_events.IGNORED, Code.EVENT_OVERTAKEN, "x" * 900, run_id=7
        )
        [one] = tx.execute(select(event)).mappings().all()
        assert due(tx) == []

    assert (one["state"], one["outcome"], one["run_id"], one["data"]) == ("ignored", "EVENT_OVERTAKEN", 7, None)
    assert len(one["note"]) == webhook_events.NOTE_LENGTH_MAX
    assert one["finished_at"] == hour(9)


@pytest.mark.parametrize(("counts", "attempts"), [(True, 1), (False, 0)])
def test_only_a_failure_counts_as_an_attempt(store: Store, counts: bool, attempts: int) -> None:
    with store.begin() as tx:
        add(tx, "one")
        webhook_events.postpone_events(tx, ids(tx), hour(10), Code.BUSY, counts=counts)
        assert webhook_events.due_events(tx, LIST, hour(11), 1)[0].attempts == attempts


def test_the_queue_tells_its_length_and_age(store: Store) -> None:
    with store.begin() as tx:
        assert webhook_events.queue(tx) == webhook_events.Queue(0)
        add(tx, "one", now=hour(7))
        add(tx, "two", now=hour(8))
        add(tx, "three", list_id=OTHER_LIST, now=hour(6))
        assert webhook_events.queue(tx) == webhook_events.Queue(3, hour(6), hour(8))
        assert webhook_events.queue(tx, LIST) == webhook_events.Queue(2, hour(7), hour(8))


def test_the_newest_events_can_be_looked_at_without_what_they_said(store: Store) -> None:
    with store.begin() as tx:
        for what in ("one", "two", "three"):
            add(tx, what)
        newest = webhook_events.recent_events(tx, 2, LIST)

        assert [one.id for one in newest] == ids(tx)[:0:-1]
        assert not {"data", "fingerprint"} & set(newest[0])


def test_finished_events_are_forgotten_after_a_while_waiting_ones_never(store: Store) -> None:
    with store.begin() as tx:
        for what in ("old", "new", "waiting"):
            add(tx, what)
        old, new, waiting = ids(tx)
        webhook_events.finish_events(tx, [old], hour(9), webhook_events.DONE, Code.EVENT_HANDLED)
        webhook_events.finish_events(tx, [new], hour(11), webhook_events.DONE, Code.EVENT_HANDLED)
        assert webhook_events.forget_events(tx, hour(10)) == 1
        assert ids(tx) == [new, waiting]
        assert webhook_events.forget_events(tx, hour(12) + timedelta(days=400)) == 1
        assert ids(tx) == [waiting]
