"""Stage `readyToAddCiviOnly`: read who is in the groups, and add rows for group members who have none."""

from __future__ import annotations

from collections.abc import Sequence

from mailchimpsync.civicrm import HistoryEntry, group_contacts, history
from mailchimpsync.civicrm.paging import IDS_MAX
from mailchimpsync.errors import Code
from mailchimpsync.model import MCSYNC_METHOD
from mailchimpsync.store import contacts, groups
from mailchimpsync.sync.contact_problems import note_odd_rows
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.evidence import check_groups

CONTACTS_PER_STEP = IDS_MAX


def add_civi_only(run: Run) -> bool:
    """Take in what changed in the connection's groups since the last run, or all of them, and add missing rows.

    The history gives the dates, the present memberships the status: a membership that was imported without history is
    a membership, and one that was deleted is known from its history only. Of what can't be read, what was known before
    stays; where it can't be said whose it is, nothing is taken for gone.
    """
    changed = _read_history(run)
    _read_memberships(run, None if run.since is None else sorted(changed))
    if run.since is None:
        run.store.refresh_statistics()
    unread = note_odd_rows(run)
    check_groups(run)
    with run.transaction() as tx:
        if run.since is None and unread.complete:
            groups.forget_unseen(tx, run.list_id, run.id, unread.contacts)
        added = groups.add_rows_for_group_members(tx, run.list_id, run.connection.group_id, run.id)
        contacts.note_problem(tx, run.list_id, sorted(unread.contacts), Code.CV_UNREADABLE.value)
    run.log(f"{added} contacts are in the group in CiviCRM and unknown so far.")
    return True


def read_groups_of(run: Run, contact_ids: Sequence[int]) -> None:
    """Take in all that CiviCRM says of some contacts in the connection's groups, however long ago it came to be."""
    groups_asked = run.connection.group_ids
    for entries in history(run.civicrm, groups_asked, None, run.site_clock, contact_ids, run.odd_rows):
        _store_history(run, entries)
    _read_memberships(run, contact_ids)
    note_odd_rows(run)


def _read_history(run: Run) -> set[int]:
    """Return the contacts with history since the last run; none are collected when everything is read."""
    changed: set[int] = set()
    connection = run.connection
    for entries in history(run.civicrm, connection.group_ids, run.since_at_site, run.site_clock, None, run.odd_rows):
        _store_history(run, entries)
        if run.since is not None:
            changed.update(entry.contact_id for entry in entries)
    return changed


def _store_history(run: Run, entries: Sequence[HistoryEntry]) -> None:
    with run.transaction() as tx:
        groups.store_history(
            tx,
            run.list_id,
            run.id,
            ((e.id, e.contact_id, e.group_id, e.date, e.status, e.method == MCSYNC_METHOD) for e in entries),
        )
    run.progress.advance(len(entries))


def _read_memberships(run: Run, contact_ids: Sequence[int] | None) -> None:
    if contact_ids is None:
        _store_memberships(run, None)
        return
    for start in range(0, len(contact_ids), CONTACTS_PER_STEP):
        _store_memberships(run, contact_ids[start : start + CONTACTS_PER_STEP])


def _store_memberships(run: Run, contact_ids: Sequence[int] | None) -> None:
    for rows in group_contacts(run.civicrm, run.connection.group_ids, contact_ids, run.odd_rows):
        with run.transaction() as tx:
            groups.store_memberships(tx, run.list_id, run.id, ((r.contact_id, r.group_id, r.status) for r in rows))
        run.progress.advance(len(rows))
