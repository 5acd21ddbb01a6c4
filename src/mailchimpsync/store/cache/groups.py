"""What CiviCRM says of contacts in groups, stored here so that rows can be compared with it by set."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    String,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from mailchimpsync.model import MCSYNC_METHOD, GroupState, GroupStatus, SyncStatus
from mailchimpsync.store.cache.members import make_due
from mailchimpsync.store.engine.dialect import Assignments, Columns, any_of, insert_rows, upsert
from mailchimpsync.store.schema import cache, group_contact

METHOD_LENGTH = 20
_KEYS = ("list_id", "contact_id", "group_id")


def store_history(
    tx: Connection, list_id: str, run_id: int, entries: Iterable[tuple[int, int, int, datetime, str, str | None]]
) -> None:
    """Store history entries (id, contact, group, date, status, method), oldest first; the newest of each stays.

    An Added is in the past: whether the contact is in the group now, and not in the trash, the membership says.
    """
    newest = {
        (contact, group): {
            "contact_id": contact,
            "group_id": group,
            "status": None if status == GroupStatus.ADDED else status,
            "date": date,
            "history_id": key,
            "ours": method == MCSYNC_METHOD,
            "method": (method or "")[:METHOD_LENGTH] or None,
        }
        for key, contact, group, date, status, method in entries
    }
    upsert(tx, group_contact, list(newest.values()), keys=_KEYS, alike={"list_id": list_id, "seen_run": run_id})


def store_memberships(
    tx: Connection,
    list_id: str,
    run_id: int,
    entries: Iterable[tuple[int, int, str]],
    *,
    date: datetime | None = None,
) -> None:
    """Store current memberships: (contact, group, status). They outrank the history's status; dates stay.

    With a `date`, the change is our own and new.
    """
    rows = [{"contact_id": contact, "group_id": group, "status": status} for contact, group, status in entries]
    alike = {"list_id": list_id, "seen_run": run_id}
    if date is None:
        upsert(tx, group_contact, rows, keys=_KEYS, assign=_status_now, alike=alike)
    else:
        upsert(
            tx, group_contact, rows, keys=_KEYS, alike={**alike, "date": date, "ours": True, "method": MCSYNC_METHOD}
        )


def _status_now(_old: Columns, new: Columns) -> Assignments:
    return [("status", new["status"]), ("seen_run", new["seen_run"])]


def forget_unseen(tx: Connection, list_id: str, run_id: int, kept: Collection[int] = ()) -> None:
    """After a full read: forget what CiviCRM no longer has, except for the contacts that are `kept`."""
    unseen = group_contact.c.list_id == list_id, group_contact.c.seen_run != run_id
    tx.execute(delete(group_contact).where(*unseen, group_contact.c.contact_id.not_in(list(kept))))


def add_rows_for_group_members(tx: Connection, list_id: str, group_id: int, run_id: int) -> int:
    """Add a due cache row for each contact in the group that this run saw and has no row; return how many."""
    has_row = exists().where(
        cache.c.mailchimp_list_id == list_id, cache.c.civicrm_contact_id == group_contact.c.contact_id
    )
    newcomers = select(
        literal(list_id),
        literal("c:") + cast(group_contact.c.contact_id, String(20)),
        group_contact.c.contact_id,
        literal(SyncStatus.TODO.value),
    ).where(
        group_contact.c.list_id == list_id,
        group_contact.c.group_id == group_id,
        group_contact.c.status == GroupStatus.ADDED.value,
        group_contact.c.contact_id.in_(_seen_contacts(list_id, run_id)),
        group_contact.c.seen_run == run_id,
        ~has_row,
    )
    columns = ["mailchimp_list_id", "identity", "civicrm_contact_id", "sync_status"]
    insertion = insert(cache).from_select(columns, newcomers)
    return tx.execute(insertion, execution_options={"preserve_rowcount": True}).rowcount


def add_rows_for_contacts(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> None:
    """Add a due cache row for each contact without one for a future member."""
    if not contact_ids:
        return
    to_come = any_of(tx, cache.c.civicrm_contact_id, contact_ids), cache.c.mailchimp_member_id.is_(None)
    known = tx.execute(select(cache.c.civicrm_contact_id).where(cache.c.mailchimp_list_id == list_id, *to_come))
    missing = sorted(set(contact_ids) - set(known.scalars()))
    alike = {"mailchimp_list_id": list_id, "sync_status": SyncStatus.TODO.value}
    insert_rows(tx, cache, [{**alike, "identity": f"c:{key}", "civicrm_contact_id": key} for key in missing])


def make_changed_rows_due(tx: Connection, list_id: str, run_id: int) -> int:
    """Make the rows of contacts that this run saw in any of the connection's groups due."""
    seen = cache.c.civicrm_contact_id.in_(_seen_contacts(list_id, run_id))
    return make_due(tx, cache.c.mailchimp_list_id == list_id, seen)


def _seen_contacts(list_id: str, run_id: int) -> Select[tuple[int]]:
    """Return the query for the contacts that a run saw, which has its own index."""
    seen = group_contact.alias("seen")
    return select(seen.c.contact_id).where(seen.c.list_id == list_id, seen.c.seen_run == run_id)


def snapshot_groups(tx: Connection, list_id: str, *conditions: Any) -> None:
    """Write the known group states of the contacts into matching rows, as `group;status;date|…`."""
    date = func.coalesce(cast(group_contact.c.date, String(30)), "")
    entry = cast(group_contact.c.group_id, String(20)) + ";" + func.coalesce(group_contact.c.status, "") + ";" + date
    snapshot = (
        select(func.aggregate_strings(entry, "|"))
        .where(group_contact.c.list_id == list_id, group_contact.c.contact_id == cache.c.civicrm_contact_id)
        .scalar_subquery()
    )
    rows = update(cache).where(cache.c.mailchimp_list_id == list_id, *conditions)
    tx.execute(rows.values(civicrm_groups=snapshot))


def own_group_changes(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> set[tuple[int, int, str]]:
    """Return which current group states we made ourselves: (contact, group, status)."""
    columns = (group_contact.c.contact_id, group_contact.c.group_id, group_contact.c.status)
    mine = group_contact.c.list_id == list_id, any_of(tx, group_contact.c.contact_id, contact_ids), group_contact.c.ours
    return {(contact, group, status) for contact, group, status in tx.execute(select(*columns).where(*mine))}


def group_states(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> dict[int, dict[int, GroupState]]:
    """Return the states of contacts by contact id and group id; at most a few thousand contacts at a time.

    A change that we made ourselves repeats what Mailchimp said: it has no date to compare with Mailchimp's.
    """
    date = case((group_contact.c.ours, null()), else_=group_contact.c.date).label("date")
    columns = (group_contact.c.contact_id, group_contact.c.group_id, group_contact.c.status, date)
    found: dict[int, dict[int, GroupState]] = {}
    ours = group_contact.c.list_id == list_id
    query = select(*columns).where(ours, any_of(tx, group_contact.c.contact_id, contact_ids))
    for contact, group, status, at in tx.execute(query).all():
        found.setdefault(contact, {})[group] = GroupState(GroupStatus(status) if status else None, at)
    return found


def group_statuses(tx: Connection, list_id: str, contact_ids: Sequence[int]) -> dict[tuple[int, int], str | None]:
    """Return current statuses, by (contact id, group id); at most a few thousand contacts at a time."""
    columns = (group_contact.c.contact_id, group_contact.c.group_id, group_contact.c.status)
    ours = group_contact.c.list_id == list_id
    query = select(*columns).where(ours, any_of(tx, group_contact.c.contact_id, contact_ids))
    return {(contact, group): status for contact, group, status in tx.execute(query)}
