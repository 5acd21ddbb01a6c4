"""People who can't be synced: who needs attention, who is fine, and who was accepted; the same on every database."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, func, select, update

from mailchimpsync.store import Store
from mailchimpsync.store.cache import accepted
from mailchimpsync.store.engine.paging import Turn
from mailchimpsync.store.queries.browse import find
from mailchimpsync.store.queries.failures import (
    Failed,
    FailedPerson,
    Standing,
    count_failed,
    failed_people,
    failures_by_reason,
)
from mailchimpsync.store.queries.filters import RowFilter, Show
from mailchimpsync.store.schema import accepted_person, cache
from store.databases import LIST, NEWSLETTER, OTHER_LIST, add_row, hour


def fail(tx: Connection, reason: str, detail: str | None = None, status: str | None = None) -> int:
    return add_row(tx, sync_status="fail", reason=reason, reason_detail=detail, mailchimp_status=status)


def standings(tx: Connection) -> dict[int, str]:
    return {one.id: one.standing for one in failed_people(tx, [LIST], limit=100)}


def test_everyone_who_fails_needs_attention_or_is_fine_or_was_accepted(store: Store) -> None:
    with store.begin() as tx:
        needs, one = fail(tx, "CV_NO_ADDRESS"), fail(tx, "CV_NO_ADDRESS")
        fine, mailed = fail(tx, "MC_OPTED_OUT", status="unsubscribed"), fail(tx, "MC_OPTED_OUT", status="subscribed")
        kind = fail(tx, "CV_BAD_ADDRESS")
        add_row(tx, sync_status="ok", reason="CV_BAD_ADDRESS")
        add_row(tx, sync_status="fail", reason="CV_BAD_ADDRESS", mailchimp_list_id=OTHER_LIST)
        assert accepted.accept_people(tx, [one], hour(1), "dora") == 1
        accepted.accept_reason(tx, LIST, "CV_BAD_ADDRESS", hour(2), "emil")
        accepted.accept_reason(tx, LIST, "CV_BAD_ADDRESS", hour(3), "somebody else")
        later = fail(tx, "CV_BAD_ADDRESS")

        assert standings(tx) == {
            **dict.fromkeys((needs, mailed), "needs attention"),
            fine: "fine as it is",
            **dict.fromkeys((one, kind, later), "accepted"),
        }
        assert count_failed(tx, [LIST]) == Failed(need_attention=2, fine=1, accepted=3)
        assert count_failed(tx, [LIST, OTHER_LIST]).need_attention == 3
        by = {row.id: (row.accepted_at, row.accepted_by, bool(row.accepted_for_all)) for row in people(tx)}
        assert by == {one: (hour(1), "dora", False), kind: (hour(2), "emil", True), later: (hour(2), "emil", True)}
        for show, number in ((Show.NEEDS_ATTENTION, 2), (Show.FINE, 1), (Show.ACCEPTED, 3)):
            wanted = replace(RowFilter(LIST, NEWSLETTER), show=(show,))
            assert find(tx, wanted, Turn()).number == number
        groups = [(one.reason, one.standing, one.number, len(one.first)) for one in failures_by_reason(tx, LIST, 1)]

    assert groups == [
        ("CV_NO_ADDRESS", Standing.NEEDS_ATTENTION, 1, 1),
        ("MC_OPTED_OUT", Standing.NEEDS_ATTENTION, 1, 1),
        ("MC_OPTED_OUT", Standing.FINE, 1, 1),
        ("CV_BAD_ADDRESS", Standing.ACCEPTED, 2, 1),
        ("CV_NO_ADDRESS", Standing.ACCEPTED, 1, 1),
    ]


def people(tx: Connection) -> list[FailedPerson]:
    return failed_people(tx, [LIST], Standing.ACCEPTED, limit=100)


def test_an_accepted_person_comes_back_when_the_reason_or_its_detail_changes_or_after_they_were_in_order(
    store: Store,
) -> None:
    with store.begin() as tx:
        rows = [fail(tx, "MC_REFUSED", "It is too long.") for _ in range(4)]
        other_reason, other_detail, healed, due = rows
        accepted.accept_people(tx, rows, hour(1), "dora")
        change(tx, other_reason, reason="MC_FIELD")
        change(tx, other_detail, reason_detail="It is too short.")
        change(tx, healed, sync_status="ok", reason="IN_SYNC", reason_detail=None)
        change(tx, due, sync_status="todo")

        assert standings(tx) == dict.fromkeys((other_reason, other_detail), "needs attention")
        assert accepted.drop_outdated(tx, LIST) == 3
        for row in rows:
            change(tx, row, sync_status="fail", reason="MC_REFUSED", reason_detail="It is too long.")

        assert {row for row, its in standings(tx).items() if its == "accepted"} == {due}


def change(tx: Connection, row: int, **values: object) -> None:
    tx.execute(update(cache).where(cache.c.id == row).values(values))


def test_what_was_accepted_is_taken_back_and_goes_with_the_row(store: Store) -> None:
    with store.begin() as tx:
        first, second, third = (fail(tx, "CV_NO_ADDRESS") for _ in range(3))
        accepted.accept_people(tx, [first, second, third], hour(1), "dora")
        accepted.accept_reason(tx, LIST, "CV_NO_ADDRESS", hour(1), "dora")

        assert accepted.reopen_people(tx, [first]) == 1
        tx.execute(cache.delete().where(cache.c.id == second))
        assert tx.execute(select(func.count()).select_from(accepted_person)).scalar_one() == 1
        assert accepted.reopen_reason(tx, LIST, "CV_NO_ADDRESS") == 2
        assert set(standings(tx).values()) == {"needs attention"}
