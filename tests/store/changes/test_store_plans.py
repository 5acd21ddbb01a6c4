"""The plan, decided rows, the journal and the configuration."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from mailchimpsync.effects import Effect, What
from mailchimpsync.errors import Code, StoreError
from mailchimpsync.model import Side
from mailchimpsync.store import Store
from mailchimpsync.store.cache import ownership, rows
from mailchimpsync.store.cache.groups import store_memberships
from mailchimpsync.store.changes import plans
from mailchimpsync.store.journal import journal
from mailchimpsync.store.journal.journal import NewEntry
from mailchimpsync.store.queries import counts
from mailchimpsync.store.site import configurations
from store.databases import ANN, BOB, CHARLIE, LIST, NEWSLETTER, NEXT_RUN, OTHER_LIST, RUN, add_row, hour


def a_change(cache_id: int, **columns: Any) -> dict[str, Any]:
    return {
        "run_id": RUN,
        "cache_id": cache_id,
        "identity": f"m:{cache_id}",
        "before": {"status": None, "interests": {}, "groups": {}},
        "create_contact": False,
        "group_changes": [[NEWSLETTER, "Added"]],
        "member_update": None,
        "sync_status": "ok",
        "reason": "MAILCHIMP_SUBSCRIBED",
        "agreed": {"subscribed": True, "interests": None},
        **columns,
    }


def test_planned_changes_come_in_their_order_with_what_their_rows_say(store: Store) -> None:
    with store.begin() as tx:
        ann = add_row(tx, civicrm_contact_id=ANN, mailchimp_status="subscribed", base_subscribed=False)
        bob = add_row(tx)
        plans.add_to_plan(tx, [a_change(ann), a_change(bob, member_update={"status": "subscribed"})])
        first, second = plans.open_changes(tx, RUN, 9)

    assert (first["cache_id"], second["cache_id"]) == (ann, bob)
    assert (first["civicrm_contact_id"], first["mailchimp_status"], first["base_subscribed"]) == (
        ANN,
        "subscribed",
        False,
    )
    assert first["group_changes"] == [[NEWSLETTER, "Added"]]
    assert (first["member_update"], second["member_update"]) == (None, {"status": "subscribed"})


def test_what_is_done_is_not_done_again(store: Store) -> None:
    with store.begin() as tx:
        plans.add_to_plan(tx, [a_change(add_row(tx)), a_change(add_row(tx))])
        done = plans.open_changes(tx, RUN, 1)[0]["id"]
        plans.drop_changes(tx, [done])

        assert plans.count_open(tx, RUN) == 1
        assert done not in [change["id"] for change in plans.open_changes(tx, RUN, 9)]


def test_dropping_a_plan_leaves_other_runs(store: Store) -> None:
    with store.begin() as tx:
        plans.add_to_plan(tx, [a_change(add_row(tx)), a_change(add_row(tx)), a_change(add_row(tx), run_id=NEXT_RUN)])

        assert plans.drop_plan(tx, RUN) == 2
        assert (plans.count_open(tx, RUN), plans.count_open(tx, NEXT_RUN)) == (0, 1)


def test_a_row_is_planned_once_in_a_run(store: Store) -> None:
    with store.begin() as tx:
        ann = add_row(tx)
        plans.add_to_plan(tx, [a_change(ann)])

    with pytest.raises(StoreError), store.begin() as tx:
        plans.add_to_plan(tx, [a_change(ann)])


def test_contacts_are_planned_for_rows_that_have_none_yet(store: Store) -> None:
    with store.begin() as tx:
        ann = add_row(tx, mailchimp_email="ann@example.org", mailchimp_data={"first_name": "Ann"})
        made_before_a_crash = add_row(tx, civicrm_contact_id=BOB)
        plans.add_to_plan(tx, [a_change(key, create_contact=True) for key in (ann, made_before_a_crash)])
        plans.add_to_plan(tx, [a_change(add_row(tx))])
        (wanted,) = plans.contacts_to_create(tx, RUN, 0, 9)

        assert plans.contacts_to_create(tx, RUN, wanted.plan_id, 9) == []

    assert (wanted.id, wanted.mailchimp_email) == (ann, "ann@example.org")
    assert wanted.mailchimp_data == {"first_name": "Ann"}


def test_rows_may_differ_in_what_is_written(store: Store) -> None:
    with store.begin() as tx:
        ann, bob = add_row(tx, reason="IN_SYNC"), add_row(tx, reason="IN_SYNC")
        rows.write_rows(tx, [{"id": ann, "reason": "CV_NO_ADDRESS"}, {"id": bob, "sync_status": "fail"}])
        rows.write_rows(tx, [])
        found = ownership.address_holders(tx, [ann, bob])

    assert (found[ann].reason, found[ann].sync_status) == ("CV_NO_ADDRESS", "ok")
    assert (found[bob].reason, found[bob].sync_status) == ("IN_SYNC", "fail")


def test_siblings_are_the_rows_of_contacts_that_have_several(store: Store) -> None:
    with store.begin() as tx:
        anns = [add_row(tx, civicrm_contact_id=ANN) for _ in range(2)]
        add_row(tx, civicrm_contact_id=BOB)
        for _ in range(2):
            add_row(tx, civicrm_contact_id=CHARLIE)
        add_row(tx, civicrm_contact_id=BOB, mailchimp_list_id=OTHER_LIST)

        assert sorted(one.id for one in rows.siblings(tx, LIST, [ANN, BOB])) == anns


def test_a_row_is_found_by_its_identity(store: Store) -> None:
    with store.begin() as tx:
        ann = add_row(tx, identity="m:ann")
        add_row(tx, identity="m:bob", mailchimp_list_id=OTHER_LIST)

        assert rows.owners_of_identities(tx, LIST, ["m:ann", "m:bob"]) == {"m:ann": ann}


def test_rows_are_counted_by_status_and_failures_by_reason(store: Store) -> None:
    with store.begin() as tx:
        for status, reason in (("ok", None), ("fail", "CV_ON_HOLD"), ("fail", "CV_ON_HOLD"), ("fail", None)):
            add_row(tx, sync_status=status, reason=reason)

        assert rows.count_by_status(tx, LIST) == {"ok": 1, "fail": 3}
        assert rows.count_failures_by_reason(tx, LIST) == {"CV_ON_HOLD": 2, "": 1}
        assert rows.count_by_status(tx, OTHER_LIST) == {}


def standing_row(
    tx: Connection, contact: int, status: str, at_mailchimp: str | None, in_group: str | None, reason: str | None = None
) -> None:
    add_row(tx, civicrm_contact_id=contact, sync_status=status, mailchimp_status=at_mailchimp, reason=reason)
    if in_group is not None:
        store_memberships(tx, LIST, RUN, [(contact, NEWSLETTER, in_group)])


def test_a_contact_with_two_members_is_one_person_in_the_group(store: Store) -> None:
    with store.begin() as tx:
        standing_row(tx, ANN, "ok", "subscribed", "Added")
        add_row(tx, civicrm_contact_id=ANN, mailchimp_status="subscribed", sync_status="ok")
        add_row(tx, civicrm_contact_id=BOB, sync_status="ok", mailchimp_status="subscribed")
        add_row(tx, civicrm_contact_id=BOB, sync_status="ok", mailchimp_status="unsubscribed")
        found = counts.agreement(tx, LIST, NEWSLETTER)

    assert (found.subscribed_at_civicrm, found.further_rows, found.subscribed_at_mailchimp) == (1, 1, 3)


def test_how_far_both_sides_agree(store: Store) -> None:
    with store.begin() as tx:
        standing_row(tx, ANN, "ok", "subscribed", "Added")
        standing_row(tx, BOB, "live", None, "Added")
        standing_row(tx, CHARLIE, "live", "pending", "Removed")
        standing_row(tx, 104, "fail", "cleaned", "Added")
        standing_row(tx, 105, "fail", "subscribed", None)
        standing_row(tx, 106, "ok", "unsubscribed", "Added", "DEPARTED_OPT_OUT")  # it stays so: nothing is to be done
        standing_row(tx, 107, "ok", "subscribed", "Removed", "CIVICRM_LEFT_ALONE")
        found = counts.agreement(tx, LIST, NEWSLETTER)
        failed = counts.failed_rows(tx, LIST)

    assert found == counts.Agreement(
        subscribed_at_civicrm=4,
        subscribed_at_mailchimp=4,
        to_add=1,
        to_remove=1,
        cannot_subscribe=1,
        other_fails=1,
        cannot_join=1,
        kept_off=1,
        kept_on=1,
    )
    assert [one.civicrm_contact_id for one in failed] == [104, 105]


def entry(cache_id: int, new: str, run_id: int = RUN) -> NewEntry:
    joined = Effect(Side.CIVICRM, What.GROUP, "5", new=new)
    return NewEntry(LIST, cache_id, hour(9), joined, Code.MAILCHIMP_LEFT, contact_id=ANN, run_id=run_id)


def test_a_runs_changes_are_counted_by_kind(store: Store) -> None:
    with store.begin() as tx:
        journal.write_journal(tx, [entry(7, "Added"), entry(8, "Added"), entry(9, "Removed", run_id=NEXT_RUN)])

        assert journal.changes_by_kind(tx, [RUN]) == [("CiviCRM", "group 5", "Added", 2)]


def test_the_newest_configuration_counts_and_the_older_ones_stay(store: Store) -> None:
    with store.begin() as tx:
        assert configurations.newest_configuration(tx) is None
        for version in (1, 2):
            configurations.save_configuration(tx, {"version": version}, hour(8 + version), "zoë", after=version - 1)

        assert configurations.newest_configuration(tx) == {"version": 2}
