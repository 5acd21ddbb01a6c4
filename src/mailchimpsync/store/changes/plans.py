"""The plan of a run: what the decisions want changed. Completed changes are deleted, so that no one's data stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, func, select

from mailchimpsync.store.engine.dialect import Row, insert_rows
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import cache, plan


class ContactToCreate(NamedTuple):
    """A planned contact, and what the cache row says of the member; `id` is the row's."""

    plan_id: int
    id: int
    mailchimp_email: str
    mailchimp_data: Mapping[str, str] | None
    mailchimp_status: str | None
    mailchimp_status_date: datetime | None
    departed_contact_id: int | None


def add_to_plan(tx: Connection, rows: Sequence[Row]) -> None:
    """Add planned changes, each with every column of the table but `id`."""
    insert_rows(tx, plan, rows)


def drop_plan(tx: Connection, run_id: int) -> int:
    """Drop the unfinished changes of a run's plan, and return how many; their rows stay due."""
    return tx.execute(delete(plan).where(plan.c.run_id == run_id)).rowcount


def drop_changes(tx: Connection, plan_ids: Sequence[int]) -> None:
    """Drop planned changes by id: they are done, or their rows stay due."""
    tx.execute(delete(plan).where(plan.c.id.in_(plan_ids)))


def drop_plans_of_rows(tx: Connection, row_ids: Sequence[int]) -> None:
    """Drop what any run has planned for rows that are about to be decided again: the newest decision counts."""
    tx.execute(delete(plan).where(plan.c.cache_id.in_(row_ids)))


def contacts_to_create(tx: Connection, run_id: int, after: int, limit: int) -> Sequence[ContactToCreate]:
    """Return the next planned contacts, by plan id."""
    query = (
        select_as(ContactToCreate, cache, plan_id=plan.c.id)
        .select_from(plan)
        .join(cache, cache.c.id == plan.c.cache_id)
        .where(
            plan.c.run_id == run_id,
            plan.c.create_contact,
            cache.c.civicrm_contact_id.is_(None),
            plan.c.id > after,
        )
        .order_by(plan.c.id)
        .limit(limit)
    )
    return fetch(tx, ContactToCreate, query)


def count_contacts_to_create(tx: Connection, run_id: int, after: int) -> int:
    """Return how many contacts a run has planned, after a plan id."""
    planned = plan.c.run_id == run_id, plan.c.create_contact, plan.c.id > after
    return int(tx.execute(select(func.count()).where(*planned)).scalar_one())


def open_changes(tx: Connection, run_id: int, limit: int) -> Sequence[Any]:
    """Return the next planned changes that aren't done, with the values of their cache rows."""
    query = _with_rows().where(plan.c.run_id == run_id)
    return tx.execute(query.order_by(plan.c.id).limit(limit)).mappings().all()


def open_changes_of_rows(tx: Connection, row_ids: Sequence[int]) -> Sequence[Any]:
    """Return planned changes of rows that runs never recorded as done, likewise."""
    query = _with_rows().where(plan.c.cache_id.in_(row_ids))
    return tx.execute(query.order_by(plan.c.id)).mappings().all()


def _with_rows() -> Select[Any]:
    known = (
        cache.c.civicrm_contact_id,
        cache.c.mailchimp_member_id,
        cache.c.mailchimp_email,
        cache.c.mailchimp_status,
        cache.c.mailchimp_updated,
        cache.c.base_subscribed,
    )
    return select(plan, *known).join(cache, cache.c.id == plan.c.cache_id)


def count_open(tx: Connection, run_id: int) -> int:
    """Return how many planned changes aren't done."""
    query = select(func.count()).where(plan.c.run_id == run_id)
    return int(tx.execute(query).scalar_one())
