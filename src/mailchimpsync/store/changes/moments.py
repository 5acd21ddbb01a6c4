"""When the people of a run's plan were changed on the side that the plan follows, as far as that side has a date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Select, func, null, select

from mailchimpsync.store.schema import cache, change, group_contact

ROWS_PER_STEP = 2_000


class Moment(NamedTuple):
    """How many people were changed at a time, and by which method of CiviCRM; None: not known, or at Mailchimp."""

    date: datetime
    method: str | None
    number: int


def moments_in_civicrm(
    tx: Connection, run_id: int, list_id: str, group_id: int, reason: str, status: str
) -> Iterator[Moment]:
    """Yield when the contacts of planned changes with a reason got their status in a group, except by us."""
    theirs = (
        group_contact.c.list_id == list_id,
        group_contact.c.group_id == group_id,
        group_contact.c.contact_id == change.c.contact_id,
        group_contact.c.status == status,
        ~group_contact.c.ours,
    )
    date, method = group_contact.c.date, group_contact.c.method
    query = select(date, method, func.count()).select_from(change.join(group_contact, theirs[0] & theirs[2]))
    yield from _moments(tx, query.where(*theirs, date.is_not(None)).group_by(date, method), run_id, reason, date)


def moments_at_mailchimp(tx: Connection, run_id: int, reason: str) -> Iterator[Moment]:
    """Yield when the members of planned changes with a reason got their status, by Mailchimp's date, except by us."""
    date = cache.c.mailchimp_status_date
    query = select(date, null(), func.count()).select_from(change.join(cache, cache.c.id == change.c.cache_id))
    theirs = date.is_not(None), cache.c.mailchimp_status_by.is_(None)
    yield from _moments(tx, query.where(*theirs).group_by(date), run_id, reason, date)


def _moments(tx: Connection, query: Select[Any], run_id: int, reason: str, date: Column[datetime]) -> Iterator[Moment]:
    planned = query.where(change.c.run_id == run_id, change.c.reason == reason).order_by(date)
    for row in tx.execute(planned.execution_options(yield_per=ROWS_PER_STEP)):
        yield Moment(*row)
