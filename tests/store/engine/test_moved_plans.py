"""Plans from before changes were one table: open ones stay open, and interrupted runs go on, on every database."""

from __future__ import annotations

from typing import Any

from alembic import command
from sqlalchemy import Connection, insert, inspect, select, text

from mailchimpsync.store import Store
from mailchimpsync.store.cache.groups import store_memberships
from mailchimpsync.store.changes import kept_plans, plans
from mailchimpsync.store.changes.kept_plans import LEFT_OUT, PlanState
from mailchimpsync.store.schema import change, kept_plan, status
from store.databases import ANN, LIST, NEWSLETTER, RUN, add_row, hour, row
from store.engine.test_store_schema import migrations

BEFORE = "0019"
OLD_TABLES = {"civicrm_mailchimpsync_plan", "civicrm_mailchimpsync_kept_change"}
WANTED: dict[str, Any] = {
    "create_contact": False,
    "group_changes": [[NEWSLETTER, "Removed"]],
    "member_update": {"email_address": "ann@example.org", "status": "unsubscribed"},
    "sync_status": "live",
    "reason": "CIVICRM_REMOVED",
    "agreed": {"subscribed": False, "interests": {"a1": True}},
}
BOB: dict[str, Any] = {
    **WANTED,
    "identity": "m:bob",
    "contact_id": 7,
    "address": "bob@example.org",
    "before": {"status": "subscribed", "interests": {}, "groups": {"5": "Added"}},
    "outcome": LEFT_OUT,
    "note": "It was no longer needed.",
}


def add_planned_changes(tx: Connection, row_id: int) -> int:
    """Plan a change of a row in a run, and another one in a plan that is open; return the plan."""
    made = {"made_at": hour(8), "made_by": "ann", "expires_at": hour(23), "links": {}, "counts": {}, "excess": []}
    plan_id = kept_plans.keep_plan(tx, list_id=LIST, kind="held", **made)
    kept_plans.keep_changes(tx, plan_id, [BOB])
    ann = {"identity": row(tx, row_id)["identity"], "before": {}, **WANTED}
    plans.add_to_plan(tx, [{"run_id": RUN, "cache_id": row_id, **ann}])
    return plan_id


def planned_changes(tx: Connection) -> list[tuple[int | None, int | None, str]]:
    columns = (change.c.run_id, change.c.cache_id, change.c.identity)
    return [(one.run_id, one.cache_id, one.identity) for one in tx.execute(select(*columns).order_by(change.c.id))]


def back_and_forth(store: Store) -> set[str]:
    """Go back to the two tables, and to one again; return the tables there were in between."""
    with store.begin() as tx:
        command.downgrade(migrations(tx), BEFORE)
        tables = set(inspect(tx).get_table_names())
    store.migrate()
    return tables


def test_an_open_plan_stays_open_with_its_changes(store: Store) -> None:
    with store.begin() as tx:
        plan_id = add_planned_changes(tx, add_row(tx))

    tables = back_and_forth(store)

    assert tables >= OLD_TABLES
    with store.begin() as tx:
        assert not OLD_TABLES & set(inspect(tx).get_table_names())
        assert tx.execute(select(kept_plan.c.id).where(kept_plan.c.state == PlanState.OPEN)).scalar_one() == plan_id
        [bob] = kept_plans.kept_changes(tx, plan_id)
        assert {name: bob[name] for name in BOB} == BOB
        assert (bob["run_id"], bob["cache_id"]) == (None, None)


def test_a_change_of_an_interrupted_run_is_still_to_be_made_and_knows_what_was_before(store: Store) -> None:
    with store.begin() as tx:
        ann = {"civicrm_contact_id": ANN, "mailchimp_member_id": "abc", "mailchimp_email": "ann@example.org"}
        row_id = add_row(tx, **ann, mailchimp_status="subscribed", mailchimp_interests={"a1": True})
        store_memberships(tx, LIST, RUN, [(ANN, NEWSLETTER, "Added")])
        add_planned_changes(tx, row_id)

    back_and_forth(store)

    with store.begin() as tx:
        [planned] = plans.open_changes(tx, RUN, 9)
        assert {name: planned[name] for name in WANTED} == WANTED
        assert (planned["cache_id"], planned["contact_id"], planned["member_id"]) == (row_id, ANN, "abc")
        before = {"status": "subscribed", "interests": {"a1": True}, "groups": {str(NEWSLETTER): "Added"}}
        assert (planned["address"], planned["before"]) == ("ann@example.org", before)


def test_places_in_the_old_tables_are_forgotten_and_others_kept(store: Store) -> None:
    with store.begin() as tx:
        progress = {"created_to": 7, "undone_to": 8, "decided_to": 9}
        tx.execute(insert(status).values(list_id=LIST, stage="readyToReconcileQueue", progress=progress))

    back_and_forth(store)

    with store.begin() as tx:
        assert tx.execute(select(status.c.progress)).scalar_one() == {"decided_to": 9}


def test_the_numbers_of_new_changes_follow_those_that_were_moved(store: Store) -> None:
    with store.begin() as tx:
        plan_id = add_planned_changes(tx, add_row(tx))

    back_and_forth(store)

    with store.begin() as tx:
        kept_plans.keep_changes(tx, plan_id, [{**BOB, "identity": "m:zoe"}])
        assert [identity for _, _, identity in planned_changes(tx)][-1] == "m:zoe"
        assert tx.execute(text("SELECT COUNT(*) FROM civicrm_mailchimpsync_change")).scalar_one() == 3
