"""What two services note at the same time is noted once, and told once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from mailchimpsync.store import Store, Transaction
from mailchimpsync.store.site import alerts, outbox
from store.databases import LIST, hour

T = TypeVar("T")
HELD = f"held:{LIST}"
HELD_VALUES: dict[str, Any] = {
    "kind": "held",
    "list_id": LIST,
    "code": "HELD",
    "data": {"plan": 7},
    "began_at": hour(8),
    "tell_at": hour(8),
}


def at_once(stores: tuple[Store, Store], act: Callable[[Transaction], T]) -> list[T]:
    """Let two services do the same at the same time."""
    ready = Barrier(2)

    def one(store: Store) -> T:
        ready.wait(10)
        with store.begin() as tx:
            return act(tx)

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(one, stores), key=str)


def test_two_services_note_a_problem_once(store: Store, second_store: Store) -> None:
    noted = at_once((store, second_store), lambda tx: alerts.raise_alert(tx, HELD, **HELD_VALUES))

    assert noted == [False, True]
    with store.begin() as tx:
        [found] = alerts.open_alerts(tx)
    assert (found.problem, found.data, found.told) == (HELD, {"plan": 7}, 0)


def test_two_services_tell_and_end_it_once(store: Store, second_store: Store) -> None:
    both = (store, second_store)
    with store.begin() as tx:
        alerts.raise_alert(tx, HELD, **{**HELD_VALUES, "code": None})
        [found] = alerts.open_alerts(tx)

    changed = at_once(both, lambda tx: alerts.change_alert(tx, found.id, None, {"code": "HELD"}))
    assert changed == [False, True]
    assert at_once(both, lambda tx: alerts.record_notification(tx, found.id, 0, hour(9), None)) == [False, True]
    assert at_once(both, lambda tx: alerts.acknowledge_alert(tx, found.id, hour(9), "ann")) == [False, True]
    assert at_once(both, lambda tx: alerts.recover_alert(tx, found.id, hour(9))) == [False, True]


def test_a_problem_that_comes_again_is_another_one(store: Store) -> None:
    with store.begin() as tx:
        assert alerts.raise_alert(tx, HELD, **HELD_VALUES)
        assert alerts.recover_alert(tx, alerts.open_alerts(tx)[0].id, hour(9))
        assert alerts.raise_alert(tx, HELD, **HELD_VALUES)
        assert [one.recovered_at for one in alerts.newest_alerts(tx, 5)] == [None, hour(9)]


def test_two_services_send_a_message_once(store: Store, second_store: Store) -> None:
    both = (store, second_store)
    kept: dict[str, Any] = {
        "fingerprint": "alert:1:1:email",
        "channel": "email",
        "content": {"title": "Held"},
        "now": hour(8),
    }

    assert at_once(both, lambda tx: outbox.add_message(tx, **kept)) == [False, True]
    with store.begin() as tx:
        found = outbox.next_message(tx, hour(8))
        assert found is not None
        assert outbox.next_message(tx, hour(8), without={"email"}) is None
    assert at_once(both, lambda tx: outbox.claim_message(tx, found.id, 0, hour(9))) == [False, True]
    with store.begin() as tx:
        assert outbox.next_message(tx, hour(8)) is None
        assert outbox.next_message(tx, hour(9)) is not None


def test_what_was_over_and_sent_long_ago_is_forgotten_and_nothing_else(store: Store) -> None:
    with store.begin() as tx:
        for problem in (HELD, "disk"):
            alerts.raise_alert(tx, problem, **HELD_VALUES)
        alerts.recover_alert(tx, alerts.open_alerts(tx)[0].id, hour(9))
        for name in ("one", "two"):
            outbox.add_message(tx, fingerprint=name, channel="slack", content={}, now=hour(8))
        first = outbox.next_message(tx, hour(8))
        assert first is not None
        outbox.finish_message(tx, first.id, hour(9), outbox.SENT)

        assert (alerts.forget_alerts(tx, hour(9)), outbox.forget_messages(tx, hour(9))) == (0, 0)
        assert (alerts.forget_alerts(tx, hour(10)), outbox.forget_messages(tx, hour(10))) == (1, 1)
        assert [one.problem for one in alerts.open_alerts(tx)] == ["disk"]
        assert outbox.is_known(tx, "two")
