"""What is forgotten after a time, and what never is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select

from mailchimpsync.actions import Site, journal_verify
from mailchimpsync.config import Schedule
from mailchimpsync.store.journal import minimise
from mailchimpsync.store.journal.journal import write_journal
from mailchimpsync.store.schema import batch, cache, event, journal, log, run, update
from mailchimpsync.worker.tasks.housekeeping import prune_database
from support.journal import new_entry
from support.service import LIST_ID, Charity


@pytest.fixture
def site(charity: Charity) -> Iterator[Site]:
    charity.make_site(Schedule(enabled=False))
    with charity.site() as site:
        yield site


def add(site: Site, table: Table, days: float, time: str, **values: Any) -> int:
    at = site.runtime.now() - timedelta(days=days)
    with site.store.begin() as tx:
        key = tx.execute(insert(table).values({time: at, **values})).inserted_primary_key
    return int(key[0]) if key else 0


def add_update(site: Site, days: float, batch_id: int | None, *, completed: int = 1) -> int:
    with site.store.begin() as tx:
        number = tx.execute(select(func.count()).select_from(cache)).scalar_one()
        row = tx.execute(
            insert(cache).values(mailchimp_list_id=LIST_ID, identity=f"m:{number}", sync_status="ok")
        ).inserted_primary_key
    values: dict[str, Any] = {"mailchimpsync_cache_id": row[0] if row else 0, "data": {}, "completed": completed}
    return add(site, update, days, "created_date", mailchimpsync_batch_id=batch_id, **values)


def ids(site: Site, table: Table) -> set[int]:
    with site.store.begin() as tx:
        return set(tx.execute(select(table.c.id)).scalars())


def never() -> bool:
    return False


def test_old_lines_of_logs_go_and_younger_ones_stay(site: Site) -> None:
    for _ in range(2_500):
        add(site, log, 91, "time", list_id=LIST_ID, message="old")
    young = add(site, log, 89, "time", list_id=LIST_ID, message="young")

    assert prune_database(site, never) == {"log": 2_500}
    assert ids(site, log) == {young}
    assert prune_database(site, never) == {}


def test_old_updates_go_once_they_are_complete_and_batches_after_them(site: Site) -> None:
    handled = add(site, batch, 100, "created_date", mailchimp_list_id=LIST_ID, response_processed=2)
    open_one = add(site, batch, 100, "created_date", mailchimp_list_id=LIST_ID, response_processed=0)
    young = add(site, batch, 10, "created_date", mailchimp_list_id=LIST_ID, response_processed=2)
    add_update(site, 100, handled)
    waiting = add_update(site, 100, open_one, completed=0)
    recent = add_update(site, 10, young)

    assert prune_database(site, never) == {"updates": 1, "batches": 1}
    assert ids(site, update) == {waiting, recent}
    assert ids(site, batch) == {open_one, young}


def test_an_open_update_in_a_batch_that_is_handled_keeps_it(site: Site) -> None:
    handled = add(site, batch, 100, "created_date", mailchimp_list_id=LIST_ID, response_processed=2)
    add_update(site, 100, handled, completed=0)

    assert prune_database(site, never) == {}
    assert ids(site, batch) == {handled}


def test_events_that_were_handled_a_month_ago_go_and_those_that_wait_never(site: Site) -> None:
    about = {"list_id": LIST_ID, "kind": "profile", "received_at": site.runtime.now(), "due_at": site.runtime.now()}
    add(site, event, 31, "finished_at", fingerprint="a", state="done", **about)
    young = add(site, event, 29, "finished_at", fingerprint="b", state="failed", **about)
    waiting = add(site, event, 400, "fired_at", fingerprint="c", state="waiting", **about)

    assert prune_database(site, never) == {"events": 1}
    assert ids(site, event) == {young, waiting}


def test_runs_are_kept_for_ever(site: Site) -> None:
    add(site, run, 4_000, "started_at", list_id=LIST_ID)

    assert prune_database(site, never) == {}
    assert len(ids(site, run)) == 1


def tell(site: Site, days: float, **values: Any) -> None:
    about = {"side": "CiviCRM", "field": "first_name", "old": "Ann", "new": "Anna", "reason": "MAILCHIMP_PROFILE"}
    at = site.runtime.now() - timedelta(days=days)
    with site.store.begin() as tx:
        entry = new_entry(list_id=LIST_ID, cache_id=1, member_id="a" * 32, time=at, **{**about, **values})
        write_journal(tx, [entry])


def told(site: Site) -> list[tuple[str, str]]:
    with site.store.begin() as tx:
        rows = tx.execute(select(journal).order_by(journal.c.id)).mappings()
        return [("hidden" if row["minimised_at"] else row["old"], row["field"]) for row in rows]


def with_settings(site: Site, **settings: int) -> None:
    site.settings = site.settings.model_copy(update=settings)


def test_the_journal_goes_after_three_years_and_says_for_half_a_year_whom_it_is_about(site: Site) -> None:
    for days in (1_096, 1_094, 181, 179):
        tell(site, days)

    assert prune_database(site, never) == {"journal": 1, "journal_minimised": 2}
    assert [who for who, _ in told(site)] == ["hidden", "hidden", "Ann"]
    assert journal_verify(site).is_intact
    assert prune_database(site, never) == {}


def test_a_site_may_keep_its_journal_for_ever(site: Site) -> None:
    with_settings(site, journal_days=0, journal_personal_days=0)
    tell(site, 4_000)

    assert prune_database(site, never) == {}
    assert told(site) == [("Ann", "first_name")]


def test_the_journal_is_tidied_up_in_steps_and_stops_when_told_to(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minimise, "ENTRIES_PER_STEP", 2)
    for _ in range(5):
        tell(site, 200)
    calls = iter([False] * 5 + [True] * 99)

    assert prune_database(site, lambda: next(calls)) == {"journal_minimised": 2}
    assert prune_database(site, never) == {"journal_minimised": 3}
    assert journal_verify(site).is_intact


def test_it_stops_when_told_to(site: Site) -> None:
    add(site, log, 91, "time", list_id=LIST_ID, message="old")

    assert prune_database(site, lambda: True) == {}
