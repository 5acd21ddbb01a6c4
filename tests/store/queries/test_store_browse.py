"""Rows as people browse them: the same on every page, however many there are and whatever changes meanwhile."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import Connection, delete, insert, update

from mailchimpsync.model import SyncStatus
from mailchimpsync.store import Store
from mailchimpsync.store.cache import groups
from mailchimpsync.store.changes import updates
from mailchimpsync.store.engine.paging import Order, Place, Turn
from mailchimpsync.store.engine.patterns import contains_text
from mailchimpsync.store.queries import browse, counts, failures
from mailchimpsync.store.queries.browse import find
from mailchimpsync.store.queries.filters import NONE, RowFilter, Show
from mailchimpsync.store.schema import cache
from mailchimpsync.store.schema import update as updates_table
from store.databases import LIST, NEWSLETTER, OTHER_LIST, RUN, add_row, hour

ALL = RowFilter(LIST, NEWSLETTER)
FAILED = (SyncStatus.FAIL.value,)


def everybody(tx: Connection) -> None:
    """Everything both sides can say, together with every sync status; some have no contact, some no address."""
    sides = product(
        ["todo", "live", "redo", "ok", "fail"], ["subscribed", "pending", "cleaned", None], ["Added", "Removed", None]
    )
    memberships = []
    for number, (sync_status, mailchimp_status, group_status) in enumerate(sides, 1):
        contact = 200 - number if number % 7 else None
        add_row(
            tx,
            sync_status=sync_status,
            mailchimp_status=mailchimp_status,
            civicrm_contact_id=contact,
            mailchimp_email=f"p{number % 10}_{number}@example.org" if number % 5 else None,
            mailchimp_updated=hour(number % 11) if number % 4 else None,
            reason=("MC_BOUNCED", "MC_COMPLIANCE", None)[number % 3],
        )
        if contact is not None and group_status is not None:
            memberships.append((contact, NEWSLETTER, group_status))
    groups.store_memberships(tx, LIST, RUN, memberships, date=hour(7))
    add_row(tx, mailchimp_list_id=OTHER_LIST, mailchimp_email="elsewhere@example.org")


def ids(tx: Connection, wanted: RowFilter, turn: Turn | None = None) -> list[int]:
    return [row.id for row in find(tx, wanted, turn or Turn(size=1_000)).rows]


STANDINGS = {Show.NEEDS_ATTENTION, Show.FINE, Show.ACCEPTED}


@pytest.mark.parametrize("show", [one for one in Show if one not in {Show.TODO, Show.OUTSTANDING, *STANDINGS}])
def test_a_number_of_the_balance_leads_to_exactly_its_rows(store: Store, show: Show) -> None:
    with store.begin() as tx:
        everybody(tx)
        tx.execute(update(cache).values(reason="DEPARTED_TRASHED"))  # of those that are settled, that is as chosen
        number = getattr(counts.agreement(tx, LIST, NEWSLETTER), show.value)
        found = find(tx, replace(ALL, show=(show,)), Turn(size=1_000))

    assert number > 0
    assert (found.number, len(found.rows)) == (number, number)


def test_the_outstanding_are_those_with_an_update_that_is_not_done(store: Store) -> None:
    with store.begin() as tx:
        everybody(tx)
        first, second, *_ = ids(tx, ALL)
        for row_id, done in ((first, 0), (second, 1)):
            values = {"mailchimpsync_cache_id": row_id, "data": {}, "completed": done, "created_date": hour(1)}
            tx.execute(insert(updates_table).values(values))
        number, _ = updates.count_open_updates(tx, LIST)

        assert ids(tx, replace(ALL, show=(Show.OUTSTANDING,))) == [first]
        assert number == 1


@pytest.mark.parametrize("descends", [False, True])
@pytest.mark.parametrize(
    ("order", "few"),
    [*((order, 10_000) for order in Order), *((order, 5) for order in Order if order.is_indexed)],
    ids={10_000: "few are sorted here", 5: "many are read by an index"}.get,
)
def test_the_pages_there_and_back_have_everyone_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, order: Order, descends: bool, few: int
) -> None:
    monkeypatch.setattr(browse, "SMALL_RESULT", few)
    turn = Turn(order, descends, size=7)
    with store.begin() as tx:
        everybody(tx)
        there, positions = _walk(tx, turn)
        back = _walk_back(tx, turn, positions)

    assert sorted(there) == sorted(set(there))
    assert len(there) == 60
    assert back == there


def test_a_place_that_cannot_be_begins_at_the_first_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse, "SMALL_RESULT", 5)
    with store.begin() as tx:
        everybody(tx)
        first = ids(tx, ALL, Turn(size=7))

        assert ids(tx, ALL, Turn(after=(None, 5), size=7)) == first


def _walk(tx: Connection, turn: Turn) -> tuple[list[int], list[tuple[Place, Place]]]:
    seen: list[int] = []
    positions: list[tuple[Place, Place]] = []
    after = None
    for _ in range(20):
        found = find(tx, ALL, replace(turn, after=after))
        seen += [row.id for row in found.rows]
        assert found.positions is not None
        assert found.has_previous == bool(positions)
        positions.append(found.positions)
        if not found.has_next:
            return seen, positions
        after = found.positions[1]
    raise AssertionError("there is no end of pages")


def _walk_back(tx: Connection, turn: Turn, positions: list[tuple[Place, Place]]) -> list[int]:
    """From the last page to the first, in the order of the rows."""
    last = find(tx, ALL, replace(turn, after=positions[-2][1]))
    seen = [row.id for row in last.rows]
    found = last
    while found.has_previous:
        assert found.positions is not None
        found = find(tx, ALL, replace(turn, before=found.positions[0]))
        seen = [row.id for row in found.rows] + seen
    return seen


@pytest.mark.parametrize("few", [10_000, 5])
def test_the_next_page_misses_nobody_although_rows_before_it_change_and_go(
    store: Store, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(browse, "SMALL_RESULT", few)
    turn = Turn(Order.SYNC_STATUS, size=10)
    with store.begin() as tx:
        everybody(tx)
        whole = _walk(tx, turn)[0]
        first = find(tx, ALL, turn)
        tx.execute(delete(cache).where(cache.c.id == whole[0]))
        tx.execute(update(cache).where(cache.c.id == whole[3]).values(sync_status="todo"))
        assert first.positions is not None
        following = ids(tx, ALL, replace(turn, after=first.positions[1]))

    assert [one for one in following if one != whole[3]] == whole[10:20][: len(following) - (whole[3] in following)]


def test_rows_without_a_value_come_last_in_both_directions(store: Store) -> None:
    with store.begin() as tx:
        everybody(tx)
        for descends in (False, True):
            rows = find(tx, ALL, Turn(Order.CONTACT, descends, size=100)).rows
            known = [row.civicrm_contact_id for row in rows]
            numbers = [one for one in known if one is not None]
            assert numbers == sorted(numbers, reverse=descends)
            assert known[len(numbers) :] == [None] * 8


def test_too_many_to_be_sorted_by_address_come_by_number(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse, "SMALL_RESULT", 5)
    with store.begin() as tx:
        everybody(tx)
        found = find(tx, ALL, Turn(Order.ADDRESS))

    assert found.order is Order.ID
    assert found.number == 60


def test_in_haste_only_the_first_rows_are_looked_through_where_no_index_helps(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browse, "WINDOW", 20)
    cleaned, failed = replace(ALL, mailchimp_status=("cleaned",)), replace(ALL, sync_status=FAILED)
    with store.begin() as tx:
        everybody(tx)
        hasty, patient = find(tx, cleaned, Turn(), quick=True), find(tx, cleaned, Turn())
        led = find(tx, failed, Turn(), quick=True)

    assert (hasty.is_whole, patient.is_whole, led.is_whole) == (False, True, True)
    assert (hasty.number, patient.number, led.number) == (6, 15, 12)


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (replace(ALL, sync_status=("ok", "fail")), 24),
        (replace(ALL, mailchimp_status=(NONE,)), 15),
        (replace(ALL, mailchimp_status=(NONE, "cleaned"), sync_status=("ok",)), 6),
        (replace(ALL, civicrm_status=("Added",)), 17),
        (replace(ALL, civicrm_status=(NONE, "Added", "Removed")), 60),
        (replace(ALL, reason=("MC_BOUNCED",)), 20),
        (replace(ALL, reason=(NONE,)), 20),
        (replace(ALL, contact_id=199), 1),
        (replace(ALL, email="P1_"), 6),
        (replace(ALL, email="%"), 0),
        (replace(ALL, email="elsewhere"), 0),
    ],
)
def test_filters_find_those_who_fit(store: Store, wanted: RowFilter, number: int) -> None:
    with store.begin() as tx:
        everybody(tx)
        assert find(tx, wanted, Turn()).number == number


def test_all_that_match_are_made_due_but_for_those_who_will_be_decided_anyway(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browse, "_STEP", 5)
    with store.begin() as tx:
        everybody(tx)
        before = {row.id: row.sync_status for row in find(tx, ALL, Turn(size=100)).rows}
        affected, last = 0, 0
        for _ in range(20):
            after, number = browse.include_some(tx, replace(ALL, mailchimp_status=("cleaned",)), last)
            affected += number
            if after is None:
                break
            last = after
        rows = find(tx, ALL, Turn(size=100)).rows

    changed = [row for row in rows if row.sync_status != before[row.id]]
    assert affected == len(changed) == 6
    assert {row.sync_status for row in changed} == {"todo"}
    assert {row.mailchimp_status for row in changed} == {"cleaned"}
    assert {before[row.id] for row in changed} == {"ok", "fail"}


def test_all_rows_are_read_for_a_file_some_at_a_time(store: Store) -> None:
    with store.begin() as tx:
        everybody(tx)
        wanted = replace(ALL, sync_status=FAILED)
        seen: list[int] = []
        while some := browse.stream(tx, wanted, seen[-1] if seen else 0, 5):
            seen += [row.id for row in some]

        assert seen == ids(tx, wanted)


def test_failures_are_counted_by_reason_with_the_first_people(store: Store) -> None:
    with store.begin() as tx:
        everybody(tx)
        found = failures.failures_by_reason(tx, LIST, 2)

    assert [(one.reason, one.number, len(one.first)) for one in found] == [
        (None, 4, 2),
        ("MC_BOUNCED", 4, 2),
        ("MC_COMPLIANCE", 1, 1),  # still subscribed
        ("MC_COMPLIANCE", 3, 2),
    ]


def test_a_pattern_takes_no_letter_for_a_wildcard() -> None:
    assert contains_text("a_b%") == "%a\x1f_b\x1f%%"
