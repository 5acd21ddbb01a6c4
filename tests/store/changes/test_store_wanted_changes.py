"""The changes of a stored plan by kind, by date, by name and by address, a page at a time."""

from __future__ import annotations

from typing import Any

import pytest

from mailchimpsync.store import Store
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.kept_plans import ChangeFilter
from store.changes.test_store_plans import a_change
from store.databases import LIST, hour

DATES = [{"group": 8, "mailchimp": "2026-11-20T12:00:00+00:00", "civicrm": "2026-11-21T12:00:00+00:00"}]
PEOPLE: list[dict[str, Any]] = [
    {"address": "ann@example.org", "name": "Ann Lee", "kinds": ",join,", "dates": DATES},
    {"address": "bob@example.org", "name": "Bob Lee", "kinds": ",create,join,", "dates": None},
    {"address": "c_c@example.org", "name": None, "kinds": ",unsubscribe,", "dates": DATES},
    {"address": "old@example.org", "name": None, "kinds": None, "dates": None},
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ChangeFilter(), ["ann", "bob", "c_c", "old"]),
        (ChangeFilter(kind="join"), ["ann", "bob", "old"]),
        (ChangeFilter(kind="create"), ["bob", "old"]),
        (ChangeFilter(by_date=True), ["ann", "c_c"]),
        (ChangeFilter(search="LEE"), ["ann", "bob"]),
        (ChangeFilter(search="lee bob@"), ["bob"]),
        (ChangeFilter(search="c_c"), ["c_c"]),
        (ChangeFilter(search="%"), []),
        (ChangeFilter(kind="join", by_date=True, search="ann"), ["ann"]),
    ],
)
def test_only_wanted_changes_are_found_and_those_of_an_older_version_are_never_hidden_by_a_kind(
    store: Store, wanted: ChangeFilter, found: list[str]
) -> None:
    made = {"made_at": hour(8), "made_by": "ann", "expires_at": hour(23), "links": {}, "counts": {}, "excess": []}
    with store.begin() as tx:
        plan_id = kept_plans.keep_plan(tx, list_id=LIST, kind="plan", **made)
        changes = [{**a_change(number), **one, "cache_id": None, "run_id": None} for number, one in enumerate(PEOPLE)]
        kept_plans.keep_changes(tx, plan_id, changes)

        assert [one["address"][:3] for one in kept_plans.kept_changes(tx, plan_id, wanted)] == found
        assert [one["address"][:3] for one in kept_plans.kept_changes(tx, plan_id, wanted, offset=1, limit=1)] == found[
            1:2
        ]
        assert kept_plans.count_wanted(tx, plan_id, wanted) == len(found)
