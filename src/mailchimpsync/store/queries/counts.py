"""How far the two sides agree, counted over rows, and the rows that can't be synced.

See docs/reference/php-extension.md#getstatus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from mailchimpsync.errors import Code
from mailchimpsync.model import SUBSCRIBED_STATUSES, GroupStatus, SyncStatus
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import cache, group_contact

EXCLUDED_BY_CHOICE = frozenset({Code.CIVICRM_LEFT_ALONE, *(code for code in Code if code.name.startswith("DEPARTED_"))})
"""The reasons for differences that the connection's departure table asks for."""

_EXCLUDED_CODES = "as chosen"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rows by what both sides said when last read; `to_add` and `to_remove` are meant at Mailchimp.

    `subscribed_at_civicrm` counts contacts in the group, all others rows: a contact with several members has several
    rows; `further_rows` counts those besides the first ones. `cannot_join` are those of `other_fails` who are
    subscribed at Mailchimp, and can't be in the group. `kept_off` and `kept_on` are in the group only, or subscribed
    only, because the connection's settings say so: nothing has to be done for them.
    """

    subscribed_at_civicrm: int = 0
    subscribed_at_mailchimp: int = 0
    to_add: int = 0
    to_remove: int = 0
    cannot_subscribe: int = 0
    other_fails: int = 0
    cannot_join: int = 0
    kept_off: int = 0
    kept_on: int = 0
    further_rows: int = 0


class Failed(NamedTuple):
    """A row that can't be synced."""

    civicrm_contact_id: int | None
    mailchimp_email: str | None
    reason: str | None


def agreement(tx: Connection, list_id: str, group_id: int) -> Agreement:
    """Count the rows of a connection; due rows count as subscribed, and in no other figure."""
    in_group = _flag(group_contact.c.status == GroupStatus.ADDED.value)
    at_mailchimp = _flag(cache.c.mailchimp_status.in_([status.value for status in SUBSCRIBED_STATUSES]))
    status = case((is_excluded_by_choice(), _EXCLUDED_CODES), else_=cache.c.sync_status)
    here = and_(
        group_contact.c.list_id == cache.c.mailchimp_list_id,
        group_contact.c.contact_id == cache.c.civicrm_contact_id,
        group_contact.c.group_id == group_id,
    )
    query = (
        select(status.label("status"), in_group.label("added"), at_mailchimp.label("sub"), func.count().label("number"))
        .select_from(cache.outerjoin(group_contact, here))
        .where(cache.c.mailchimp_list_id == list_id)
        .group_by(status, in_group, at_mailchimp)
    )
    found = [(row.status, bool(row.added), bool(row.sub), int(row.number)) for row in tx.execute(query)]
    return _sum(found, _further_rows(tx, list_id, group_id))


def _further_rows(tx: Connection, list_id: str, group_id: int) -> int:
    """Count the rows of contacts in the group besides the first one of each."""
    several = (
        select(cache.c.civicrm_contact_id.label("contact_id"), (func.count() - 1).label("further"))
        .where(cache.c.mailchimp_list_id == list_id, cache.c.civicrm_contact_id.is_not(None))
        .group_by(cache.c.civicrm_contact_id)
        .having(func.count() > 1)
        .subquery()
    )
    here = and_(
        group_contact.c.list_id == list_id,
        group_contact.c.contact_id == several.c.contact_id,
        group_contact.c.group_id == group_id,
        group_contact.c.status == GroupStatus.ADDED.value,
    )
    query = select(func.coalesce(func.sum(several.c.further), 0)).select_from(several.join(group_contact, here))
    return int(tx.execute(query).scalar_one())


def is_excluded_by_choice() -> ColumnElement[bool]:
    """Return the condition for settled rows where both sides may differ by the connection's settings."""
    reasons = sorted(code.value for code in EXCLUDED_BY_CHOICE)
    return and_(cache.c.sync_status == SyncStatus.OK.value, func.coalesce(cache.c.reason, "").in_(reasons))


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _sum(found: Sequence[tuple[str, bool, bool, int]], further: int) -> Agreement:
    failed = SyncStatus.FAIL
    under_way = (SyncStatus.LIVE, SyncStatus.REDO, SyncStatus.OK)
    return Agreement(
        subscribed_at_civicrm=sum(n for _, added, _, n in found if added) - further,
        further_rows=further,
        subscribed_at_mailchimp=sum(n for _, _, sub, n in found if sub),
        to_add=sum(n for status, added, sub, n in found if status in under_way and added and not sub),
        to_remove=sum(n for status, added, sub, n in found if status in under_way and sub and not added),
        cannot_subscribe=sum(n for status, added, sub, n in found if status == failed and added and not sub),
        other_fails=sum(n for status, added, sub, n in found if status == failed and not (added and not sub)),
        cannot_join=sum(n for status, added, sub, n in found if status == failed and sub and not added),
        kept_off=sum(n for status, added, sub, n in found if status == _EXCLUDED_CODES and added and not sub),
        kept_on=sum(n for status, added, sub, n in found if status == _EXCLUDED_CODES and sub and not added),
    )


def failed_rows(tx: Connection, list_id: str) -> Sequence[Failed]:
    """Return the rows that can't be synced."""
    failed = cache.c.mailchimp_list_id == list_id, cache.c.sync_status == SyncStatus.FAIL.value
    return fetch(tx, Failed, select_as(Failed, cache).where(*failed).order_by(cache.c.id))
