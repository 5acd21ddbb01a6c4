"""Opt-outs that overtake: which are sent directly, what Mailchimp may still do, and what waits for that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from mailchimpsync.store import Store
from mailchimpsync.store.changes import batches, kept_plans, overtaking, updates
from mailchimpsync.store.changes.kept_plans import DONE, LEFT_OUT, UNKNOWN
from mailchimpsync.store.schema import cache, change, kept_plan, run, update
from store.changes.test_store_updates import an_update
from store.databases import LIST, OTHER_LIST, RUN, add_row, hour
from store.databases import row as row_of

OFF = {"email_address": "ann@example.org", "status": "unsubscribed"}
ARCHIVED = {"email_address": "ann@example.org", "status": "archived"}
ON = {"email_address": "ann@example.org", "status_if_new": "subscribed"}
WALKS = {"email_address": "ann@example.org", "interests": {"w": True}}
LATER = hour(12)


def queue(tx: Connection, body: dict[str, Any], *, recheck: bool = False, list_id: str = LIST, **columns: Any) -> int:
    """Queue an update of a row of its own, and return the update's id."""
    row_id = add_row(tx, sync_status="live", recheck=recheck, mailchimp_list_id=list_id)
    updates.add_updates(tx, [an_update(row_id, data=body, attempt={"decided": body, "tries": []}, **columns)])
    return int(tx.execute(select(update.c.id).where(update.c.open_row == row_id)).scalar_one())


def row_with(tx: Connection, update_id: int) -> int:
    found = tx.execute(select(update.c.mailchimpsync_cache_id).where(update.c.id == update_id)).scalar_one()
    return int(found)


def send(tx: Connection, *update_ids: int, list_id: str = LIST) -> int:
    return batches.open_batch(tx, list_id, update_ids, hour(10), "mark")


def unsent(tx: Connection) -> list[int]:
    return [one.id for one in updates.unsent_updates(tx, LIST, 9)]


def direct(tx: Connection, run_id: int | None = None) -> list[int]:
    return [one.id for one in updates.unsent_opt_outs(tx, LIST, 9, run_id, overtaking=True)]


def test_members_to_be_unsubscribed_go_first_whatever_waited_longer(store: Store) -> None:
    with store.begin() as tx:
        on, off, walks, archived = (queue(tx, body) for body in (ON, OFF, WALKS, ARCHIVED))
        queue(tx, OFF, list_id=OTHER_LIST)

        assert unsent(tx) == [off, archived, on, walks]
        assert [one.id for one in updates.unsent_updates(tx, LIST, 1)] == [off]
        assert [one.id for one in updates.unsent_updates(tx, LIST, 9, RUN + 1)] == []


def test_an_opt_out_that_overtakes_is_sent_directly_one_that_does_not_goes_with_its_batch(store: Store) -> None:
    with store.begin() as tx:
        walks, other = queue(tx, WALKS), queue(tx, OFF)
        send(tx, walks)
        overtaking.overtake(tx, [row_with(tx, walks)])
        updates.add_updates(tx, [an_update(row_with(tx, walks), data=OFF)])

        [found] = direct(tx)
        assert (found in (walks, other), direct(tx, RUN), direct(tx, RUN + 1)) == (False, [found], [])
        assert [one.id for one in updates.unsent_opt_outs(tx, LIST, 9)] == [other, found]


def test_new_members_are_those_nobody_has_tried_to_send_and_no_member_is_known_of(store: Store) -> None:
    with store.begin() as tx:
        new, left_out, _, _ = queue(tx, ON), queue(tx, ON), queue(tx, WALKS), queue(tx, OFF)
        send(tx, left_out)
        assert [one.id for one in updates.unsent_new_members(tx, LIST, 9)] == [new]

        updates.send_alone(tx, [left_out])
        assert [one.id for one in updates.unsent_new_members(tx, LIST, 9)] == [new]
        assert left_out in unsent(tx)


def test_whether_there_are_many_is_asked_without_opt_outs(store: Store) -> None:
    with store.begin() as tx:
        for body in (ON, WALKS, OFF):
            queue(tx, body)
        assert [updates.has_more_unsent(tx, LIST, number) for number in (0, 1, 2)] == [True, True, False]
        assert not updates.has_more_unsent(tx, LIST, 0, RUN + 1)


def test_rows_that_changed_with_something_in_flight_are_found_unless_that_is_an_opt_out(store: Store) -> None:
    with store.begin() as tx:
        changed, quiet, leaving = queue(tx, WALKS, recheck=True), queue(tx, WALKS), queue(tx, OFF, recheck=True)
        queue(tx, WALKS, recheck=True, list_id=OTHER_LIST)
        send(tx, changed, quiet, leaving)
        [row_id] = overtaking.rows_changed_in_flight(tx, LIST, 0, 9)

        assert row_id == row_with(tx, changed)
        assert list(overtaking.rows_changed_in_flight(tx, LIST, row_id, 9)) == []
        assert list(overtaking.rows_changed_in_flight(tx, LIST, 0, 9, [row_with(tx, quiet)])) == []


def test_what_was_overtaken_is_known_until_its_batch_is_over_and_it_was_looked_at(store: Store) -> None:
    with store.begin() as tx:
        sent, never = queue(tx, ON), queue(tx, ON)
        batch_id = send(tx, sent)
        overtaking.overtake(tx, [row_with(tx, sent), row_with(tx, never)])
        [found] = overtaking.overtaken(tx, LIST)
        assert (found.update_id, found.is_over) == (sent, False)
        assert overtaking.may_still_be_done(tx, [row_with(tx, sent)])
        assert not overtaking.may_still_be_done(tx, [row_with(tx, never)])
        assert not overtaking.may_still_be_done(tx, [])

        batches.set_batch(tx, batch_id, response_processed=batches.HANDLED)
        assert [one.is_over for one in overtaking.overtaken(tx, LIST, [batch_id])] == [True]
        assert not overtaking.may_still_be_done(tx, [row_with(tx, sent)])
        overtaking.close_overtaken(tx, [sent])
        assert list(overtaking.overtaken(tx, LIST)) == []
        assert updates.count_open_and_lost(tx, RUN) == (0, 2)


@pytest.mark.parametrize("changed", [False, True])
def test_an_opt_out_hangs_once_its_batch_has_taken_ten_minutes(store: Store, *, changed: bool) -> None:
    with store.begin() as tx:
        off, walks = queue(tx, OFF, recheck=changed), queue(tx, WALKS, recheck=changed)
        elsewhere = queue(tx, OFF, recheck=changed, list_id=OTHER_LIST)
        batch_id = send(tx, off, walks)
        send(tx, elsewhere, list_id=OTHER_LIST)

        def hanging(minutes: int, after: int = 0, *, changed: bool = changed) -> list[int]:
            now = hour(10) + timedelta(minutes=minutes)
            return [one.id for one in overtaking.hanging_opt_outs(tx, LIST, now, after, 9, changed=changed)]

        assert (hanging(9), hanging(11), hanging(11, off), hanging(11, changed=not changed)) == ([], [off], [], [])
        batches.set_batch(tx, batch_id, response_processed=batches.HANDLED)
        assert hanging(11) == []


def test_one_that_hangs_is_queued_once_more_for_a_request_of_its_own_and_says_the_status_only(store: Store) -> None:
    with store.begin() as tx:
        agreed = {"subscribed": False, "interests": None, "data": {"x": 1}}
        off = queue(tx, OFF | {"merge_fields": {"FNAME": "Ann"}}, agreed=agreed)
        send(tx, off)
        overtaking.send_directly(tx, [off])
        [found] = updates.unsent_opt_outs(tx, LIST, 9)

        assert (found.data, found.agreed) == (OFF, {"subscribed": False, "interests": None})
        its_own = select(update.c.created_date, update.c.run_id).where(update.c.id == found.id)
        assert tx.execute(its_own).one() == (hour(9), RUN)
        assert [one.update_id for one in overtaking.overtaken(tx, LIST)] == [off]
        assert updates.count_open_and_lost(tx, RUN) == (1, 0)  # it was not lost: another one stands for it


def test_nothing_else_is_sent_for_a_member_while_mailchimp_may_still_take_them_off(store: Store) -> None:
    with store.begin() as tx:
        off, other = queue(tx, OFF), queue(tx, WALKS)
        batch_id = send(tx, off, other)
        row_ids = [row_with(tx, off), row_with(tx, other)]
        overtaking.overtake(tx, row_ids)
        updates.add_updates(tx, [an_update(row_id, data=ON) for row_id in row_ids])
        [waits] = list(tx.execute(select(update.c.id).where(update.c.open_row == row_ids[0])).scalars())

        assert len(unsent(tx)) == 1  # an interest that was overtaken takes nobody off
        assert waits not in unsent(tx)
        batches.set_batch(tx, batch_id, response_processed=batches.HANDLED)
        overtaking.close_overtaken(tx, [off, other])
        assert waits in unsent(tx)


def test_what_was_queued_by_hand_or_before_a_change_and_subscribes_is_in_doubt(store: Store) -> None:
    with store.begin() as tx:
        by_hand, changed = queue(tx, ON, run_id=None), queue(tx, ON, recheck=True)
        plain = {"email_address": "ann@example.org", "status": "pending"}
        pending = queue(tx, plain, recheck=True)
        sent = queue(tx, ON, recheck=True)
        for body in (OFF, WALKS):
            queue(tx, body, recheck=True)
        queue(tx, ON)
        send(tx, sent)
        found = updates.unsent_subscriptions(tx, LIST, 0, 9)

        assert [(one.id, one.row_id) for one in found] == [
            (key, row_with(tx, key)) for key in (by_hand, changed, pending)
        ]
        assert [one.id for one in updates.unsent_subscriptions(tx, LIST, by_hand, 1)] == [changed]


def test_what_is_not_to_be_sent_is_closed_and_its_row_is_due(store: Store) -> None:
    with store.begin() as tx:
        by_hand = queue(tx, ON, run_id=None, recheck=True)
        row_id = row_with(tx, by_hand)
        updates.drop_unsent(tx, [(by_hand, row_id, '{"code":"MC_OPTED_OUT"}')])
        row = row_of(tx, row_id)

        assert (unsent(tx), row["sync_status"], row["recheck"]) == ([], "todo", False)
        assert tx.execute(select(update.c.error_response)).scalar_one() == '{"code":"MC_OPTED_OUT"}'


def test_what_was_sent_and_never_answered_is_found_with_its_row(store: Store) -> None:
    with store.begin() as tx:
        lost, waits = queue(tx, OFF), queue(tx, WALKS)
        send(tx, lost)
        updates.complete_updates(tx, [(lost, updates.UNANSWERED)])
        row_ids = [row_with(tx, lost), row_with(tx, waits)]
        tx.execute(cache.update().where(cache.c.id == row_ids[0]).values(sync_status="todo", reason="BATCH_LOST"))

        assert [one.row_id for one in updates.unanswered_bodies(tx, row_ids)] == row_ids
        [found] = updates.unanswered_updates(tx, LIST, 0, 9)
        assert (found.id, found.update_id, found.data) == (row_ids[0], lost, OFF)
        assert list(updates.unanswered_updates(tx, LIST, 0, 9, [row_ids[1]])) == []
        assert updates.oldest_open_update(tx, LIST) == hour(9)
        assert updates.oldest_open_update(tx, OTHER_LIST) is None


def test_a_batch_that_keeps_people_waiting_is_told(store: Store) -> None:
    with store.begin() as tx:
        batch_id = send(tx, queue(tx, OFF))
        assert batches.batch_delay(tx, LIST, hour(10)) is None
        told = batches.batch_delay(tx, LIST, LATER)
        assert told is not None
        assert (told.code, told.since, told.number) == ("BATCH_UNPROVED", hour(10), 1)
        batches.set_batch(tx, batch_id, mailchimp_batch_id="b1")
        slow = batches.batch_delay(tx, LIST, LATER)
        assert slow is not None
        assert slow.code == "BATCH_SLOW"
        batches.record_foreign_batch(tx, batch_id, "b9")

        assert (batches.foreign_batch_ids(tx, batch_id), batches.batch_of(tx, "b2")) == ({"b9"}, None)


def test_what_a_plan_wanted_and_got_no_answer_is_unknown_until_it_was_read_back(store: Store) -> None:
    with store.begin() as tx:
        plan_id, run_id = a_plan(tx)
        done, lost, dropped = (queue(tx, OFF, run_id=run_id) for _ in range(3))
        keys = [row_of(tx, row_with(tx, one))["identity"] for one in (done, lost, dropped)]
        for key in keys:
            tx.execute(change.insert().values(plan_id=plan_id, identity=key, **A_CHANGE))
        send(tx, done, lost)
        updates.complete_updates(
            tx, [(done, updates.UNANSWERED), (lost, updates.UNANSWERED), (dropped, updates.SUPERSEDED)]
        )
        assert outcomes(tx) == dict(zip(keys, (UNKNOWN, UNKNOWN, LEFT_OUT), strict=True))

        kept_plans.record_read_back(tx, [done], done=True)
        kept_plans.record_read_back(tx, [lost, dropped], done=False)

        assert outcomes(tx) == dict(zip(keys, (DONE, LEFT_OUT, LEFT_OUT), strict=True))
        assert kept_plans.count_changes(tx, plan_id) == {DONE: 1, LEFT_OUT: 2}


A_CHANGE: dict[str, Any] = {
    "before": {},
    "create_contact": False,
    "group_changes": [],
    "sync_status": "live",
    "reason": "CIVICRM_REMOVED",
    "agreed": {},
    "outcome": DONE,
}


def a_plan(tx: Connection) -> tuple[int, int]:
    """Keep a plan, and a run that carries it out."""
    dates = {"made_at": hour(8), "expires_at": hour(20)}
    told: dict[str, Any] = {"counts": {}, "excess": [], "failures": [], "links": {}}
    plan_id = kept_plans.keep_plan(tx, list_id=LIST, kind="plan", made_by="ann", state="approved", **dates, **told)
    made = tx.execute(run.insert().values(list_id=LIST, started_at=hour(9), kept_plan_id=plan_id))
    assert tx.execute(select(kept_plan.c.id)).scalar_one() == plan_id
    return plan_id, int((made.inserted_primary_key or (0,))[0])


def outcomes(tx: Connection) -> dict[str, str | None]:
    return {one.identity: one.outcome for one in tx.execute(select(change.c.identity, change.c.outcome))}
