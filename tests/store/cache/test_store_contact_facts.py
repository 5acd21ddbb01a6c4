"""What a row holds of a contact goes with that contact: no later contact of the row is judged by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection

from mailchimpsync.store import Store
from mailchimpsync.store.cache import contacts, members, ownership
from mailchimpsync.store.cache.contact_facts import CONTACT_FACTS, PENDING_CORRECTIONS, columns_for_owner
from mailchimpsync.store.cache.ownership import NewOwner
from mailchimpsync.store.runs import plausibility
from mailchimpsync.store.schema import cache
from store.databases import ANN, BOB, LIST, add_row, row

MERGED_AT = datetime(2026, 11, 1, tzinfo=UTC)
ANNS = {
    "departed_contact_id": 77,
    "civicrm_groups": "8;Added;",
    "marks": "opt_out",
    "inherited": "deceased",
    "inherited_at": MERGED_AT,
    "civicrm_address": "ann@example.org",
    "civicrm_name": "Ann Adams",
    "new_address": "ann@example.com",
    "contact_problem": "CV_UNREADABLE",
    "handed_from": 78,
    "names_before": {"first_name": "Ann", "last_name": ""},
    "address_before": "ann@example.net",
    "hold_reason": "MAILCHIMP_BOUNCED",
}
OF_THE_MEMBER = {
    *("id", "mailchimp_list_id", "identity", "mailchimp_member_id", "mailchimp_contact_id", "mailchimp_email"),
    *("mailchimp_status", "mailchimp_status_date", "mailchimp_updated", "mailchimp_opted_in", "mailchimp_data"),
    *("mailchimp_interests", "mailchimp_status_by", "member_problem", "seen_run"),
}
OF_BOTH = {
    *("civicrm_contact_id", "civicrm_data", "departure", "sync_status", "reason", "reason_detail"),
    *("base_subscribed", "base_interests", "refusal", "recheck"),
}

Change = Callable[[Connection, int], object]


def facts_of(tx: Connection, key: int) -> dict[str, Any]:
    found = row(tx, key)
    return {name: found[name] for name in ("civicrm_contact_id", *CONTACT_FACTS)}


def test_each_fact_of_a_contact_has_a_place_in_the_tests() -> None:
    assert ANNS.keys() == set(CONTACT_FACTS)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda tx, key: contacts.set_contacts(tx, {key: BOB}), columns_for_owner(BOB)),
        (
            lambda tx, key: contacts.set_contacts(tx, {key: BOB}, {key: "on_hold"}, {BOB: "bob@example.org"}),
            columns_for_owner(BOB, marks="on_hold", civicrm_address="bob@example.org"),
        ),
        (
            lambda tx, _: contacts.replace_contacts(tx, LIST, {ANN: BOB}),
            columns_for_owner(BOB, departed_contact_id=ANN, **{name: ANNS[name] for name in PENDING_CORRECTIONS}),
        ),
        (
            lambda tx, _: contacts.replace_contacts(tx, LIST, {ANN: None}, {ANN: "trashed"}),
            columns_for_owner(
                None, departed_contact_id=ANN, marks="trashed", inherited="deceased", inherited_at=MERGED_AT
            ),
        ),
        (
            lambda tx, key: ownership.hand_over(tx, LIST, {key: NewOwner(BOB, best_address="bob@example.org")}),
            columns_for_owner(BOB, civicrm_address="bob@example.org", handed_from=ANN),
        ),
        (lambda tx, key: contacts.release_rows(tx, [key]), columns_for_owner(None)),
        (lambda tx, key: plausibility.forget_owners(tx, LIST, key - 1, key), columns_for_owner(None)),
    ],
    ids=["given to another", "with what is known", "merged", "gone", "handed over", "let go", "forgotten"],
)
def test_no_fact_of_the_contact_before_stays(store: Store, change: Change, expected: dict[str, Any]) -> None:
    with store.begin() as tx:
        key = add_row(tx, civicrm_contact_id=ANN, mailchimp_member_id="ann", **ANNS)
        change(tx, key)

        assert facts_of(tx, key) == expected


def test_what_was_inherited_is_there_again_when_the_same_contact_comes_back(store: Store) -> None:
    with store.begin() as tx:
        key = add_row(tx, civicrm_contact_id=ANN, mailchimp_member_id="ann", **ANNS)
        contacts.replace_contacts(tx, LIST, {ANN: None}, {ANN: "trashed"})
        contacts.set_contacts(tx, {key: ANN})

        assert facts_of(tx, key) == columns_for_owner(ANN, inherited="deceased", inherited_at=MERGED_AT)


@pytest.mark.parametrize(("owner", "marks"), [(None, "opt_out"), (ANN, "opt_out"), (BOB, None)])
def test_a_member_with_a_new_address_keeps_its_contacts_facts_and_no_other_contacts(
    store: Store, owner: int | None, marks: str | None
) -> None:
    with store.begin() as tx:
        old = add_row(tx, civicrm_contact_id=ANN, mailchimp_member_id="old", **ANNS)
        new = add_row(tx, civicrm_contact_id=owner, mailchimp_member_id="new")
        members.join_rows(tx, {old: new})

        assert facts_of(tx, new)["civicrm_contact_id"] == (owner or ANN)
        assert facts_of(tx, new)["marks"] == marks


def test_a_new_column_says_whose_it_is() -> None:
    """A column that is added belongs to the member, to the contact, or to what both agreed on: put it where it is."""
    assert {column.name for column in cache.c} == OF_THE_MEMBER | OF_BOTH | set(CONTACT_FACTS)


def test_what_is_no_fact_of_a_contact_is_refused() -> None:
    with pytest.raises(ValueError, match="mailchimp_status"):
        columns_for_owner(ANN, mailchimp_status="subscribed")
