"""What CiviCRM was told on contacts about an audience, so that only differences are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, delete, exists, func, or_, select

from mailchimpsync.model import SyncStatus
from mailchimpsync.store.engine.dialect import upsert
from mailchimpsync.store.engine.typed_rows import fetch
from mailchimpsync.store.schema import cache, contact_record

_REASON = case((cache.c.sync_status == SyncStatus.FAIL.value, func.coalesce(cache.c.reason, "")))


class Told(NamedTuple):
    """What a contact's record says; `reason` is the code of why the person can't be synced, None: they can."""

    contact_id: int
    status: str | None
    since: datetime | None
    reason: str | None


def outdated_records(tx: Connection, list_id: str, audience: str, limit: int) -> list[Told]:
    """Return what the next records have to say that are missing, or say something else; `audience` is its name."""
    known = and_(contact_record.c.list_id == list_id, contact_record.c.contact_id == cache.c.civicrm_contact_id)
    differs = or_(
        contact_record.c.contact_id.is_(None),
        contact_record.c.audience != audience,
        contact_record.c.status.is_distinct_from(cache.c.mailchimp_status),
        contact_record.c.since.is_distinct_from(cache.c.mailchimp_status_date),
        contact_record.c.reason.is_distinct_from(_REASON),
    )
    query: Select[Told] = (
        select(
            cache.c.civicrm_contact_id.label("contact_id"),
            cache.c.mailchimp_status.label("status"),
            cache.c.mailchimp_status_date.label("since"),
            _REASON.label("reason"),
        )
        .select_from(cache.outerjoin(contact_record, known))
        .where(cache.c.id.in_(_one_row_a_contact(list_id)), differs)
        .order_by(cache.c.civicrm_contact_id)
        .limit(limit)
    )
    return fetch(tx, Told, query)


def contacts_without_row(tx: Connection, list_id: str, limit: int) -> list[int]:
    """Return contacts that have a record although nothing is known of them any more."""
    row = exists().where(_is_of(list_id), cache.c.civicrm_contact_id == contact_record.c.contact_id)
    query = select(contact_record.c.contact_id).where(contact_record.c.list_id == list_id, ~row)
    return list(tx.execute(query.order_by(contact_record.c.contact_id).limit(limit)).scalars())


def keep_records(tx: Connection, list_id: str, audience: str, told: Sequence[Told]) -> None:
    """Keep what CiviCRM was told."""
    rows = [{"list_id": list_id, "audience": audience, **one._asdict()} for one in told]
    upsert(tx, contact_record, rows, keys=("list_id", "contact_id"))


def drop_records(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> None:
    """Forget the records of some contacts."""
    of_list = contact_record.c.list_id == list_id
    tx.execute(delete(contact_record).where(of_list, contact_record.c.contact_id.in_(contact_ids)))


def count_kept(tx: Connection) -> int:
    """Return how many records CiviCRM was told."""
    return int(tx.execute(select(func.count()).select_from(contact_record)).scalar_one())


def forget_records(tx: Connection) -> None:
    """Forget everything that CiviCRM was told: its records are gone."""
    tx.execute(delete(contact_record))


def _one_row_a_contact(list_id: str) -> Select[tuple[int]]:
    owned = and_(_is_of(list_id), cache.c.civicrm_contact_id.is_not(None))
    return select(func.min(cache.c.id)).where(owned).group_by(cache.c.civicrm_contact_id)


def _is_of(list_id: str) -> ColumnElement[bool]:
    return cache.c.mailchimp_list_id == list_id
