"""The questions behind a run's doubts: who was known, and who of them is not found again."""

from __future__ import annotations

import random

from mailchimpsync.store import Store
from mailchimpsync.store.cache import groups
from mailchimpsync.store.runs import plausibility, runs
from store.databases import (
    ANN,
    BOB,
    CHARLIE,
    EVENTS,
    LIST,
    NEWSLETTER,
    NEXT_RUN,
    OTHER_LIST,
    RUN,
    add_row,
    hour,
    row,
)

INTEREST = "1111111111"


def test_anyone_who_is_subscribed_makes_an_audience_not_empty(store: Store) -> None:
    with store.begin() as tx:
        add_row(tx, mailchimp_status="archived", seen_run=NEXT_RUN)
        assert not plausibility.has_subscribed_members(tx, LIST, None)
        add_row(tx, mailchimp_status="pending", seen_run=RUN)

        assert plausibility.has_subscribed_members(tx, LIST, None)
        assert plausibility.has_subscribed_members(tx, LIST, RUN)
        assert not plausibility.has_subscribed_members(tx, LIST, NEXT_RUN)
        assert not plausibility.has_subscribed_members(tx, OTHER_LIST, None)


def test_a_person_who_was_agreed_on_is_counted_unless_a_change_is_under_way(store: Store) -> None:
    with store.begin() as tx:
        add_row(tx, base_subscribed=True, civicrm_contact_id=ANN, base_interests={INTEREST: True})
        add_row(tx, base_subscribed=True, base_interests={INTEREST: False})
        add_row(tx, base_subscribed=False, civicrm_contact_id=BOB, base_interests={INTEREST: True})
        add_row(tx, base_subscribed=True, civicrm_contact_id=CHARLIE, sync_status="live")

        assert plausibility.count_agreed(tx, LIST) == 2
        assert plausibility.count_agreed(tx, LIST, with_contact=True) == 1
        assert plausibility.count_agreed(tx, LIST, interest=INTEREST) == 2


def test_members_whom_a_run_has_not_seen_are_missing_and_new_ones_were_not_known(store: Store) -> None:
    with store.begin() as tx:
        add_row(tx, mailchimp_member_id="ann", base_subscribed=True, seen_run=NEXT_RUN)
        add_row(tx, mailchimp_member_id="bob", base_subscribed=False, seen_run=RUN)
        add_row(tx, mailchimp_member_id="charlie", base_subscribed=True, seen_run=None)
        add_row(tx, mailchimp_member_id="new", base_subscribed=None, seen_run=NEXT_RUN)

        assert plausibility.members_missing(tx, LIST, NEXT_RUN) == (3, 2)


def test_a_removal_is_a_trace_and_another_group_is_none(store: Store) -> None:
    with store.begin() as tx:
        for contact in (ANN, BOB, CHARLIE):
            add_row(tx, base_subscribed=True, civicrm_contact_id=contact)
        groups.store_memberships(tx, LIST, RUN, [(CHARLIE, NEWSLETTER, "Added")])
        groups.store_history(tx, LIST, NEXT_RUN, [(1, ANN, NEWSLETTER, hour(8), "Removed", "Admin")])
        groups.store_memberships(tx, LIST, NEXT_RUN, [(BOB, EVENTS, "Added")])

        assert plausibility.memberships_missing(tx, LIST, NEWSLETTER, NEXT_RUN) == (3, 2)
        assert not plausibility.has_group_members(tx, LIST, NEWSLETTER, NEXT_RUN)
        assert plausibility.has_group_members(tx, LIST, NEWSLETTER, None)
        assert plausibility.has_group_members(tx, LIST, EVENTS, NEXT_RUN)
        assert not plausibility.has_seen_group(tx, LIST, EVENTS, RUN)


def test_some_owners_are_all_or_come_from_all_over(store: Store) -> None:
    with store.begin() as tx:
        assert plausibility.sample_owners(tx, LIST, 5, random.Random(1)) == []
        for contact in range(1_000, 1_100):
            add_row(tx, civicrm_contact_id=contact)
        few = plausibility.sample_owners(tx, LIST, 100, random.Random(1))
        some = plausibility.sample_owners(tx, LIST, 30, random.Random(1))

    assert few == list(range(1_000, 1_100))
    assert 10 <= len(some) <= 30
    assert some[0] < 1_030
    assert some[-1] > 1_070


def test_owners_are_forgotten_except_where_a_change_is_under_way(store: Store) -> None:
    with store.begin() as tx:
        only_civicrm = add_row(tx, civicrm_contact_id=ANN)
        member = add_row(tx, civicrm_contact_id=BOB, mailchimp_member_id="bob")
        in_flight = add_row(tx, civicrm_contact_id=CHARLIE, sync_status="live")
        later = add_row(tx, civicrm_contact_id=ANN, mailchimp_member_id="later")
        plausibility.forget_owners(tx, LIST, only_civicrm - 1, in_flight)

        owners = {key: row(tx, key)["civicrm_contact_id"] for key in (member, in_flight, later)}
        assert owners == {member: None, in_flight: CHARLIE, later: ANN}
        assert plausibility.sample_owners(tx, LIST, 9, random.Random(1)) == [ANN, CHARLIE]


def test_what_civicrm_showed_is_remembered_and_what_someone_accepted_too(store: Store) -> None:
    with store.begin() as tx:
        runs.acquire_lease(tx, LIST, "somebody")
        run_id = runs.begin_run(tx, LIST, hour(9), None)
        assert not runs.run_start(tx, run_id).accepts_empty
        runs.remember_seen(tx, LIST, {"entries": [[1, ANN, NEWSLETTER, "2026-11-20T08:00:00+00:00"]]})
        runs.accept_empty(tx, run_id)

        assert runs.run_start(tx, run_id).accepts_empty
        assert (runs.stored_status(tx, LIST).seen or {})["entries"][0][:3] == [1, ANN, NEWSLETTER]
