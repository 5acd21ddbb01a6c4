"""What is kept of comparisons, what becomes of it with time, and what a run did as an undo asks for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from mailchimpsync.effects import Effect, What
from mailchimpsync.errors import Code
from mailchimpsync.model import Side
from mailchimpsync.store import Store
from mailchimpsync.store.changes import undo
from mailchimpsync.store.journal import journal
from mailchimpsync.store.journal.journal import NewEntry
from mailchimpsync.store.runs import figures
from mailchimpsync.store.schema import verification
from mailchimpsync.store.verify import own_rows, verifications
from store.databases import ANN, LIST, OTHER_LIST, RUN, add_row, hour

FOUND: dict[str, Any] = {
    "members": 3,
    "subscribed": 2,
    "in_group": 2,
    "explained": 0,
    "unexplained": 1,
    "counts": [{"kind": "ticked", "cause": "unknown", "code": None, "count": 1}],
    "differences": [{"address": "ann@example.org"}],
}


def finished(tx: Connection, at: datetime, list_id: str = LIST) -> int:
    key = verifications.begin_verification(tx, list_id, at, "ann")
    verifications.finish_verification(tx, key, list_id, finished_at=at, **FOUND)
    return key


def test_the_newest_that_came_to_its_end_counts(store: Store) -> None:
    with store.begin() as tx:
        assert verifications.newest_verification(tx, LIST) is None
        finished(tx, hour(1))
        second = finished(tx, hour(2))
        verifications.begin_verification(tx, LIST, hour(3), "ann")
        finished(tx, hour(4), OTHER_LIST)
        newest = verifications.newest_verification(tx, LIST)

        assert newest is not None
        assert (newest.id, newest.differences) == (second, FOUND["differences"])
        assert verifications.last_begun(tx, LIST) == hour(3)
        assert [one.differences is None for one in verifications.verifications(tx, LIST, 9)] == [False, True]


def test_old_ones_are_forgotten_but_for_the_newest_of_each_audience(store: Store) -> None:
    with store.begin() as tx:
        finished(tx, hour(1))
        kept = [finished(tx, hour(2)), finished(tx, hour(1), OTHER_LIST)]
        verifications.begin_verification(tx, LIST, hour(1), "ann")

        assert verifications.forget_verifications(tx, hour(9)) == 2
        assert list(tx.execute(select(verification.c.id).order_by(verification.c.id)).scalars()) == kept


def test_rows_are_found_by_member_and_by_contact(store: Store) -> None:
    with store.begin() as tx:
        add_row(tx, identity="m:ann", mailchimp_member_id="ann", civicrm_contact_id=ANN)
        add_row(tx, identity="m:bob", mailchimp_member_id="bob", civicrm_contact_id=99)
        add_row(tx, identity="m:zoe", mailchimp_member_id="zoe")

        assert own_rows.contacts_of_members(tx, LIST, ["ann", "zoe", "nobody"]) == {"ann": ANN}
        about = own_rows.rows_about(tx, LIST, ["bob"], [ANN])
        assert {(row.mailchimp_member_id, bool(row.has_open_update)) for row in about} == {
            ("ann", False),
            ("bob", False),
        }


def test_a_runs_changes_are_found_row_by_row(store: Store) -> None:
    removed = Effect(Side.CIVICRM, What.GROUP, "8", new="Removed")

    def entry(row_id: int, run_id: int) -> NewEntry:
        return NewEntry(LIST, row_id, hour(1), removed, Code.MAILCHIMP_LEFT, contact_id=ANN, run_id=run_id)

    with store.begin() as tx:
        ann, bob = add_row(tx, identity="m:ann"), add_row(tx, identity="m:bob")
        journal.write_journal(tx, [entry(ann, RUN), entry(bob, RUN), entry(ann, RUN + 1), entry(ann, RUN)])

        assert list(undo.rows_changed_by(tx, RUN, 0)) == [ann, bob]
        assert list(undo.rows_changed_by(tx, RUN, ann)) == [bob]
        assert undo.effects_by_row(tx, RUN, [ann]) == {ann: [removed, removed]}
        assert list(undo.rows_of_identities(tx, LIST, ["m:bob", "m:zoe"])) == ["m:bob"]
        assert figures.find_run(tx, RUN) is None
