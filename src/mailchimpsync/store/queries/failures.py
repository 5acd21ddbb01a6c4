"""The people who can't be synced, by reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from mailchimpsync.model import SyncStatus
from mailchimpsync.store.schema import cache

_SHOWN = ("id", "civicrm_contact_id", "mailchimp_email", "mailchimp_contact_id", "mailchimp_data", "reason_detail")


@dataclass(frozen=True, slots=True)
class FailedFor:
    """A reason, how many rows fail for it, and the first of them."""

    reason: str | None
    number: int
    first: Sequence[dict[str, Any]]


def failures_by_reason(tx: Connection, list_id: str, shown: int) -> list[FailedFor]:
    """Return the reasons, the most frequent first, each with at most `shown` rows; reads the failed rows once."""
    ranked = (
        select(
            cache.c.id,
            cache.c.reason,
            func.row_number().over(partition_by=cache.c.reason, order_by=cache.c.id).label("place"),
            func.count().over(partition_by=cache.c.reason).label("number"),
        )
        .where(cache.c.mailchimp_list_id == list_id, cache.c.sync_status == SyncStatus.FAIL.value)
        .subquery()
    )
    first = select(ranked.c.reason, ranked.c.number, *(cache.c[name] for name in _SHOWN))
    query = first.join(cache, cache.c.id == ranked.c.id).where(ranked.c.place <= shown).order_by(ranked.c.id)
    found: dict[str | None, tuple[int, list[dict[str, Any]]]] = {}
    for row in tx.execute(query).mappings():
        found.setdefault(row["reason"], (row["number"], []))[1].append(dict(row))
    groups = [FailedFor(reason, number, rows) for reason, (number, rows) in found.items()]
    return sorted(groups, key=lambda one: (-one.number, one.reason or ""))
