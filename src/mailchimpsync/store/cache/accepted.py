"""People who can't be synced, and whom somebody has accepted as they are: single ones, or all with a reason.

A person stays accepted as long as their reason and its detail stay the same; see docs/decisions/accepted-failures.md.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, or_, select

from mailchimpsync.model import SyncStatus
from mailchimpsync.store.engine.dialect import upsert
from mailchimpsync.store.schema import accepted_person, accepted_reason, cache

_FAILED = cache.c.sync_status == SyncStatus.FAIL.value


def accept_people(tx: Connection, row_ids: Collection[int], now: datetime, by: str) -> int:
    """Accept rows that can't be synced, for the reason each has now; return how many."""
    columns = (cache.c.id.label("cache_id"), func.coalesce(cache.c.reason, "").label("reason"), cache.c.reason_detail)
    failed = tx.execute(select(*columns).where(cache.c.id.in_(row_ids), _FAILED)).mappings().all()
    rows = [{**row, "accepted_at": now, "accepted_by": by} for row in failed]
    if rows:
        upsert(tx, accepted_person, rows, keys=("cache_id",))
    return len(rows)


def accept_reason(tx: Connection, list_id: str, reason: str, now: datetime, by: str) -> int:
    """Accept everyone of an audience who can't be synced for a reason, now and later; an earlier acceptance stays.

    Returns 1: one reason.
    """
    row = {"list_id": list_id, "reason": reason, "accepted_at": now, "accepted_by": by}
    upsert(
        tx,
        accepted_reason,
        [row],
        keys=("list_id", "reason"),
        assign=lambda old, _new: [("accepted_at", old["accepted_at"]), ("accepted_by", old["accepted_by"])],
    )
    return 1


def reopen_people(tx: Connection, row_ids: Collection[int]) -> int:
    """Accept these rows no longer; return how many were accepted."""
    return tx.execute(delete(accepted_person).where(accepted_person.c.cache_id.in_(row_ids))).rowcount


def reopen_reason(tx: Connection, list_id: str, reason: str) -> int:
    """Accept no one for a reason any more, neither all nor single ones; return how many acceptances there were."""
    mine = select(cache.c.id).where(cache.c.mailchimp_list_id == list_id)
    of_people = delete(accepted_person).where(accepted_person.c.cache_id.in_(mine), accepted_person.c.reason == reason)
    of_all = delete(accepted_reason).where(accepted_reason.c.list_id == list_id, accepted_reason.c.reason == reason)
    return tx.execute(of_people).rowcount + tx.execute(of_all).rowcount


def drop_outdated(tx: Connection, list_id: str) -> int:
    """Forget acceptances of people who are in order, or have another reason by now; return how many.

    Otherwise a later failure for the same reason would stay unnoticed.
    """
    detail = func.coalesce(cache.c.reason_detail, "") != func.coalesce(accepted_person.c.reason_detail, "")
    other = and_(_FAILED, or_(func.coalesce(cache.c.reason, "") != accepted_person.c.reason, detail))
    outdated = select(accepted_person.c.cache_id).join(cache, cache.c.id == accepted_person.c.cache_id)
    in_order = cache.c.sync_status == SyncStatus.OK.value
    query = outdated.where(cache.c.mailchimp_list_id == list_id, or_(in_order, other))
    return reopen_people(tx, list(tx.execute(query).scalars()))
