"""What a run did, person by person, from the journal; and the changes of a stored plan that would undo it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, delete, select

from mailchimpsync.effects import Effect
from mailchimpsync.store.changes.kept_plans import LEFT_OUT, ROWS_PER_PAGE
from mailchimpsync.store.engine.dialect import update_by_id
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import cache, change, journal, kept_plan


class ChangedRow(NamedTuple):
    """The row of a person whom a run changed, as it is now."""

    id: int
    identity: str
    civicrm_contact_id: int | None
    mailchimp_member_id: str | None
    mailchimp_email: str | None
    civicrm_name: str | None
    mailchimp_status: str | None
    mailchimp_interests: Mapping[str, bool] | None
    mailchimp_data: Mapping[str, str] | None
    base_subscribed: bool | None
    base_interests: Mapping[str, bool] | None
    sync_status: str
    refusal: Mapping[str, Any] | None


def rows_changed_by(tx: Connection, run_id: int, after: int, limit: int = ROWS_PER_PAGE) -> Sequence[int]:
    """Return the ids of the next cache rows about which a run wrote journal entries."""
    query = select(journal.c.cache_id).where(journal.c.run_id == run_id, journal.c.cache_id > after).distinct()
    return tx.execute(query.order_by(journal.c.cache_id).limit(limit)).scalars().all()


def effects_by_row(tx: Connection, run_id: int, row_ids: Sequence[int]) -> dict[int, list[Effect]]:
    """Return what a run has journalled about some rows, oldest first, by row."""
    columns = (journal.c.cache_id, journal.c.side, journal.c.field, journal.c.old, journal.c.new)
    mine = (journal.c.run_id == run_id, journal.c.cache_id.in_(row_ids))
    found: dict[int, list[Effect]] = {}
    for cache_id, *effect in tx.execute(select(*columns).where(*mine).order_by(journal.c.id)):
        found.setdefault(cache_id, []).append(Effect.stored(*effect))
    return found


def rows_of_identities(tx: Connection, list_id: str, identities: Sequence[str]) -> dict[str, ChangedRow]:
    """Return cache rows by their identity."""
    mine = cache.c.mailchimp_list_id == list_id, cache.c.identity.in_(identities)
    return {row.identity: row for row in fetch(tx, ChangedRow, select_as(ChangedRow, cache).where(*mine))}


def rows_of_ids(tx: Connection, ids: Sequence[int]) -> dict[int, ChangedRow]:
    """Return cache rows by their id."""
    return {row.id: row for row in fetch(tx, ChangedRow, select_as(ChangedRow, cache).where(cache.c.id.in_(ids)))}


def undecided_changes(tx: Connection, plan_id: int, after: int, limit: int = ROWS_PER_PAGE) -> Sequence[RowMapping]:
    """Return the next changes of a stored plan without an outcome yet, by `id`."""
    query = select(change).where(change.c.plan_id == plan_id, change.c.id > after, change.c.outcome.is_(None))
    return tx.execute(query.order_by(change.c.id).limit(limit)).mappings().all()


def exclude_changes(tx: Connection, notes: Sequence[tuple[int, str]]) -> None:
    """Record which changes are left out, and why."""
    update_by_id(tx, change, [{"id": key, "outcome": LEFT_OUT, "note": note} for key, note in notes])


def forget_plan(tx: Connection, plan_id: int) -> None:
    """Delete a stored plan that couldn't be completed."""
    tx.execute(delete(kept_plan).where(kept_plan.c.id == plan_id))
