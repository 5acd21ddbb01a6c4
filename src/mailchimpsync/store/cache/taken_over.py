"""Members and bases that are taken over from the PHP extension (docs/decisions/takeover.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, null, update

from mailchimpsync.model import Base, SyncStatus
from mailchimpsync.store.cache.contact_facts import columns_for_owner
from mailchimpsync.store.engine.dialect import Assignments, Columns, any_of, upsert
from mailchimpsync.store.schema import cache

NEVER_SEEN = 0
"""The run that has seen a row that was taken over: none of ours. Such a row doesn't prove that the member exists."""


class TakenOver(NamedTuple):
    """A member as the extension knew it; without a date, the status is left to the first reading."""

    member_id: str
    email: str | None
    status: str | None
    status_date: datetime | None
    contact_id: int | None
    base: Base


def take_over_members(tx: Connection, list_id: str, rows: Sequence[TakenOver]) -> None:
    """Add rows of members; what is known of one already stays, and only its base and contact are filled in."""
    alike = {"mailchimp_list_id": list_id, "sync_status": SyncStatus.TODO.value, "seen_run": NEVER_SEEN}
    upsert(
        tx, cache, [_columns(row) for row in rows], keys=("mailchimp_list_id", "identity"), assign=_fill, alike=alike
    )


def _columns(row: TakenOver) -> dict[str, object]:
    is_dated = row.status is not None and row.status_date is not None
    return {
        "identity": f"m:{row.member_id}",
        "mailchimp_member_id": row.member_id,
        "mailchimp_email": row.email,
        "mailchimp_status": row.status if is_dated else None,
        "mailchimp_status_date": row.status_date if is_dated else None,
        **columns_for_owner(row.contact_id),
        "base_subscribed": row.base.subscribed,
        "base_interests": dict(row.base.interests) if row.base.interests else None,
    }


def _fill(old: Columns, new: Columns) -> Assignments:
    filled = ("civicrm_contact_id", "base_subscribed", "base_interests")
    return [(name, func.coalesce(old[name], new[name])) for name in filled]


def forget_bases_of(tx: Connection, list_id: str, member_ids: Collection[str]) -> None:
    """Forget what was agreed on for members that two rows claim."""
    identities = [f"m:{one}" for one in member_ids]
    claimed = cache.c.mailchimp_list_id == list_id, any_of(tx, cache.c.identity, identities)
    tx.execute(update(cache).where(*claimed).values(base_subscribed=null(), base_interests=null()))
