"""One rule for what is known of a member's status, told twice: for one member, and in SQL for whole pages."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, insert

from mailchimpsync.decide.member_facts import (
    MemberFacts,
    ObservedMember,
    OwnStatus,
    columns_of,
    facts_of,
    observe_member,
)
from mailchimpsync.model import MadeBy
from mailchimpsync.store import Store
from mailchimpsync.store.schema import cache, journal
from store.databases import LIST, add_row, hour, member, row, row_of, store_members
from store.engine.test_store_schema import migrations

STATUSES = (None, "subscribed", "unsubscribed", "pending")


def test_the_reading_of_a_page_and_of_one_member_leave_the_same_facts(store: Store) -> None:
    befores = product(STATUSES, (None, hour(8)), (None, *MadeBy))
    nows = product(STATUSES[1:], (hour(10),), (None, hour(7), hour(9)))
    cases = [(MemberFacts(*before), ObservedMember(*now)) for before, now in product(befores, nows)]
    with store.begin() as tx:
        before = [{**_row(number), **columns_of(facts)} for number, (facts, _) in enumerate(cases)]
        tx.execute(insert(cache), [{**one, "mailchimp_list_id": LIST, "sync_status": "ok"} for one in before])
        store_members(tx, [_read(number, now) for number, (_, now) in enumerate(cases)])
        kept = [facts_of(row_of(tx, str(number))) for number in range(len(cases))]

    assert kept == [observe_member(before, now) for before, now in cases]


def _row(number: int) -> dict[str, Any]:
    return {"identity": f"m:{number}", "mailchimp_member_id": str(number)}


def _read(number: int, now: ObservedMember) -> dict[str, Any]:
    return member(str(number), now.status or "", changed_at=now.changed_at, mailchimp_opted_in=now.opted_in)


SUBSCRIBED = MemberFacts("subscribed", hour(6))
OURS = OwnStatus("unsubscribed", hour(8))


@pytest.mark.parametrize(
    ("before", "changed_at", "made_by"),
    [
        (SUBSCRIBED, hour(9), MadeBy.US),
        (SUBSCRIBED, None, MadeBy.US),
        (SUBSCRIBED, hour(7), None),  # they had left before Mailchimp got our update
        (MemberFacts("pending", hour(6)), hour(9), MadeBy.US_UNCONFIRMED),
        (MemberFacts("unsubscribed", hour(9)), hour(9), MadeBy.US),  # a reading saw what we did before its result came
        (MemberFacts("unsubscribed", hour(7)), hour(9), None),  # a reading saw them leave before
        (MemberFacts("unsubscribed"), hour(9), None),
    ],
)
def test_a_status_is_ours_only_if_it_was_not_there_before_our_update(
    before: MemberFacts, changed_at: datetime | None, made_by: MadeBy | None
) -> None:
    after = observe_member(before, ObservedMember("unsubscribed", changed_at), OURS)

    assert after.made_by is made_by
    assert after.since == (changed_at or OURS.sent_at if before.status != "unsubscribed" else before.since)


def test_what_mailchimp_shows_instead_of_what_we_asked_for_is_not_ours() -> None:
    assert observe_member(SUBSCRIBED, ObservedMember("cleaned", hour(9)), OURS).made_by is None


def test_a_database_of_before_learns_from_its_journal_who_took_people_off(store: Store) -> None:
    off = {"mailchimp_status": "unsubscribed", "mailchimp_status_date": None}
    with store.begin() as tx:
        command.downgrade(migrations(tx), "0011")
    try:
        with store.begin() as tx:
            ours, asked, overtaken, untold = (add_row(tx, **off) for _ in range(4))
            dated = add_row(tx, **{**off, "mailchimp_status_date": hour(7)})
            _tell(tx, ours, "subscribed", "unsubscribed", 8)
            _tell(tx, asked, "pending", "unsubscribed", 8)
            _tell(tx, overtaken, "subscribed", "unsubscribed", 8)
            _tell(tx, overtaken, "unsubscribed", "subscribed", 9)
            _tell(tx, dated, "subscribed", "unsubscribed", 8)
    finally:
        store.migrate()

    with store.begin() as tx:
        facts = [facts_of(row(tx, key)) for key in (ours, asked, overtaken, untold, dated)]
    assert [(one.made_by, one.since) for one in facts] == [
        (MadeBy.US, hour(8)),
        (MadeBy.US_UNCONFIRMED, hour(8)),
        (None, None),
        (None, None),
        (None, hour(7)),
    ]


def _tell(tx: Connection, row_id: int, old: str, new: str, at: int) -> None:
    what = {"side": "Mailchimp", "field": "status", "old": old, "new": new, "reason": "CIVICRM_REMOVED"}
    tx.execute(insert(journal).values(list_id=LIST, cache_id=row_id, time=hour(at), **what))
