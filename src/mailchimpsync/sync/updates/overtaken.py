"""Updates in flight that an opt-out has overtaken: Mailchimp may still carry them out, after the opt-out.

Their effect is our own act, and not anyone's decision: members they have subscribed are removed again
(docs/decisions/opt-outs-overtake.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.mailchimp import Member, UnreadableMember
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import IN_FLIGHT, SUBSCRIBED_STATUSES, SyncStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import rows
from mailchimpsync.store.changes import overtaking
from mailchimpsync.store.changes.updates import SentUpdate
from mailchimpsync.sync.context import Run, Work
from mailchimpsync.sync.updates.reread import fresh_columns, read_member

MEMBERS_IN_FLIGHT_MAX = 8


@dataclass(frozen=True, slots=True)
class OvertakenUpdate:
    """An overtaken update with its row, and the member at Mailchimp now."""

    update: SentUpdate
    found: Member | UnreadableMember | None


def read_overtaken_members(work: Work, batch_ids: Sequence[int]) -> Sequence[OvertakenUpdate]:
    """Read the members of finished batches' overtaken updates.

    Raises:
        TransientError: Mailchimp can't be reached; the batches stay open until it can.
    """
    with work.transaction() as tx:
        waiting = overtaking.overtaken(tx, work.list_id, batch_ids)
    if not waiting:
        return ()
    with work.runtime.executor(MEMBERS_IN_FLIGHT_MAX) as executor:
        return list(executor.map(lambda update: OvertakenUpdate(update, read_member(work, update)), waiting))


def record_overtaken(tx: Transaction, overtaken: Sequence[OvertakenUpdate]) -> None:
    """Record the members' states once a batch is over; rows with changes are due."""
    if not overtaken:
        return
    changed = [one for one in overtaken if one.found is not None]
    columns = []
    for one in changed:
        fresh = _make_due(one.update, fresh_columns(one.update, one.found)) if one.found is not None else {}
        columns.append(
            fresh | _base_if_ours(one.update, fresh.get("mailchimp_status"), fresh.get("mailchimp_status_date"))
        )
    rows.write_rows(tx, columns)
    read = [one for one in overtaken if not isinstance(one.found, UnreadableMember)]
    overtaking.close_overtaken(tx, [one.update.update_id for one in read])


def _make_due(update: SentUpdate, fresh: dict[str, Any]) -> dict[str, Any]:
    """A row with an update in flight becomes due after its result."""
    if update.sync_status in IN_FLIGHT:
        return {**fresh, "sync_status": update.sync_status, "recheck": True}
    return {**fresh, "sync_status": SyncStatus.TODO.value}


def settle_overtaken(run: Run) -> None:
    """Before rows are decided, find out what overtaken updates have done, from Mailchimp's members.

    Otherwise it would look like a newer change at Mailchimp, and bring back people who have left in CiviCRM. As long as
    a member can't be read, that isn't known.
    """
    with run.transaction() as tx:
        found = overtaking.overtaken(tx, run.list_id)
        known = [
            {"id": one.id, **ours}
            for one in found
            if (ours := _base_if_ours(one, one.mailchimp_status, one.mailchimp_status_date))
        ]
        rows.write_rows(tx, known)
        settled = [one for one in found if one.is_over and one.member_problem is None]
        overtaking.close_overtaken(tx, [one.update_id for one in settled])


def _base_if_ours(update: SentUpdate, status: str | None, since: datetime | None) -> dict[str, Any]:
    """Return the base where a member is subscribed because an overtaken update asked for it."""
    if not MemberUpdate.from_body(update.data).subscribes or status not in SUBSCRIBED_STATUSES:
        return {}
    return {
        "base_subscribed": True,
        "mailchimp_status_date": min(since, update.created_date) if since else update.created_date,
    }
