"""New members are carried out in one statement, and it makes the same update as any other way would."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select

from mailchimpsync.errors import Code
from mailchimpsync.store import Store
from mailchimpsync.store.changes import new_members, plans, updates
from mailchimpsync.store.schema import cache, update
from store.changes.test_store_plans import a_change
from store.databases import NEWSLETTER, NEXT_RUN, RUN, add_row, hour

BODY = {
    "email_address": "ann@example.org",
    "status_if_new": "subscribed",
    "merge_fields": {"FNAME": 'Änn "status":"gone" % \\', "LNAME": "O'Neill"},
    "interests": {"a1b2c3d4e5": True},
}
AGREED = {"subscribed": True, "interests": {"a1b2c3d4e5": True}}


def a_new_member(cache_id: int, **columns: Any) -> dict[str, Any]:
    plan = {"group_changes": [], "member_update": BODY, "sync_status": "live", "agreed": AGREED}
    return a_change(cache_id, **{**plan, "reason": Code.CIVICRM_ADDED.value, **columns})


def queued(tx: Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in tx.execute(select(update).order_by(update.c.id)).mappings()]


def test_a_planned_new_member_is_queued_as_decided(store: Store) -> None:
    with store.begin() as tx:
        ann, bob, next_run = add_row(tx), add_row(tx), add_row(tx)
        plans.add_to_plan(tx, [a_new_member(ann), a_new_member(bob), a_new_member(next_run, run_id=NEXT_RUN)])
        plans.add_to_plan(tx, [a_new_member(ann, run_id=NEXT_RUN)])  # left by another run

        assert new_members.queue_new_members(tx, RUN, hour(9), limit=1) == 1
        [made] = queued(tx)
        assert (plans.count_open(tx, RUN), plans.count_open(tx, NEXT_RUN)) == (1, 1)
        assert new_members.queue_new_members(tx, RUN, hour(9), limit=9) == 1
        assert new_members.queue_new_members(tx, RUN, hour(9), limit=9) == 0

        updates.add_updates(tx, [{**columns_of(made), "mailchimpsync_cache_id": next_run, "open_row": next_run}])
        _, _, in_the_usual_way = queued(tx)
        row = tx.execute(select(cache).where(cache.c.id == ann)).mappings().one()

    assert columns_of(made) == columns_of(in_the_usual_way) | {"mailchimpsync_cache_id": ann, "open_row": ann}
    assert (made["data"], made["agreed"], made["created_date"]) == (BODY, AGREED, hour(9))
    assert made["attempt"] == {"decided": BODY, "tries": [], "known": None}
    assert (row["sync_status"], row["reason"]) == ("live", Code.CIVICRM_ADDED)


def columns_of(made: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in made.items() if name != "id"}


@pytest.mark.parametrize(
    "more",
    [
        {"create_contact": True},
        {"group_changes": [[NEWSLETTER, "Removed"]]},
        {"member_update": None},
        {"member_update": {"email_address": "ann@example.org", "status": "unsubscribed"}},
        {"agreed": {**AGREED, "data": {"fields": {}}}},
        {"agreed": {**AGREED, "corrections": []}},
        {"reason": Code.UNDONE.value},
    ],
)
def test_what_needs_more_than_an_update_is_left(store: Store, more: dict[str, Any]) -> None:
    with store.begin() as tx:
        plans.add_to_plan(tx, [a_new_member(add_row(tx), **more)])

        assert new_members.queue_new_members(tx, RUN, hour(9), limit=9) == 0
        assert plans.count_open(tx, RUN) == 1
        assert queued(tx) == []


@pytest.mark.parametrize("known", [{"mailchimp_member_id": "0" * 32}, {"mailchimp_updated": hour(8)}])
def test_who_is_known_at_mailchimp_is_no_new_member(store: Store, known: dict[str, Any]) -> None:
    with store.begin() as tx:
        plans.add_to_plan(tx, [a_new_member(add_row(tx, **known))])

        assert new_members.queue_new_members(tx, RUN, hour(9), limit=9) == 0
