"""Stage `readyToAddCiviOnly`: read the members of the groups, and add rows for those who have none."""

from __future__ import annotations

from mailchimpsync.civicrm import history
from mailchimpsync.errors import Code
from mailchimpsync.store.cache import contacts, groups
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.reading.contact_problems import record_unreadable_rows
from mailchimpsync.sync.reading.group_states import read_all_groups, read_memberships, store_history
from mailchimpsync.sync.safety.plausibility import check_groups


def add_civi_only(run: Run) -> bool:
    """Read what changed in the connection's groups since the last run, or everything, and add missing rows.

    The history gives the dates, current memberships the status: a membership imported without history is one, and a
    deleted membership is known from its history only. For records that can't be read, earlier knowledge stays; if their
    contacts aren't known, nothing counts as gone.
    """
    if run.since is None:
        read_all_groups(run)
        run.store.refresh_statistics(everything_was_read=True)
    else:
        read_memberships(run, sorted(_read_history(run)))
    unread = record_unreadable_rows(run)
    check_groups(run)
    with run.transaction() as tx:
        if run.since is None and unread.complete:
            groups.forget_unseen(tx, run.list_id, run.id, unread.contacts)
        added = groups.add_rows_for_group_members(tx, run.list_id, run.connection.group_id, run.id)
        contacts.record_problem(tx, run.list_id, sorted(unread.contacts), Code.CV_UNREADABLE.value)
    run.log(f"{added} contacts in the CiviCRM group weren't known yet.")
    return True


def _read_history(run: Run) -> set[int]:
    """Return the contacts with history since the last run."""
    changed: set[int] = set()
    connection = run.connection
    since, seconds = run.since_at_site, run.to_read.history
    for entries in history(
        run.civicrm, connection.group_ids, since, run.site_clock, None, run.unreadable, seconds=seconds
    ):
        store_history(run, entries)
        changed.update(entry.contact_id for entry in entries)
    return changed
