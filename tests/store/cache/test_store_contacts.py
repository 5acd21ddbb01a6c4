"""Which contact owns which row: merges are followed, the departed are remembered, nobody is doubled."""

from __future__ import annotations

import pytest

from mailchimpsync.store import Store
from mailchimpsync.store.cache import contacts
from store.databases import ANN, BOB, CHARLIE, LIST, OTHER_LIST, add_row, row


def test_owners_come_in_order_each_once_and_page_by_page(store: Store) -> None:
    with store.begin() as tx:
        for contact in (CHARLIE, ANN, BOB, ANN, None):
            add_row(tx, civicrm_contact_id=contact)
        add_row(tx, civicrm_contact_id=104, mailchimp_list_id=OTHER_LIST)

        assert contacts.contact_ids_after(tx, LIST, 0, 2) == [ANN, BOB]
        assert contacts.contact_ids_after(tx, LIST, BOB, 2) == [CHARLIE]
        assert contacts.owners_among(tx, LIST, [ANN, 104, 999]) == [ANN]


def test_a_merged_contacts_member_goes_to_the_contact_it_was_merged_into(store: Store) -> None:
    with store.begin() as tx:
        key = add_row(tx, civicrm_contact_id=ANN, mailchimp_member_id="ann", civicrm_groups="5;Added;")
        number = contacts.replace_contacts(tx, LIST, {ANN: BOB})
        found = row(tx, key)

    assert number == 1
    assert (found["civicrm_contact_id"], found["departed_contact_id"]) == (BOB, ANN)
    assert (found["civicrm_groups"], found["sync_status"]) == (None, "todo")


def test_a_deleted_contacts_member_is_nobodys_and_remembers_whose_it_was(store: Store) -> None:
    with store.begin() as tx:
        key = add_row(tx, civicrm_contact_id=ANN, mailchimp_member_id="ann")
        contacts.replace_contacts(tx, LIST, {ANN: None})
        found = row(tx, key)

    assert (found["civicrm_contact_id"], found["departed_contact_id"]) == (None, ANN)
    assert found["sync_status"] == "todo"


def test_a_row_that_only_stood_for_a_deleted_contact_goes(store: Store) -> None:
    with store.begin() as tx:
        add_row(tx, civicrm_contact_id=ANN)
        contacts.replace_contacts(tx, LIST, {ANN: None})

        assert contacts.contact_ids_after(tx, LIST, 0, 9) == []


def test_but_not_while_its_update_is_under_way(store: Store) -> None:
    with store.begin() as tx:
        key = add_row(tx, civicrm_contact_id=ANN, sync_status="live")
        contacts.replace_contacts(tx, LIST, {ANN: None})
        found = row(tx, key)

    assert (found["sync_status"], found["recheck"], found["departed_contact_id"]) == ("live", True, ANN)


def test_the_rows_of_others_and_of_other_audiences_stay(store: Store) -> None:
    with store.begin() as tx:
        bobs = add_row(tx, civicrm_contact_id=BOB, mailchimp_member_id="bob")
        elsewhere = add_row(tx, civicrm_contact_id=ANN, mailchimp_member_id="ann", mailchimp_list_id=OTHER_LIST)
        contacts.replace_contacts(tx, LIST, {ANN: None})

        assert (row(tx, bobs)["civicrm_contact_id"], row(tx, bobs)["sync_status"]) == (BOB, "ok")
        assert row(tx, elsewhere)["civicrm_contact_id"] == ANN


def test_many_contacts_go_many_ways_at_once(store: Store) -> None:
    with store.begin() as tx:
        keys = [add_row(tx, civicrm_contact_id=who, mailchimp_member_id=f"m{who}") for who in (ANN, BOB, CHARLIE)]
        contacts.replace_contacts(tx, LIST, {ANN: CHARLIE, BOB: None})
        found = [row(tx, key) for key in keys]

    assert [one["civicrm_contact_id"] for one in found] == [CHARLIE, None, CHARLIE]
    assert [one["departed_contact_id"] for one in found] == [ANN, BOB, None]


def test_an_edited_contact_has_its_failed_row_looked_at_again(store: Store) -> None:
    with store.begin() as tx:
        failed = add_row(tx, civicrm_contact_id=ANN, sync_status="fail")
        in_order = add_row(tx, civicrm_contact_id=ANN, sync_status="ok")
        someone_elses = add_row(tx, civicrm_contact_id=BOB, sync_status="fail")

        assert contacts.make_failed_rows_due(tx, LIST, [ANN]) == 1
        assert [row(tx, key)["sync_status"] for key in (failed, in_order, someone_elses)] == ["todo", "ok", "fail"]


def test_a_new_address_in_civicrm_wakes_the_member_nobody_owned(store: Store) -> None:
    with store.begin() as tx:
        unowned = add_row(tx, mailchimp_email="Ann@Example.org")
        owned = add_row(tx, mailchimp_email="ann@example.org", civicrm_contact_id=BOB)

        assert contacts.make_unowned_rows_due(tx, LIST, ["ann@example.org", "zoe@example.org"]) == 1
        assert [row(tx, key)["sync_status"] for key in (unowned, owned)] == ["todo", "ok"]


def test_rows_to_be_matched_are_due_unowned_and_have_an_address(store: Store) -> None:
    with store.begin() as tx:
        due = add_row(tx, mailchimp_email="ann@example.org", sync_status="todo")
        soon = add_row(tx, mailchimp_email="bob@example.org", sync_status="live", recheck=True)
        add_row(tx, mailchimp_email="in-order@example.org", sync_status="ok")
        add_row(tx, mailchimp_email="owned@example.org", sync_status="todo", civicrm_contact_id=CHARLIE)
        add_row(tx, mailchimp_email=None, sync_status="todo")

        found = contacts.unowned_rows(tx, LIST, 0, 9)
        assert [(one.id, one.mailchimp_email) for one in found] == [
            (due, "ann@example.org"),
            (soon, "bob@example.org"),
        ]
        assert [one.id for one in contacts.unowned_rows(tx, LIST, due, 9)] == [soon]


def test_a_matched_row_has_an_owner_and_nobody_departed(store: Store) -> None:
    with store.begin() as tx:
        key = add_row(tx, departed_contact_id=BOB)
        contacts.set_contacts(tx, {key: ANN})
        contacts.set_contacts(tx, {})
        found = row(tx, key)

    assert (found["civicrm_contact_id"], found["departed_contact_id"]) == (ANN, None)


def test_a_row_of_the_contact_only_is_redundant_once_the_contact_has_a_member(store: Store) -> None:
    with store.begin() as tx:
        add_row(tx, civicrm_contact_id=ANN)
        annas = add_row(tx, civicrm_contact_id=ANN, mailchimp_member_id="ann", sync_status="todo")
        bobs = add_row(tx, civicrm_contact_id=BOB)
        elsewhere = add_row(tx, civicrm_contact_id=BOB, mailchimp_member_id="bob", mailchimp_list_id=OTHER_LIST)

        assert contacts.delete_redundant_rows(tx, LIST) == 1
        assert contacts.delete_redundant_rows(tx, LIST) == 0
        assert all(row(tx, key) for key in (annas, bobs, elsewhere))


@pytest.mark.parametrize("under_way", ["live", "redo"])
def test_a_redundant_row_waits_for_the_update_that_is_under_way(store: Store, under_way: str) -> None:
    with store.begin() as tx:
        key = add_row(tx, civicrm_contact_id=ANN, sync_status=under_way)
        add_row(tx, civicrm_contact_id=ANN, mailchimp_member_id="ann")

        assert contacts.delete_redundant_rows(tx, LIST) == 0
        assert row(tx, key)["sync_status"] == under_way
