"""Reads what CiviCRM says about contacts in the groups of a connection: current memberships, and their history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from mailchimpsync.civicrm import GroupContact, HistoryEntry, UnreadableRow, group_contacts, history
from mailchimpsync.civicrm.http.paging import IDS_MAX
from mailchimpsync.store.cache import groups
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.reading.contact_problems import record_unreadable_rows
from mailchimpsync.sync.reading.read_ahead import read_ahead

CONTACTS_PER_STEP = IDS_MAX


def read_groups_of(run: Run, contact_ids: Sequence[int]) -> None:
    """Read everything CiviCRM says about some contacts in the connection's groups, however old."""
    groups_asked = run.connection.group_ids
    for entries in history(run.civicrm, groups_asked, None, run.site_clock, contact_ids, run.unreadable):
        store_history(run, entries)
    read_memberships(run, contact_ids)
    record_unreadable_rows(run)


def read_all_groups(run: Run) -> None:
    """Read the whole history of the connection's groups, and then who is in them, while what came is stored.

    Memberships are asked for once the last entry has arrived: an older membership must not outrank a newer entry.
    """
    ids, unreadable = run.connection.group_ids, list[UnreadableRow]()
    entries = history(run.civicrm, ids, None, run.site_clock, None, unreadable)
    memberships = group_contacts(run.civicrm, ids, None, unreadable)
    pages: Iterator[_History | _Memberships] = chain(map(_History, entries), map(_Memberships, memberships))
    with run.runtime.executor(1) as executor:
        for page in read_ahead(executor, pages):
            page.store(run)
    run.unreadable.extend(unreadable)


class _History(NamedTuple):
    entries: Sequence[HistoryEntry]

    def store(self, run: Run) -> None:
        store_history(run, self.entries)


class _Memberships(NamedTuple):
    rows: Sequence[GroupContact]

    def store(self, run: Run) -> None:
        _store_memberships(run, self.rows)


def read_memberships(run: Run, contact_ids: Sequence[int]) -> None:
    for start in range(0, len(contact_ids), CONTACTS_PER_STEP):
        asked = contact_ids[start : start + CONTACTS_PER_STEP]
        for rows in group_contacts(run.civicrm, run.connection.group_ids, asked, run.unreadable):
            _store_memberships(run, rows)


def store_history(run: Run, entries: Sequence[HistoryEntry]) -> None:
    with run.transaction() as tx:
        groups.store_history(
            tx,
            run.list_id,
            run.id,
            ((e.id, e.contact_id, e.group_id, e.date, e.status, e.method) for e in entries),
        )
    run.progress.advance(len(entries))


def _store_memberships(run: Run, rows: Sequence[GroupContact]) -> None:
    with run.transaction() as tx:
        groups.store_memberships(tx, run.list_id, run.id, ((r.contact_id, r.group_id, r.status) for r in rows))
    run.progress.advance(len(rows))
