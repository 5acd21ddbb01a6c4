"""Figures by day: who joined and who left, for which reason, on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from alembic import command
from sqlalchemy import Connection, insert

from mailchimpsync.effects import Effect, What
from mailchimpsync.model import Side
from mailchimpsync.store import Store
from mailchimpsync.store.journal.journal import NewEntry, write_journal
from mailchimpsync.store.queries.counts import Agreement
from mailchimpsync.store.runs import daily, figures
from mailchimpsync.store.schema import run, status
from store.databases import ANN, BOB, CHARLIE, EVENTS, LIST, NEWSLETTER, add_row
from store.engine.test_store_schema import migrations

NOW = datetime.now(UTC)
TODAY = NOW.date()


def begin_run(tx: Connection) -> int:
    values = {"list_id": LIST, "started_at": NOW, "links": {"group_id": NEWSLETTER}, "finished_at": NOW}
    key = tx.execute(insert(run).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def to_group(cache_id: int, new: str, reason: str, run_id: int, group: int = NEWSLETTER) -> NewEntry:
    return NewEntry(LIST, cache_id, NOW, Effect(Side.CIVICRM, What.GROUP, str(group), None, new), reason, run_id=run_id)


def to_member(cache_id: int, new: str, reason: str, run_id: int) -> NewEntry:
    return NewEntry(LIST, cache_id, NOW, Effect(Side.MAILCHIMP, What.STATUS, "", None, new), reason, run_id=run_id)


def counted(tx: Connection) -> dict[str, int]:
    return {one.name: one.number for one in daily.figures_since(tx, [LIST], TODAY)}


def test_people_count_once_as_joined_or_left_with_the_reason(store: Store) -> None:
    with store.begin() as tx:
        run_id = begin_run(tx)
        bounced = add_row(tx, mailchimp_status="cleaned")
        complained = add_row(tx, mailchimp_status="unsubscribed", hold_reason="MAILCHIMP_COMPLAINED")
        write_journal(
            tx,
            [
                to_group(ANN, "Removed", "MAILCHIMP_LEFT", run_id),
                to_group(ANN, "Removed", "MAILCHIMP_LEFT", run_id, EVENTS),
                to_group(bounced, "Removed", "MAILCHIMP_LEFT", run_id),
                to_group(complained, "Removed", "MAILCHIMP_LEFT", run_id),
                to_group(BOB, "Added", "MAILCHIMP_SUBSCRIBED", run_id),
                to_group(BOB, "Added", "INTERESTS_CHANGED", run_id, EVENTS),
            ],
        )
        write_journal(
            tx,
            [
                to_member(ANN, "unsubscribed", "CIVICRM_REMOVED", run_id),
                to_member(BOB, "archived", "DEPARTED_DECEASED", run_id),
                to_group(BOB, "Removed", "DEPARTED_DECEASED", run_id),
                to_member(CHARLIE, "archived", "CIVICRM_READDRESSED", run_id),
                to_member(CHARLIE, "subscribed", "CIVICRM_ADDED", run_id),
            ],
        )
        daily.add_erased(tx, LIST, NOW, [add_row(tx, base_subscribed=True), add_row(tx, base_subscribed=True)])
        daily.add_erased(tx, LIST, NOW, [add_row(tx, base_subscribed=False)])

        assert counted(tx) == {
            "joined": 2,
            "left MAILCHIMP_LEFT": 1,
            "left MAILCHIMP_BOUNCED": 1,
            "left MAILCHIMP_COMPLAINED": 1,
            "left CIVICRM_REMOVED": 1,
            "left DEPARTED_DECEASED": 1,
            "left ERASED": 1,
        }


def test_the_last_run_of_a_day_says_how_many_people_there_are_and_old_days_are_forgotten(store: Store) -> None:
    with store.begin() as tx:
        for number in (8, 9):
            daily.record_totals(tx, LIST, NOW, Agreement(subscribed_at_civicrm=number, subscribed_at_mailchimp=7))
        daily.record_totals(tx, LIST, NOW - timedelta(days=9), Agreement())

        assert daily.forget_figures(tx, NOW - timedelta(days=8)) == 2
        assert daily.forget_figures(tx, NOW - timedelta(days=8)) == 0
        assert counted(tx) == {"civicrm": 9, "mailchimp": 7}


def test_an_older_database_gets_its_figures_from_runs_and_the_journal(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(insert(status).values(list_id=LIST, stage="readyToFetch", links={"group_id": NEWSLETTER}))
        run_id = begin_run(tx)
        changes: list[Any] = [
            to_group(ANN, "Removed", "MAILCHIMP_LEFT", run_id),
            to_group(BOB, "Added", "MAILCHIMP_SUBSCRIBED", run_id),
            to_group(BOB, "Added", "INTERESTS_CHANGED", run_id, EVENTS),
            to_member(CHARLIE, "unsubscribed", "CIVICRM_REMOVED", run_id),
        ]
        write_journal(tx, changes)
        figures.record_totals(tx, run_id, found := Agreement(subscribed_at_civicrm=5, subscribed_at_mailchimp=4))
        daily.record_totals(tx, LIST, NOW, found)
        before = counted(tx)
        assert before.keys() == {"civicrm", "mailchimp", "joined", "left MAILCHIMP_LEFT", "left CIVICRM_REMOVED"}
        command.downgrade(migrations(tx), "0025")
    store.migrate()
    with store.begin() as tx:
        assert counted(tx) == before
