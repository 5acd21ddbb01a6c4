"""What CiviCRM says of contacts in groups: dates from the history, the status from the memberships of today."""

from __future__ import annotations

from mailchimpsync.model import MCSYNC_METHOD, GroupState, GroupStatus
from mailchimpsync.store import Store
from mailchimpsync.store.cache import groups
from mailchimpsync.store.schema import cache
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
    identities,
    row,
)

ADDED, REMOVED = GroupStatus.ADDED, GroupStatus.REMOVED


def test_the_newest_entry_of_each_contact_and_group_counts(store: Store) -> None:
    entries = [
        (1, ANN, NEWSLETTER, hour(8), "Added", "Admin"),
        (2, ANN, NEWSLETTER, hour(9), "Removed", "Admin"),
        (3, ANN, EVENTS, hour(7), "Added", "Admin"),
    ]
    with store.begin() as tx:
        groups.store_history(tx, LIST, RUN, entries)
        states = groups.group_states(tx, LIST, [ANN, BOB])

    assert states == {ANN: {NEWSLETTER: GroupState(REMOVED, hour(9)), EVENTS: GroupState(None, hour(7))}}


def test_a_later_page_of_history_replaces_an_earlier_one(store: Store) -> None:
    with store.begin() as tx:
        groups.store_history(tx, LIST, RUN, [(1, ANN, NEWSLETTER, hour(8), "Added", "Admin")])
        groups.store_history(tx, LIST, RUN, [(2, ANN, NEWSLETTER, hour(9), "Removed", "Admin")])

        assert groups.group_states(tx, LIST, [ANN])[ANN][NEWSLETTER] == GroupState(REMOVED, hour(9))


def test_the_membership_of_today_outranks_the_history_and_keeps_its_date(store: Store) -> None:
    with store.begin() as tx:
        groups.store_history(tx, LIST, RUN, [(1, ANN, NEWSLETTER, hour(8), "Removed", "Admin")])
        groups.store_memberships(tx, LIST, RUN, [(ANN, NEWSLETTER, "Added")])

        assert groups.group_states(tx, LIST, [ANN])[ANN][NEWSLETTER] == GroupState(ADDED, hour(8))


def test_a_membership_without_history_has_no_date(store: Store) -> None:
    with store.begin() as tx:
        groups.store_memberships(tx, LIST, RUN, [(ANN, NEWSLETTER, "Added")])

        assert groups.group_states(tx, LIST, [ANN])[ANN][NEWSLETTER] == GroupState(ADDED, None)


def test_our_own_change_has_no_date_to_hold_against_mailchimps(store: Store) -> None:
    with store.begin() as tx:
        groups.store_history(tx, LIST, RUN, [(1, ANN, NEWSLETTER, hour(8), "Added", "Admin")])
        groups.store_memberships(tx, LIST, RUN, [(ANN, NEWSLETTER, "Removed")], date=hour(12))

        assert groups.group_states(tx, LIST, [ANN])[ANN][NEWSLETTER] == GroupState(REMOVED, None)


def test_our_own_change_read_back_from_the_history_is_an_echo_until_staff_say_something(store: Store) -> None:
    with store.begin() as tx:
        groups.store_history(tx, LIST, RUN, [(1, ANN, NEWSLETTER, hour(8), "Removed", MCSYNC_METHOD)])
        echo = groups.group_states(tx, LIST, [ANN])[ANN][NEWSLETTER]
        groups.store_history(tx, LIST, NEXT_RUN, [(2, ANN, NEWSLETTER, hour(9), "Removed", "Admin")])
        word = groups.group_states(tx, LIST, [ANN])[ANN][NEWSLETTER]

    assert (echo, word) == (GroupState(REMOVED, None), GroupState(REMOVED, hour(9)))


def test_what_a_full_reading_did_not_see_is_forgotten(store: Store) -> None:
    with store.begin() as tx:
        groups.store_memberships(tx, LIST, RUN, [(ANN, NEWSLETTER, "Added"), (BOB, NEWSLETTER, "Added")])
        groups.store_memberships(tx, OTHER_LIST, RUN, [(ANN, NEWSLETTER, "Added")])
        groups.store_memberships(tx, LIST, NEXT_RUN, [(BOB, NEWSLETTER, "Added")])
        groups.forget_unseen(tx, LIST, NEXT_RUN)

        assert set(groups.group_states(tx, LIST, [ANN, BOB])) == {BOB}
        assert set(groups.group_states(tx, OTHER_LIST, [ANN])) == {ANN}


def test_group_members_without_a_row_get_one(store: Store) -> None:
    memberships = [
        (ANN, NEWSLETTER, "Added"),
        (BOB, NEWSLETTER, "Removed"),
        (CHARLIE, EVENTS, "Added"),
    ]
    with store.begin() as tx:
        groups.store_memberships(tx, LIST, RUN, memberships)
        added = groups.add_rows_for_group_members(tx, LIST, NEWSLETTER, RUN)
        found = tx.execute(cache.select()).mappings().one()

    assert added == 1
    assert (found["civicrm_contact_id"], found["identity"], found["sync_status"]) == (ANN, f"c:{ANN}", "todo")


def test_nobody_gets_a_second_row(store: Store) -> None:
    with store.begin() as tx:
        add_row(tx, identity="m:ann", civicrm_contact_id=ANN)
        groups.store_memberships(tx, LIST, RUN, [(ANN, NEWSLETTER, "Added"), (BOB, NEWSLETTER, "Added")])

        assert groups.add_rows_for_group_members(tx, LIST, NEWSLETTER, RUN) == 1
        assert groups.add_rows_for_group_members(tx, LIST, NEWSLETTER, RUN) == 0
        assert identities(tx) == {"m:ann", f"c:{BOB}"}


def test_members_this_run_did_not_see_get_none(store: Store) -> None:
    with store.begin() as tx:
        groups.store_memberships(tx, LIST, RUN, [(ANN, NEWSLETTER, "Added")])

        assert groups.add_rows_for_group_members(tx, LIST, NEWSLETTER, NEXT_RUN) == 0


def test_the_rows_of_those_who_came_or_went_are_due(store: Store) -> None:
    with store.begin() as tx:
        anns = add_row(tx, civicrm_contact_id=ANN)
        bobs = add_row(tx, civicrm_contact_id=BOB)
        under_way = add_row(tx, civicrm_contact_id=ANN, sync_status="live")
        groups.store_memberships(tx, LIST, RUN, [(BOB, NEWSLETTER, "Added")])
        groups.store_memberships(tx, LIST, NEXT_RUN, [(ANN, EVENTS, "Removed")])

        assert groups.make_changed_rows_due(tx, LIST, NEXT_RUN) == 2
        assert [row(tx, key)["sync_status"] for key in (anns, bobs, under_way)] == ["todo", "ok", "live"]
        assert row(tx, under_way)["recheck"]


def test_the_snapshot_shows_each_group_with_status_and_date(store: Store) -> None:
    with store.begin() as tx:
        anns = add_row(tx, civicrm_contact_id=ANN)
        bobs = add_row(tx, civicrm_contact_id=BOB)
        groups.store_history(tx, LIST, RUN, [(1, ANN, NEWSLETTER, hour(8), "Removed", "Admin")])
        groups.store_memberships(tx, LIST, RUN, [(ANN, EVENTS, "Added")])
        groups.snapshot_groups(tx, LIST)
        snapshot = row(tx, anns)["civicrm_groups"]

        assert row(tx, bobs)["civicrm_groups"] is None

    entries = dict(entry.split(";", 1) for entry in snapshot.split("|"))
    assert set(entries) == {str(NEWSLETTER), str(EVENTS)}
    assert entries[str(NEWSLETTER)].startswith("Removed;2026-11-20 08:00:00")
    assert entries[str(EVENTS)] == "Added;"
