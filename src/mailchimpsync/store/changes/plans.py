"""The plan of a run: what the decisions want changed. Completed changes are deleted, so that no one's data stays.

A plan that is held is moved to a kept plan (`kept_plans`), in the same table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, Select, delete, func, select, update

from mailchimpsync.store.engine.dialect import Row, any_of, insert_rows
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import cache, change


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
    """Add changes that a run has decided on: run and row, the person, the values before, and what to change."""
    insert_rows(tx, change, rows)


def planned_changes(tx: Connection, run_id: int, after: int, limit: int) -> Sequence[RowMapping]:
    """Return the next changes of a run, by `id`, as they were decided."""
    query = select(change).where(change.c.run_id == run_id, change.c.id > after)
    return tx.execute(query.order_by(change.c.id).limit(limit)).mappings().all()


def hold_changes(tx: Connection, run_id: int, plan_id: int) -> None:
    """Make the changes of a run those of a kept plan: they outlive their rows, and nothing carries them out."""
    held = {"run_id": None, "cache_id": None, "plan_id": plan_id}
    tx.execute(update(change).where(change.c.run_id == run_id).values(held))


def drop_plan(tx: Connection, run_id: int) -> int:
    """Drop the unfinished changes of a run's plan, and return how many; their rows stay due."""
    return tx.execute(delete(change).where(change.c.run_id == run_id)).rowcount


def drop_changes(tx: Connection, plan_ids: Sequence[int]) -> None:
    """Drop planned changes by id: they are done, or their rows stay due."""
    tx.execute(delete(change).where(any_of(tx, change.c.id, plan_ids)))


def drop_plans_of_rows(tx: Connection, row_ids: Sequence[int]) -> None:
    """Drop what any run has planned for rows that are about to be decided again: the newest decision counts."""
    tx.execute(delete(change).where(any_of(tx, change.c.cache_id, row_ids)))


def contacts_to_create(tx: Connection, run_id: int, after: int, limit: int) -> Sequence[ContactToCreate]:
    """Return the next planned contacts, by plan id."""
    query = (
        select_as(ContactToCreate, cache, plan_id=change.c.id)
        .select_from(change)
        .join(cache, cache.c.id == change.c.cache_id)
        .where(
            change.c.run_id == run_id,
            change.c.create_contact,
            cache.c.civicrm_contact_id.is_(None),
            change.c.id > after,
        )
        .order_by(change.c.id)
        .limit(limit)
    )
    return fetch(tx, ContactToCreate, query)


def count_contacts_to_create(tx: Connection, run_id: int, after: int) -> int:
    """Return how many contacts a run has planned, after a plan id."""
    planned = change.c.run_id == run_id, change.c.create_contact, change.c.id > after
    return int(tx.execute(select(func.count()).where(*planned)).scalar_one())


def open_changes(tx: Connection, run_id: int, limit: int) -> Sequence[Any]:
    """Return the next planned changes that aren't done, with the values of their cache rows."""
    query = _with_rows().where(change.c.run_id == run_id)
    return tx.execute(query.order_by(change.c.id).limit(limit)).mappings().all()


def open_changes_of_rows(tx: Connection, row_ids: Sequence[int]) -> Sequence[Any]:
    """Return planned changes of rows that runs never recorded as done, likewise."""
    query = _with_rows().where(any_of(tx, change.c.cache_id, row_ids))
    return tx.execute(query.order_by(change.c.id)).mappings().all()


def _with_rows() -> Select[Any]:
    known = (
        cache.c.civicrm_contact_id,
        cache.c.mailchimp_member_id,
        cache.c.mailchimp_email,
        cache.c.mailchimp_status,
        cache.c.mailchimp_updated,
        cache.c.base_subscribed,
    )
    return select(change, *known).join(cache, cache.c.id == change.c.cache_id)


def count_by_kinds(tx: Connection, run_id: int) -> dict[str | None, int]:
    """Return how many planned changes of a run do the same kinds of things, as the table spells these."""
    query = select(change.c.kinds, func.count()).where(change.c.run_id == run_id).group_by(change.c.kinds)
    return {kinds: int(number) for kinds, number in tx.execute(query)}


def count_open(tx: Connection, run_id: int) -> int:
    """Return how many planned changes aren't done."""
    query = select(func.count()).where(change.c.run_id == run_id)
    return int(tx.execute(query).scalar_one())
