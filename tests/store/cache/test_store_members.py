"""What the fetch writes: one row per member, due, and no fact older than the one it replaces."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from sqlalchemy import insert

from mailchimpsync.errors import StoreError
from mailchimpsync.store import Store
from mailchimpsync.store.cache import members
from mailchimpsync.store.schema import cache
from store.databases import (
    ANN,
    BOB,
    LIST,
    NEXT_RUN,
    OTHER_LIST,
    RUN,
    add_row,
    hour,
    identities,
    member,
    row_of,
    store_members,
)


def test_a_new_member_becomes_a_due_row(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann"), member("bob", "cleaned")])
        ann, bob = row_of(tx, "ann"), row_of(tx, "bob")

    assert (ann["mailchimp_status"], ann["sync_status"], ann["recheck"]) == ("subscribed", "todo", False)
    assert (bob["mailchimp_status"], bob["mailchimp_email"]) == ("cleaned", "bob@example.org")


def test_nobody_has_nothing_stored(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [])

        assert identities(tx) == set()


def test_a_member_read_again_is_the_same_row(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann")])
        before = row_of(tx, "ann")
        store_members(tx, [member("ann", mailchimp_email="Ann@example.org")], run_id=NEXT_RUN)
        after = row_of(tx, "ann")

    assert after["id"] == before["id"]
    assert (after["mailchimp_email"], after["seen_run"]) == ("Ann@example.org", NEXT_RUN)


def test_the_same_member_of_another_audience_is_another_row(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann")])
        store_members(tx, [member("ann")], list_id=OTHER_LIST)

        assert row_of(tx, "ann")["id"] != row_of(tx, "ann", OTHER_LIST)["id"]


def test_an_edit_does_not_move_the_date_of_the_status(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann", changed_at=hour(8))])
        store_members(tx, [member("ann", changed_at=hour(10))])
        ann = row_of(tx, "ann")

    assert (ann["mailchimp_status_date"], ann["mailchimp_updated"]) == (hour(8), hour(10))


def test_a_new_status_moves_its_date(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann", changed_at=hour(8))])
        store_members(tx, [member("ann", "unsubscribed", changed_at=hour(10))])

        assert row_of(tx, "ann")["mailchimp_status_date"] == hour(10)


def test_a_row_that_waited_for_its_member_gets_the_date_of_the_first_status(store: Store) -> None:
    with store.begin() as tx:
        add_row(tx, identity="m:ann", civicrm_contact_id=ANN, sync_status="todo")
        store_members(tx, [member("ann", changed_at=hour(10))])
        ann = row_of(tx, "ann")

    assert (ann["mailchimp_status_date"], ann["civicrm_contact_id"]) == (hour(10), ANN)


def test_what_civicrm_and_both_sides_said_before_is_kept(store: Store) -> None:
    kept = {"civicrm_contact_id": ANN, "base_subscribed": True, "base_interests": {"news": True}}
    with store.begin() as tx:
        add_row(tx, identity="m:ann", mailchimp_status="subscribed", **kept)
        store_members(tx, [member("ann", "unsubscribed")])
        ann = row_of(tx, "ann")

    assert {column: ann[column] for column in kept} == kept


@pytest.mark.parametrize("under_way", ["live", "redo"])
def test_a_row_with_an_update_under_way_waits_for_it_and_is_looked_at_again_after(store: Store, under_way: str) -> None:
    with store.begin() as tx:
        add_row(tx, identity="m:ann", sync_status=under_way)
        store_members(tx, [member("ann", "unsubscribed")])
        ann = row_of(tx, "ann")

    assert (ann["sync_status"], ann["recheck"]) == (under_way, True)


@pytest.mark.parametrize("settled", ["ok", "fail", "todo"])
def test_a_row_without_one_is_due_at_once(store: Store, settled: str) -> None:
    with store.begin() as tx:
        add_row(tx, identity="m:ann", sync_status=settled)
        store_members(tx, [member("ann")])
        ann = row_of(tx, "ann")

    assert (ann["sync_status"], ann["recheck"]) == ("todo", False)


@pytest.mark.parametrize(("status", "departed"), [("subscribed", BOB), ("unsubscribed", None)])
def test_a_departed_contact_is_remembered_until_the_status_changes(
    store: Store, status: str, departed: int | None
) -> None:
    with store.begin() as tx:
        add_row(tx, identity="m:bob", mailchimp_status="subscribed", departed_contact_id=BOB)
        store_members(tx, [member("bob", status)])

        assert row_of(tx, "bob")["departed_contact_id"] == departed


def test_two_rows_for_one_member_are_impossible(store: Store) -> None:
    twice = {"mailchimp_list_id": LIST, "identity": "m:ann", "sync_status": "todo"}

    with pytest.raises(StoreError), store.begin() as tx:
        tx.execute(insert(cache), [twice, twice])


def test_ids_that_differ_in_case_are_two_members(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("abc"), member("ABC")])

        assert identities(tx) == {"m:abc", "m:ABC"}


def test_more_members_than_fit_one_statement(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailchimpsync.store.engine.dialect.ROWS_PER_STATEMENT", 3)
    with store.begin() as tx:
        for run in (RUN, NEXT_RUN):
            store_members(tx, [member(f"person{number}") for number in range(10)], run_id=run)

        assert members.count_seen(tx, LIST, RUN) == 0
        assert members.count_seen(tx, LIST, NEXT_RUN) == 10


def test_a_member_seen_twice_counts_once(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann"), member("bob"), member("ann")])

        assert members.count_seen(tx, LIST, RUN) == 2
        assert members.count_seen(tx, OTHER_LIST, RUN) == 0


def test_an_address_changed_at_mailchimp_keeps_contact_and_base(store: Store) -> None:
    known = {"civicrm_contact_id": ANN, "base_subscribed": True, "base_interests": {"news": True}}
    with store.begin() as tx:
        store_members(tx, [member("ann", changed_at=hour(8))])
        tx.execute(cache.update().values(known))
        store_members(tx, [member("anna", changed_at=hour(10), mailchimp_contact_id="mc-ann")], run_id=NEXT_RUN)
        number = members.follow_renamed_members(tx, LIST, NEXT_RUN)
        anna = row_of(tx, "anna")
        left = identities(tx)

    assert number == 1
    assert left == {"m:anna"}
    assert {column: anna[column] for column in known} == known


def test_a_renamed_member_whose_update_is_under_way_is_followed_later(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann")])
        tx.execute(cache.update().values(sync_status="live"))
        store_members(tx, [member("anna", mailchimp_contact_id="mc-ann")], run_id=NEXT_RUN)

        assert members.follow_renamed_members(tx, LIST, NEXT_RUN) == 0
        assert identities(tx) == {"m:ann", "m:anna"}


def test_two_members_that_were_both_read_are_two_people(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann"), member("anna", mailchimp_contact_id="mc-ann")])

        assert members.follow_renamed_members(tx, LIST, RUN) == 0


def test_members_without_mailchimps_contact_id_are_never_taken_for_one(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann", mailchimp_contact_id=None)])
        store_members(tx, [member("bob", mailchimp_contact_id=None)], run_id=NEXT_RUN)

        assert members.follow_renamed_members(tx, LIST, NEXT_RUN) == 0


def test_times_come_back_as_they_went_in_whatever_their_zone(store: Store) -> None:
    tokyo = hour(8).astimezone(timezone(timedelta(hours=9)))
    with store.begin() as tx:
        store_members(tx, [member("ann", changed_at=tokyo)])
        found = row_of(tx, "ann")["mailchimp_updated"]

    assert found == tokyo
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "names",
    [
        {"first_name": "Zoë 🎈", "last_name": "O'Håra\\n"},
        {"first_name": "", "last_name": '"; drop table "'},
        {"nested": [1, 2.5, None, True, {"ключ": "שלום"}]},
    ],
)
def test_json_comes_back_as_it_went_in(store: Store, names: dict[str, object]) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann", mailchimp_data=names)])

        assert row_of(tx, "ann")["mailchimp_data"] == names


def test_nothing_is_not_the_same_as_an_empty_mapping(store: Store) -> None:
    with store.begin() as tx:
        store_members(tx, [member("ann", mailchimp_data=None), member("bob", mailchimp_data={})])

        assert row_of(tx, "ann")["mailchimp_data"] is None
        assert row_of(tx, "bob")["mailchimp_data"] == {}
