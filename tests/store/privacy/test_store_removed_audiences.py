"""An audience that is connected no longer is forgotten with all that belongs to it, and with nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import Connection, Table, func, insert, select

from mailchimpsync.effects import Effect, What
from mailchimpsync.errors import Code
from mailchimpsync.model import Side, Stage
from mailchimpsync.store import Store
from mailchimpsync.store.cache import groups
from mailchimpsync.store.changes import batches, kept_plans, updates
from mailchimpsync.store.journal import journal
from mailchimpsync.store.journal.journal import NewEntry
from mailchimpsync.store.privacy import removed_audiences
from mailchimpsync.store.privacy.removed_audiences import AudienceData
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import (
    alert,
    batch,
    cache,
    change,
    event,
    group_contact,
    kept_plan,
    log,
    metadata,
    run,
    status,
    update,
)
from mailchimpsync.store.schema import journal as journal_table
from mailchimpsync.store.site import alerts, configurations, webhook_events
from store.databases import ANN, LIST, NEWSLETTER, OTHER_LIST, add_row, hour

ROWS = 5
GOES = (alert, batch, cache, event, group_contact, change, kept_plan, log, status, update)
STAYS = (journal_table, run)


def furnish(tx: Connection, list_id: str) -> None:
    """An audience in the midst of a run: rows, updates in a batch and waiting, a plan, a log, an event, a journal."""
    lease = runs.acquire_lease(tx, list_id, "somebody")
    run_id = runs.begin_run(tx, list_id, hour(8), None, {"group_id": NEWSLETTER, "interests": {}})
    rows = [add_row(tx, mailchimp_list_id=list_id) for _ in range(ROWS)]
    open_updates = [
        {"mailchimpsync_cache_id": row, "data": {}, "created_date": hour(8), "open_row": row} for row in rows
    ]
    updates.add_updates(tx, open_updates)
    unsent = updates.unsent_updates(tx, list_id, 10)
    batches.set_batch(tx, batches.open_batch(tx, list_id, [unsent[0].id], hour(8), "mark"), mailchimp_batch_id="b1")
    changes = {"create_contact": False, "group_changes": [], "sync_status": "ok", "reason": "IN_SYNC", "agreed": {}}
    changes |= {"identity": "m:ann", "before": {}}
    tx.execute(insert(change).values(run_id=run_id, cache_id=rows[0], **changes))
    kept = {"made_at": hour(8), "made_by": "ann", "expires_at": hour(9), "links": {}, "counts": {}, "excess": []}
    plan_id = kept_plans.keep_plan(tx, list_id=list_id, kind="plan", **kept)
    tx.execute(insert(change).values(plan_id=plan_id, **changes))
    runs.add_log(tx, list_id, run_id, hour(8), "Began.")
    groups.store_memberships(tx, list_id, run_id, [(ANN, NEWSLETTER, "Added"), (ANN, 6, "Added")])
    webhook_events.add_event(tx, list_id=list_id, kind="profile", fingerprint=list_id, data={}, now=hour(8))
    alerts.raise_alert(tx, f"late:{list_id}", kind="late", list_id=list_id, data={}, began_at=hour(8))
    removed = Effect(Side.CIVICRM, What.GROUP, "5", new="Removed")
    journal.write_journal(tx, [NewEntry(list_id, rows[0], hour(8), removed, Code.IN_SYNC)])
    runs.release_lease(tx, lease)


def counts(tx: Connection) -> Mapping[Table, int]:
    return {table: tx.execute(select(func.count()).select_from(table)).scalar_one() for table in metadata.sorted_tables}


@pytest.fixture
def furnished(store: Store) -> Store:
    with store.begin() as tx:
        furnish(tx, OTHER_LIST)
        furnish(tx, LIST)
    return store


def forget(store: Store, list_id: str, limit: int = 2) -> int:
    """Forget step by step, each a transaction of its own, and return how many it took."""
    with store.begin() as tx:
        removed_audiences.begin_removal(tx, list_id, hour(9))
    steps, more = 0, True
    while more:
        with store.begin() as tx:
            more = removed_audiences.remove_some(tx, list_id, limit)
        steps += 1
    with store.begin() as tx:
        removed_audiences.finish_removal(tx, list_id)
    return steps


def test_what_would_go_is_counted(furnished: Store) -> None:
    with furnished.begin() as tx:
        assert removed_audiences.count_audience_data(tx, LIST) == AudienceData(LIST, ROWS, ROWS, 1, 1, 1)
        assert removed_audiences.count_audience_data(tx, "nobody") == AudienceData("nobody")
        assert removed_audiences.known_audiences(tx) == {LIST, OTHER_LIST}


def test_all_of_it_goes_and_nothing_of_another_audience(furnished: Store) -> None:
    with furnished.begin() as tx:
        before = counts(tx)

    forget(furnished, LIST)

    with furnished.begin() as tx:
        after = counts(tx)
        assert removed_audiences.count_audience_data(tx, OTHER_LIST) == AudienceData(OTHER_LIST, ROWS, ROWS, 1, 1, 1)
        assert removed_audiences.known_audiences(tx) == {OTHER_LIST}
    assert {table: after[table] for table in GOES} == {table: before[table] // 2 for table in GOES}
    assert all(before[table] for table in GOES)


def test_the_story_outlives_the_connection(furnished: Store) -> None:
    with furnished.begin() as tx:
        before = counts(tx)

    forget(furnished, LIST)

    with furnished.begin() as tx:
        last = runs.last_run(tx, LIST)
        after = counts(tx)
    assert {table: after[table] for table in STAYS} == {table: before[table] for table in STAYS}
    assert last is not None
    assert (last.finished_at, last.outcome) == (hour(9), "dropped")


def test_it_goes_in_small_steps(furnished: Store) -> None:
    assert forget(furnished, LIST, limit=2) > ROWS / 2


def test_one_that_is_half_forgotten_stands_as_if_it_had_never_been_synced(furnished: Store) -> None:
    with furnished.begin() as tx:
        removed_audiences.begin_removal(tx, LIST, hour(9))
        removed_audiences.remove_some(tx, LIST, 1)
        stored = runs.stored_status(tx, LIST)

    assert (stored.last_sync_time, stored.run_id, stored.stage) == (None, None, Stage.FETCH)


def test_forgetting_goes_on_after_a_crash_at_any_step(furnished: Store) -> None:
    for steps in range(6):
        with furnished.begin() as tx:
            removed_audiences.begin_removal(tx, LIST, hour(9))
        for _ in range(steps):
            with furnished.begin() as tx:
                removed_audiences.remove_some(tx, LIST, 1)

    forget(furnished, LIST)

    with furnished.begin() as tx:
        assert removed_audiences.known_audiences(tx) == {OTHER_LIST}


def test_of_two_who_save_a_configuration_at_once_one_is_told(store: Store, second_store: Store) -> None:
    with store.begin() as tx:
        assert configurations.save_configuration(tx, {"by": "ann"}, hour(8), "ann", after=0) == 1
    with second_store.begin() as tx:
        assert configurations.save_configuration(tx, {"by": "bella"}, hour(8), "bella", after=0) is None
        assert configurations.newest_configuration(tx) == {"by": "ann"}


def test_the_oldest_versions_go(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configurations, "VERSIONS_MAX", 3)
    with store.begin() as tx:
        for number in range(5):
            configurations.save_configuration(tx, {"number": number}, hour(8), "ann", after=number)

        assert [one.version for one in configurations.versions(tx, 10)] == [5, 4, 3]
        assert configurations.version(tx, 2) is None


def test_every_kept_version_is_encrypted_again(store: Store) -> None:
    with store.begin() as tx:
        for number in range(2):
            configurations.save_configuration(tx, {"key": f"old {number}"}, hour(8), "ann", after=number)

        assert configurations.reseal_documents(tx, lambda document: {"key": document["key"].upper()}) == 2
        assert [one.document for one in configurations.versions(tx, 10)] == [{"key": "OLD 1"}, {"key": "OLD 0"}]
