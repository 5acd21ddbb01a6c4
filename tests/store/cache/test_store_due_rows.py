"""Due rows are settled by kind: one decision for all rows about which the same is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mailchimpsync.model import Base
from mailchimpsync.store import Store
from mailchimpsync.store.cache import rows
from mailchimpsync.store.cache.data import write_data
from mailchimpsync.store.cache.due_rows import Agreement, DueFacts, settle_agreeing_rows
from mailchimpsync.store.cache.groups import store_memberships
from store.databases import ANN, BOB, CHARLIE, EVENTS, LIST, NEWSLETTER, OTHER_LIST, RUN, add_row, row

AGREED = Agreement("IN_SYNC", Base(subscribed=True, interests={"news": False}))
SUBSCRIBED = {
    "sync_status": "todo",
    "mailchimp_status": "subscribed",
    "mailchimp_interests": {"news": True},
    "base_subscribed": True,
    "base_interests": {"news": True},
}
DIFFERENCES: list[Mapping[str, Any]] = [
    {"civicrm_contact_id": None},
    {"civicrm_contact_id": BOB},  # in no group
    {"civicrm_contact_id": CHARLIE},  # in another group
    {"mailchimp_status": None},
    {"mailchimp_status": "pending"},
    {"mailchimp_interests": None},
    {"mailchimp_interests": {"news": False}},
    {"base_subscribed": None},
    {"base_subscribed": False},
    {"base_interests": None},
    {"base_interests": {"news": False}},
    {"marks": "opt_out"},
    {"departure": "deceased"},
    {"departed_contact_id": BOB},
    {"departure": "deceased", "departed_contact_id": BOB},
    {"mailchimp_interests": None, "base_interests": None},
]
MORE: list[Mapping[str, Any]] = [
    {"new_address": "ann@example.net"},
    {"inherited": "opt_out"},
    {"contact_problem": "CV_UNREADABLE"},
    {"member_problem": "MC_UNREADABLE"},
    {"names_before": {"first_name": "An"}},
    {"address_before": "an@example.org"},
    {"hold_reason": "MAILCHIMP_BOUNCED"},
    {"identity": "e:1234"},
]


def test_rows_of_one_kind_are_decided_once_and_settled_together(store: Store) -> None:
    decided: list[DueFacts] = []

    def agreed(facts: DueFacts) -> Agreement:
        decided.append(facts)
        return AGREED

    before = {"reason": "MC_FIELD", "reason_detail": "x", "refusal": {"code": "MC_FIELD"}}
    with store.begin() as tx:
        store_memberships(tx, LIST, RUN, [(ANN, NEWSLETTER, "Added"), (BOB, NEWSLETTER, "Added")])
        ann, bob = (add_row(tx, civicrm_contact_id=contact, **SUBSCRIBED, **before) for contact in (ANN, BOB))
        add_row(tx, **{**SUBSCRIBED, "sync_status": "ok"})
        add_row(tx, mailchimp_list_id=OTHER_LIST, **SUBSCRIBED)
        settled = settle_agreeing_rows(tx, LIST, 0, 9, agreed)
        found = [row(tx, one) for one in (ann, bob)]

        assert settle_agreeing_rows(tx, LIST, 0, 9, agreed) is None

    assert settled == (bob, 2, [])
    (facts,) = decided
    assert (facts.mailchimp_status, facts.groups, facts.interests) == (
        "subscribed",
        f"{NEWSLETTER}:Added",
        '{"news":true}',
    )
    for one in found:
        assert (one["sync_status"], one["reason"], one["reason_detail"]) == ("ok", "IN_SYNC", None)
        assert (one["refusal"], one["base_subscribed"], one["base_interests"]) == (None, True, {"news": False})


def test_rows_that_differ_in_any_fact_are_of_different_kinds(store: Store) -> None:
    kinds: list[tuple[Any, ...]] = []

    def only_the_first(facts: DueFacts) -> Agreement | None:
        kinds.append(facts[1:])
        return AGREED if facts.id == first else None

    with store.begin() as tx:
        store_memberships(tx, LIST, RUN, [(ANN, NEWSLETTER, "Added"), (CHARLIE, EVENTS, "Added")])
        first, *different = (
            add_row(tx, **{**SUBSCRIBED, "civicrm_contact_id": ANN, **one}) for one in ({}, *DIFFERENCES)
        )
        settled = settle_agreeing_rows(tx, LIST, 0, 99, only_the_first)

    assert settled == (different[-1], 1 + len(different), different)
    assert len(set(kinds)) == len(kinds) == 1 + len(DIFFERENCES)


@pytest.mark.parametrize("more", [*MORE, "data"], ids=str)
def test_rows_of_which_more_is_known_are_left_for_the_rules(store: Store, more: Mapping[str, Any] | str) -> None:
    with store.begin() as tx:
        one = add_row(tx, **{**SUBSCRIBED, "civicrm_contact_id": ANN, **(more if isinstance(more, dict) else {})})
        if more == "data":
            write_data(tx, [{"cache_id": one, "wanted": {"tags": {}}}])

        assert settle_agreeing_rows(tx, LIST, 0, 9, lambda _: AGREED) == (one, 1, [one])


def test_due_rows_come_step_by_step(store: Store) -> None:
    with store.begin() as tx:
        ann, bob = add_row(tx, **SUBSCRIBED), add_row(tx, **SUBSCRIBED)

        assert rows.count_due(tx, LIST) == 2
        assert settle_agreeing_rows(tx, LIST, 0, 1, lambda _: None) == (ann, 1, [ann])
        assert settle_agreeing_rows(tx, LIST, ann, 1, lambda _: None) == (bob, 1, [bob])
