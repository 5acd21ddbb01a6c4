"""One rule for what CiviCRM is to be told of a member, told twice: for one member, and in SQL for whole pages."""

from __future__ import annotations

from itertools import product

from sqlalchemy import insert

from mailchimpsync.decide.member_changes import hold_reason, names_before
from mailchimpsync.store import Store
from mailchimpsync.store.schema import cache
from store.databases import LIST, member, row_of, store_members

ANN, ANNA = {"first_name": "Ann", "last_name": "Lee"}, {"first_name": "Anna", "last_name": "Lee"}
NAMES, STATUSES = (None, ANN, ANNA), (None, "subscribed", "unsubscribed", "cleaned")
REASONS = (None, "MAILCHIMP_COMPLAINED")


def test_the_reading_of_a_page_and_of_one_member_note_the_same_news(store: Store) -> None:
    cases = list(product(NAMES, NAMES, (ANN, ANNA), REASONS, STATUSES, STATUSES[1:]))
    with store.begin() as tx:
        before = [
            {
                "mailchimp_list_id": LIST,
                "identity": f"m:{number}",
                "mailchimp_member_id": str(number),
                "sync_status": "ok",
                "names_before": noted,
                "mailchimp_data": known,
                "hold_reason": reason,
                "mailchimp_status": status,
            }
            for number, (noted, known, _, reason, status, _) in enumerate(cases)
        ]
        tx.execute(insert(cache), before)
        store_members(tx, [member(str(number), case[5], mailchimp_data=case[2]) for number, case in enumerate(cases)])
        kept = [row_of(tx, str(number)) for number in range(len(cases))]

    assert [(one["names_before"], one["hold_reason"]) for one in kept] == [
        (names_before(noted, known, now), hold_reason(reason, was, status))
        for noted, known, now, reason, was, status in cases
    ]
