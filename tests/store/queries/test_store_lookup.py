"""Rows as callers of the API look them up: alike on every database, and by indexes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from mailchimpsync.addresses import member_id_of
from mailchimpsync.store import Store
from mailchimpsync.store.cache import edits, groups
from mailchimpsync.store.queries import lookup
from mailchimpsync.store.queries.lookup import Condition, Source
from mailchimpsync.store.schema import batch, cache, update
from store.databases import (
    ANN,
    BOB,
    CHARLIE,
    EVENTS,
    LIST,
    NEWSLETTER,
    OTHER_LIST,
    RUN,
    add_row,
    hour,
    member,
    store_members,
)

OF_LIST: Condition = ("mailchimp_list_id", "=", LIST)
ROWS = lookup.cache_with_group(NEWSLETTER)


def names(rows: list[dict[str, Any]]) -> list[str | None]:
    return [row["mailchimp_member_id"] for row in rows]


def furnish(tx: Connection) -> None:
    """Ann is in the newsletter's group, Bob was removed, nobody knows Charlie's group; Dora has no contact."""
    store_members(
        tx,
        [
            member("ann", civicrm_contact_id=ANN, mailchimp_email="Ann@Example.org", changed_at=hour(8)),
            member("bob", "unsubscribed", civicrm_contact_id=BOB, changed_at=hour(9)),
            member("charlie", "cleaned", civicrm_contact_id=CHARLIE, mailchimp_email="char_lie@example.org"),
            member("dora", civicrm_contact_id=None, mailchimp_email=None, mailchimp_data={"first_name": "Dóra"}),
        ],
    )
    store_members(tx, [member("ann", civicrm_contact_id=ANN)], list_id=OTHER_LIST)
    memberships = [(ANN, NEWSLETTER, "Added"), (ANN, EVENTS, "Removed"), (BOB, NEWSLETTER, "Removed")]
    groups.store_memberships(tx, LIST, RUN, memberships, date=hour(7))


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (("mailchimp_member_id", "=", "bob"), ["bob"]),
        (("mailchimp_status", "!=", "subscribed"), ["bob", "charlie"]),
        (("mailchimp_email", "!=", "Ann@Example.org"), ["bob", "charlie", "dora"]),
        (("civicrm_contact_id", "<", BOB), ["ann"]),
        (("civicrm_contact_id", "<=", BOB), ["ann", "bob"]),
        (("civicrm_contact_id", ">", BOB), ["charlie"]),
        (("civicrm_contact_id", ">=", BOB), ["bob", "charlie"]),
        (("civicrm_contact_id", "IN", [ANN, CHARLIE]), ["ann", "charlie"]),
        (("civicrm_contact_id", "NOT IN", [ANN, CHARLIE]), ["bob", "dora"]),
        (("civicrm_contact_id", "IS NULL", 1), ["dora"]),
        (("civicrm_contact_id", "IS NOT NULL", 1), ["ann", "bob", "charlie"]),
        (("civicrm_contact_id", "LIKE", str(ANN)), ["ann"]),
        (("mailchimp_email", "LIKE", "ann@%"), ["ann"]),
        (("mailchimp_email", "LIKE", "EXAMPLE"), ["ann", "bob", "charlie"]),
        (("mailchimp_email", "NOT LIKE", "%EXAMPLE.ORG"), ["dora"]),
        (("mailchimp_email", "LIKE", "back\\slash%"), []),
        (("mailchimp_email", "LIKE", "ends in \\"), []),
        (("mailchimp_data", "LIKE", '"first_name":"Dóra"'), ["dora"]),
        (("mailchimp_status_date", ">", hour(8)), ["bob"]),
        (("civicrm_status", "=", "Removed"), ["bob"]),
        (("civicrm_status", "IS NULL", 1), ["charlie", "dora"]),
        (("civicrm_updated", "=", hour(7)), ["ann", "bob"]),
    ],
)  # fmt: skip
def test_every_operator_means_the_same(store: Store, condition: Condition, found: list[str]) -> None:
    with store.begin() as tx:
        furnish(tx)

        assert names(lookup.find(tx, ROWS, [OF_LIST, condition], limit=9)) == found
        assert lookup.count(tx, ROWS, [OF_LIST, condition]) == len(found)


@pytest.mark.parametrize("condition", [("=", 2**62), ("<", -(2**62)), ("IN", [2**62, 1])])
def test_a_number_too_large_for_a_column_is_just_not_found(store: Store, condition: tuple[str, Any]) -> None:
    with store.begin() as tx:
        edits.add(tx, batch, {"mailchimp_list_id": LIST, "created_date": hour(9)})

        for column in ("response_processed", "total_operations"):
            assert lookup.count(tx, lookup.batches, [(column, *condition)]) == 0


def test_a_row_comes_with_what_civicrm_says_of_the_contact(store: Store) -> None:
    with store.begin() as tx:
        furnish(tx)
        ann, bob, charlie, dora = lookup.find(tx, ROWS, [OF_LIST], limit=9)

    assert (ann["civicrm_status"], ann["civicrm_updated"], ann["ours"]) == ("Added", hour(7), True)
    assert ann["mailchimp_data"] == {"first_name": "ann", "last_name": ""}
    assert [one["civicrm_status"] for one in (bob, charlie, dora)] == ["Removed", None, None]


def test_an_address_is_found_in_any_spelling_and_under_an_old_kind_of_id(store: Store) -> None:
    with store.begin() as tx:
        furnish(tx)
        new = add_row(tx, identity="m:" + member_id_of("eve@example.org"), mailchimp_email="EVE@example.org")

        assert lookup.has_address(tx, [LIST], ["eve@example.org"]) == ("id", "IN", [new])
        by_address = lookup.has_address(tx, [LIST], ["ANN@example.org "])
        assert names(lookup.find(tx, ROWS, [OF_LIST, by_address], limit=9)) == ["ann"]
        nobody = lookup.has_address(tx, [LIST], ["frank@example.org"])
        assert lookup.find(tx, ROWS, [OF_LIST, nobody], limit=9) == []


def test_rows_are_sorted_and_those_alike_come_by_id(store: Store) -> None:
    with store.begin() as tx:
        furnish(tx)
        order = [("mailchimp_status", True), ("civicrm_status", False)]
        found = lookup.find(tx, ROWS, [OF_LIST, ("civicrm_contact_id", "IS NOT NULL", 1)], order=order, limit=9)

    assert names(found) == ["bob", "ann", "charlie"]


def test_pages_of_a_large_table_follow_each_other(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(insert(cache), [_a_row(number) for number in range(2_500)])
        pages = [lookup.find(tx, ROWS, [OF_LIST], limit=1_100, offset=start) for start in (0, 1_100, 2_200, 3_300)]

    assert [len(page) for page in pages] == [1_100, 1_100, 300, 0]
    ids = [row["id"] for page in pages for row in page]
    assert ids == sorted(set(ids))


def _a_row(number: int) -> dict[str, Any]:
    return {"mailchimp_list_id": LIST, "identity": f"c:{number}", "civicrm_contact_id": number, "sync_status": "ok"}


@pytest.mark.parametrize(
    ("source", "conditions"),
    [
        (ROWS, [OF_LIST]),
        (ROWS, [OF_LIST, ("sync_status", "=", "fail")]),
        (ROWS, [OF_LIST, ("civicrm_contact_id", "=", ANN)]),
        (ROWS, [OF_LIST, ("civicrm_status", "=", "Removed")]),
        (ROWS, [OF_LIST, ("id", "IN", [1, 2])]),
        (lookup.updates, [("mailchimpsync_cache_id", "=", 1)]),
        (lookup.updates, [("mailchimpsync_batch_id", "=", 1)]),
        (lookup.updates, [("completed", "=", 0)]),
        (lookup.updates, [("open_row", "=", 1)]),
        (lookup.batches, [("mailchimp_list_id", "=", LIST)]),
    ],
)
def test_the_usual_filters_are_answered_by_indexes(tmp_path: Any, source: Source, conditions: list[Condition]) -> None:
    store = Store(f"sqlite:///{tmp_path}/plan.sqlite")
    store.migrate()
    query = source.ids(conditions).order_by(source.table.c.id).limit(25)
    with store.begin() as tx:
        text = str(query.compile(tx.engine, compile_kwargs={"literal_binds": True}))
        steps = [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    store.close()

    assert not [step for step in steps if re.match(r"SCAN (?!.*USING)", step)], steps


def test_the_newest_updates_of_each_row_come_with_their_batch(store: Store) -> None:
    with store.begin() as tx:
        ann, bob = add_row(tx), add_row(tx)
        sent = edits.add(tx, batch, {"mailchimp_list_id": LIST, "status": "started", "created_date": hour(9)})
        for number, row_id in enumerate((ann, ann, bob, ann)):
            in_batch = sent if number == 3 else None
            values = {"data": {"n": number}, "created_date": hour(number), "mailchimpsync_batch_id": in_batch}
            edits.add(tx, update, {"mailchimpsync_cache_id": row_id, **values})
        found = edits.newest_updates(tx, [ann, bob], 2)

    assert [(one.data["n"], one.batch_status) for one in found[ann]] == [(3, "started"), (1, None)]
    assert [one.data["n"] for one in found[bob]] == [2]


def test_a_row_goes_with_its_updates_and_a_batch_with_its_own(store: Store) -> None:
    with store.begin() as tx:
        row_id = add_row(tx)
        sent = edits.add(tx, batch, {"mailchimp_list_id": LIST, "created_date": hour(9)})
        values = {"mailchimpsync_cache_id": row_id, "data": {}, "created_date": hour(9)}
        lonely = edits.add(tx, update, values)
        together = edits.add(tx, update, {**values, "mailchimpsync_batch_id": sent, "open_row": row_id})
        assert (edits.open_update_of(tx, row_id), edits.count_open_updates_of(tx, sent)) == (together, 1)
        edits.remove(tx, batch, sent)
        assert (edits.row(tx, update, together), edits.open_update_of(tx, row_id)) == (None, None)
        edits.remove(tx, cache, row_id)
        assert edits.row(tx, update, lonely) is None


def test_rows_of_several_audiences_each_show_their_own_group(store: Store) -> None:
    both = lookup.cache_with_groups({LIST: NEWSLETTER, OTHER_LIST: NEWSLETTER + 1})
    with store.begin() as tx:
        furnish(tx)
        found = lookup.find(tx, both, [("mailchimp_list_id", "IN", [LIST, OTHER_LIST])], limit=100)
        one_by_one = lookup.find(tx, ROWS, [("mailchimp_list_id", "=", LIST)], limit=100)
        ranged = lookup.find(tx, ROWS, [("civicrm_contact_id", "BETWEEN", [1, 10**12])], limit=100)

    assert one_by_one
    assert {row["mailchimp_list_id"] for row in found} == {LIST, OTHER_LIST}
    assert [row for row in found if row["mailchimp_list_id"] == LIST] == one_by_one
    assert {row["id"] for row in ranged} == {row["id"] for row in found if row["civicrm_contact_id"]}
