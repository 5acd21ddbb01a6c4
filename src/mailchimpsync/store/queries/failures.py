"""The people who can't be synced, by reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from mailchimpsync.model import SyncStatus
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import cache


class FailedPerson(NamedTuple):
    """A row that can't be synced; `number`: how many rows can't be for the same reason."""

    id: int
    civicrm_contact_id: int | None
    mailchimp_email: str | None
    mailchimp_data: Mapping[str, str] | None
    reason: str | None
    reason_detail: str | None
    number: int


@dataclass(frozen=True, slots=True)
class FailedFor:
    """A reason, how many rows fail for it, and the first of them."""

    reason: str | None
    number: int
    first: Sequence[FailedPerson]


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
    first = select_as(FailedPerson, cache, number=ranked.c.number).join(ranked, ranked.c.id == cache.c.id)
    query = first.where(ranked.c.place <= shown).order_by(ranked.c.id)
    found: dict[str | None, list[FailedPerson]] = {}
    for row in fetch(tx, FailedPerson, query):
        found.setdefault(row.reason, []).append(row)
    groups = [FailedFor(reason, rows[0].number, rows) for reason, rows in found.items()]
    return sorted(groups, key=lambda one: (-one.number, one.reason or ""))
