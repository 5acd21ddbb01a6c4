"""Members that were permanently deleted at Mailchimp: no page contains them any more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, or_, select, update

from mailchimpsync.model import SyncStatus
from mailchimpsync.store.cache.members import is_in_flight
from mailchimpsync.store.cache.taken_over import NEVER_SEEN
from mailchimpsync.store.schema import cache
from mailchimpsync.store.site.tombstones import IDENTITY_PREFIX

_UNKNOWN = (
    "mailchimp_member_id",
    "mailchimp_contact_id",
    "mailchimp_status",
    "mailchimp_status_date",
    "mailchimp_status_by",
    "mailchimp_updated",
    "mailchimp_opted_in",
    "mailchimp_data",
    "mailchimp_interests",
    "departure",
    "handed_from",
    "member_problem",
    "civicrm_address",
    "civicrm_name",
    "new_address",
    "names_before",
    "address_before",
    "hold_reason",
)


def unseen_members(tx: Connection, list_id: str, run_id: int, after: int, limit: int) -> list[tuple[int, str]]:
    """Return the next members, as (row id, member id), that a full run hasn't seen."""
    query = (
        select(cache.c.id, cache.c.mailchimp_member_id)
        .where(
            cache.c.mailchimp_list_id == list_id,
            cache.c.mailchimp_member_id.is_not(None),
            cache.c.seen_run.is_distinct_from(run_id),
            ~is_in_flight(),
            cache.c.id > after,
        )
        .order_by(cache.c.id)
        .limit(limit)
    )
    return [(row.id, row.mailchimp_member_id) for row in tx.execute(query)]


def forget_unseen_tombstones(tx: Connection, list_id: str, run_id: int) -> None:
    """Delete the rows of erased addresses that a full run hasn't seen."""
    stands_for_erased = cache.c.identity.startswith(IDENTITY_PREFIX), cache.c.mailchimp_list_id == list_id
    tx.execute(delete(cache).where(*stands_for_erased, cache.c.seen_run.is_distinct_from(run_id)))


def forget_members(tx: Connection, row_ids: Sequence[int]) -> None:
    """Forget what Mailchimp said of deleted members; rows that only stood for them are deleted, the others are due.

    A row that was taken over and never seen is deleted too: it may never have been a member's.
    """
    gone = cache.c.id.in_(row_ids), ~is_in_flight()
    only_for_them = or_(cache.c.civicrm_contact_id.is_(None), cache.c.seen_run == NEVER_SEEN)
    tx.execute(delete(cache).where(*gone, only_for_them))
    tx.execute(update(cache).where(*gone).values({**dict.fromkeys(_UNKNOWN), "sync_status": SyncStatus.TODO.value}))
