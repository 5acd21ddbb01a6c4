"""Reads what CiviCRM says about contacts in the groups of a connection: current memberships, and their history."""

from __future__ import annotations

from collections.abc import Sequence

from mailchimpsync.civicrm import HistoryEntry, group_contacts, history
from mailchimpsync.civicrm.http.paging import IDS_MAX
from mailchimpsync.store.cache import groups
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.reading.contact_problems import record_unreadable_rows

CONTACTS_PER_STEP = IDS_MAX


def read_groups_of(run: Run, contact_ids: Sequence[int]) -> None:
    """Read everything CiviCRM says about some contacts in the connection's groups, however old."""
    groups_asked = run.connection.group_ids
    for entries in history(run.civicrm, groups_asked, None, run.site_clock, contact_ids, run.unreadable):
        store_history(run, entries)
    read_memberships(run, contact_ids)
    record_unreadable_rows(run)


def read_memberships(run: Run, contact_ids: Sequence[int] | None) -> None:
    if contact_ids is None:
        _store_memberships(run, None)
        return
    for start in range(0, len(contact_ids), CONTACTS_PER_STEP):
        _store_memberships(run, contact_ids[start : start + CONTACTS_PER_STEP])


def store_history(run: Run, entries: Sequence[HistoryEntry]) -> None:
    with run.transaction() as tx:
        groups.store_history(
            tx,
            run.list_id,
            run.id,
            ((e.id, e.contact_id, e.group_id, e.date, e.status, e.method) for e in entries),
        )
    run.progress.advance(len(entries))


def _store_memberships(run: Run, contact_ids: Sequence[int] | None) -> None:
    for rows in group_contacts(run.civicrm, run.connection.group_ids, contact_ids, run.unreadable):
        with run.transaction() as tx:
            groups.store_memberships(tx, run.list_id, run.id, ((r.contact_id, r.group_id, r.status) for r in rows))
        run.progress.advance(len(rows))
