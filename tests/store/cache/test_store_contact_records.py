"""What differs from what CiviCRM was told on contacts, on every database."""

from __future__ import annotations

from datetime import UTC, datetime

from mailchimpsync.store import Store
from mailchimpsync.store.cache.contact_records import Told, contacts_without_row, keep_records, outdated_records
from store.databases import LIST, add_row

SINCE = datetime(2026, 11, 1, 10, 0, 0, 123456, tzinfo=UTC)
ALL = 100


def test_only_what_differs_from_what_was_told_is_told_again(store: Store) -> None:
    with store.begin() as tx:
        add_row(tx, civicrm_contact_id=1, mailchimp_status="subscribed", mailchimp_status_date=SINCE, reason="OLD")
        add_row(tx, civicrm_contact_id=2, sync_status="fail", reason="CV_NO_EMAIL")
        add_row(tx, civicrm_contact_id=2, mailchimp_status="cleaned")  # a contact has one record
        add_row(tx, mailchimp_status="subscribed")  # of nobody
        told = outdated_records(tx, LIST, "News", ALL)
        keep_records(tx, LIST, "News", told)

        assert told == [Told(1, "subscribed", SINCE, None), Told(2, None, None, "CV_NO_EMAIL")]
        assert outdated_records(tx, LIST, "News", ALL) == []
        assert [one.contact_id for one in outdated_records(tx, LIST, "Another name", ALL)] == [1, 2]
        keep_records(tx, LIST, "News", [told[0]._replace(since=None), told[1]._replace(reason="OTHER")])
        assert outdated_records(tx, LIST, "News", ALL) == told


def test_a_record_without_a_row_is_to_be_deleted(store: Store) -> None:
    with store.begin() as tx:
        add_row(tx, civicrm_contact_id=1)
        keep_records(tx, LIST, "News", [Told(1, None, None, None), Told(9, "subscribed", SINCE, None)])

        assert contacts_without_row(tx, LIST, ALL) == [9]
