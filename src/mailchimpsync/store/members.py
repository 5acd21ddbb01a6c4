"""Cache rows as the fetch writes them: what Mailchimp says of its members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    update,
)

from mailchimpsync.model import IN_FLIGHT, SyncStatus
from mailchimpsync.store.dialect import Assignments, Columns, Row, update_by_id, upsert
from mailchimpsync.store.schema import cache

# Written out, not bound: PyMySQL sends many rows at once only where nothing behind VALUES is a parameter.
_IN_FLIGHT: tuple[ColumnElement[str], ...] = tuple(literal_column(f"'{status.value}'") for status in IN_FLIGHT)
_TODO: ColumnElement[str] = literal_column(f"'{SyncStatus.TODO.value}'")


def is_in_flight(columns: Columns = cache.c) -> Any:
    """Return the condition that a row has an open update."""
    return or_(*(columns.sync_status == status for status in _IN_FLIGHT))


def is_due_or_in_flight(columns: Columns = cache.c) -> Any:
    """Return a condition that every row which the fetch has just seen meets, and that an index serves."""
    return columns.sync_status.in_((SyncStatus.TODO.value, *(status.value for status in IN_FLIGHT)))


def due(columns: Columns = cache.c) -> list[tuple[str, Any]]:
    """Return the assignments that make rows due: `todo`, or, where an update is in flight, due after its result."""
    return [
        ("recheck", case((is_in_flight(columns), true()), else_=false())),
        ("sync_status", case((is_in_flight(columns), columns.sync_status), else_=_TODO)),
    ]


def store_members(tx: Connection, list_id: str, run_id: int, rows: Sequence[Row]) -> None:
    """Insert or update one cache row per member, and make it due; the run has seen it.

    The status date moves only with the status; a new status ends what is known of a departed contact.
    """
    alike = {"mailchimp_list_id": list_id, "seen_run": run_id, "sync_status": SyncStatus.TODO.value}
    upsert(tx, cache, rows, keys=("mailchimp_list_id", "identity"), assign=_merge, alike=alike)


def _merge(old: Columns, new: Columns) -> Assignments:
    new_status = old.mailchimp_status.is_distinct_from(new.mailchimp_status)
    overwritten = (
        "mailchimp_member_id",
        "mailchimp_contact_id",
        "mailchimp_email",
        "mailchimp_status",
        "mailchimp_updated",
        "mailchimp_data",
        "mailchimp_interests",
        "seen_run",
    )
    return [
        ("mailchimp_status_date", case((new_status, new.mailchimp_updated), else_=old.mailchimp_status_date)),
        ("departed_contact_id", case((new_status, null()), else_=old.departed_contact_id)),
        *due(old),
        *((column, new[column]) for column in overwritten),
    ]


def count_seen(tx: Connection, list_id: str, run_id: int) -> int:
    """Return how many different members a run has read."""
    query = select(func.count()).where(
        cache.c.mailchimp_list_id == list_id, is_due_or_in_flight(), cache.c.seen_run == run_id
    )
    return int(tx.execute(query).scalar_one())


def follow_renamed_members(tx: Connection, list_id: str, run_id: int) -> int:
    """Join the row of a member's old address with that of the new one, and return how many there were.

    A change of address at Mailchimp changes the member id, not Mailchimp's contact id (mailchimp-api.md 3.1). The new
    row takes over the contact, the base and the status date; the old one goes.
    """
    old, new = cache.alias("old"), cache.alias("new")
    query = (
        select(
            old.c.id.label("old_id"),
            new.c.id,
            func.coalesce(new.c.civicrm_contact_id, old.c.civicrm_contact_id).label("civicrm_contact_id"),
            old.c.base_subscribed,
            old.c.base_interests,
        )
        .select_from(
            new.join(
                old,
                and_(
                    old.c.mailchimp_list_id == new.c.mailchimp_list_id,
                    old.c.mailchimp_contact_id == new.c.mailchimp_contact_id,
                    old.c.id != new.c.id,
                ),
            )
        )
        .where(
            new.c.mailchimp_list_id == list_id,
            is_due_or_in_flight(new.c),
            new.c.seen_run == run_id,
            old.c.seen_run.is_distinct_from(run_id),
            ~is_in_flight(old.c),
        )
    )
    found = [dict(row) for row in tx.execute(query).mappings()]
    if found:
        tx.execute(delete(cache).where(cache.c.id.in_([row.pop("old_id") for row in found])))
        update_by_id(tx, cache, found)
    return len(found)


def make_due(tx: Connection, *conditions: Any) -> int:
    """Make the rows that meet all conditions due, and return how many."""
    return tx.execute(update(cache).where(*conditions).values(dict(due()))).rowcount
