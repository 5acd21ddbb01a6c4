"""Members that are no longer at Mailchimp, and updates that never left."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailchimpsync.store import Store
from mailchimpsync.store.cache import deleted_members
from mailchimpsync.store.changes import batches, updates
from mailchimpsync.store.schema import cache, update
from store.databases import ANN, LIST, NEXT_RUN, OTHER_LIST, RUN, add_row, hour, member, row, row_of, store_members


def test_a_person_who_was_not_seen_is_asked_for_page_by_page(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann"), member("bob")])
        store_members(tx, [member("zoe")], list_id=OTHER_LIST)
        store_members(tx, [member("charlie")], run_id=NEXT_RUN)
        ann, bob = row_of(tx, "ann")["id"], row_of(tx, "bob")["id"]

        assert deleted_members.unseen_members(tx, LIST, NEXT_RUN, 0, 9) == [(ann, "ann"), (bob, "bob")]
        assert deleted_members.unseen_members(tx, LIST, NEXT_RUN, ann, 9) == [(bob, "bob")]


@pytest.mark.parametrize("under_way", ["live", "redo"])
def test_a_person_who_has_an_update_under_way_is_not_asked_for(store: Store, under_way: str) -> None:
    with store.begin() as tx:
        add_row(tx, mailchimp_member_id="ann", sync_status=under_way, seen_run=RUN)

        assert deleted_members.unseen_members(tx, LIST, NEXT_RUN, 0, 9) == []


def test_an_erased_member_of_a_contact_leaves_nothing_but_what_both_sides_agreed_on(store: Store) -> None:
    facts = {"mailchimp_status": "subscribed", "mailchimp_data": {}, "mailchimp_interests": {"news": True}}
    with store.begin() as tx:
        key = add_row(tx, mailchimp_member_id="ann", civicrm_contact_id=ANN, base_subscribed=True, **facts)
        deleted_members.forget_members(tx, [key])
        found = row(tx, key)

    assert [found[column] for column in ("mailchimp_member_id", *facts)] == [None] * 4
    assert (found["sync_status"], found["civicrm_contact_id"], found["base_subscribed"]) == ("todo", ANN, True)


def test_an_erased_member_of_nobody_leaves_no_row(store: Store) -> None:
    with store.begin() as tx:
        gone, other = add_row(tx, mailchimp_member_id="ann"), add_row(tx, mailchimp_member_id="bob")
        deleted_members.forget_members(tx, [gone])

        assert list(tx.execute(select(cache.c.id)).scalars()) == [other]


def test_what_was_not_sent_is_decided_again(store: Store) -> None:
    with store.begin() as tx:
        waiting, sent = add_row(tx, sync_status="live", recheck=True), add_row(tx, sync_status="live")
        common = {"data": {}, "attempt": {}, "agreed": {}, "created_date": hour(9), "run_id": RUN}
        updates.add_updates(tx, [{"mailchimpsync_cache_id": key, "open_row": key, **common} for key in (waiting, sent)])
        ids = {one.open_row: one.id for one in tx.execute(select(update.c.open_row, update.c.id))}
        batches.open_batch(tx, LIST, [ids[sent]], hour(10), "mark")

        assert updates.withdraw_unsent(tx, LIST) == 1
        assert (row(tx, waiting)["sync_status"], row(tx, waiting)["recheck"]) == ("todo", False)
        assert row(tx, sent)["sync_status"] == "live"
        assert updates.count_open_updates(tx, LIST) == (1, 0)
