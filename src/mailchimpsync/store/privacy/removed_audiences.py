"""Deletes the data of audiences that are no longer connected: counted first, then deleted in repeatable steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, delete, func, null, select, update
from sqlalchemy import union as sql_union

from mailchimpsync.model import Stage
from mailchimpsync.store.changes.batches import HANDLED
from mailchimpsync.store.schema import (
    accepted_reason,
    alert,
    batch,
    cache,
    campaign,
    campaign_import,
    contact_record,
    event,
    group_contact,
    kept_plan,
    log,
    run,
    status,
    verification,
)
from mailchimpsync.store.schema import update as update_table

_BY_ID: tuple[tuple[Table, ColumnElement[str]], ...] = (
    (event, event.c.list_id),
    (log, log.c.list_id),
    (kept_plan, kept_plan.c.list_id),
    (verification, verification.c.list_id),
    (alert, alert.c.list_id),
    (accepted_reason, accepted_reason.c.list_id),
    (campaign, campaign.c.list_id),
    (campaign_import, campaign_import.c.list_id),
    (cache, cache.c.mailchimp_list_id),
    (batch, batch.c.mailchimp_list_id),
)
"""With a cache row go its updates, its planned changes and its acceptance, with a kept plan its changes, with a
campaign its unknown recipients. Activities in CiviCRM stay."""


@dataclass(frozen=True, slots=True)
class AudienceData:
    """The data of an audience: cache rows, updates, batches and how many of those are still open, events."""

    list_id: str
    rows: int = 0
    updates: int = 0
    batches: int = 0
    open_batches: int = 0
    events: int = 0


def count_audience_data(tx: Connection, list_id: str) -> AudienceData:
    """Count what would be deleted with an audience."""
    of_rows = select(func.count()).select_from(
        update_table.join(cache, cache.c.id == update_table.c.mailchimpsync_cache_id)
    )
    batches = select(func.count()).where(batch.c.mailchimp_list_id == list_id)
    counts = (
        select(func.count()).where(cache.c.mailchimp_list_id == list_id),
        of_rows.where(cache.c.mailchimp_list_id == list_id),
        batches,
        batches.where(
            batch.c.response_processed < HANDLED,
            batch.c.mailchimp_batch_id.is_not(None),
        ),
        select(func.count()).where(event.c.list_id == list_id),
    )
    return AudienceData(list_id, *(int(tx.execute(query).scalar_one()) for query in counts))


def known_audiences(tx: Connection) -> set[str]:
    """Return the audiences with data that is deleted when they are removed."""
    columns = (
        cache.c.mailchimp_list_id,
        batch.c.mailchimp_list_id,
        status.c.list_id,
        event.c.list_id,
        group_contact.c.list_id,
    )
    return set(tx.execute(sql_union(*(select(column) for column in columns))).scalars())


def begin_removal(tx: Connection, list_id: str, now: datetime) -> None:
    """Make an audience look as if it had never been synced, so that a partly deleted one is never synced.

    The runs, the figures and the journal stay: the history outlives the connection (docs/decisions/journal.md).
    """
    unfinished = update(run).where(run.c.list_id == list_id, run.c.finished_at.is_(None))
    tx.execute(unfinished.values(finished_at=now, outcome="dropped"))
    fresh = {
        "last_sync_time": null(),
        "links": null(),
        "run_id": null(),
        "progress": null(),
        "stage": Stage.FETCH.value,
    }
    tx.execute(update(status).where(status.c.list_id == list_id).values(fresh))


def remove_some(tx: Connection, list_id: str, limit: int) -> bool:
    """Delete up to `limit` records of an audience; return whether there may be more."""
    for table, list_column in _BY_ID:
        if _delete_some(tx, table, list_column, list_id, limit):
            return True
    return any(_delete_some_contacts(tx, table, list_id, limit) for table in (contact_record, group_contact))


def finish_removal(tx: Connection, list_id: str) -> None:
    """Delete an audience's status, its lease included, when everything else is deleted."""
    tx.execute(delete(status).where(status.c.list_id == list_id))


def _delete_some(tx: Connection, table: Table, list_column: ColumnElement[str], list_id: str, limit: int) -> int:
    ids = list(tx.execute(select(table.c.id).where(list_column == list_id).limit(limit)).scalars())
    if ids:
        tx.execute(delete(table).where(table.c.id.in_(ids)))
    return len(ids)


def _delete_some_contacts(tx: Connection, table: Table, list_id: str, limit: int) -> int:
    mine = table.c.list_id == list_id
    contacts = list(tx.execute(select(table.c.contact_id).where(mine).distinct().limit(limit)).scalars())
    tx.execute(delete(table).where(mine, table.c.contact_id.in_(contacts)))
    return len(contacts)
