"""The outcome of updates sent without a response: Mailchimp doesn't report it, but its members show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.store.cache import rows
from mailchimpsync.store.changes import kept_plans, updates
from mailchimpsync.store.changes.updates import UnansweredUpdate
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.updates.confirmation import matches_update

ROWS_PER_STEP = 5_000


def resolve_unanswered(run: Run, row_ids: Sequence[int] | None = None) -> None:
    """Take the outcome of updates that were aborted, or whose results were lost, from their members.

    If a member is now as the update wanted it, it was done: then both sides had agreed on that. Otherwise our own act
    would look like a newer change at Mailchimp, and undo what staff did while it was in flight. If a member has another
    status, newer than the update, the person may have acted after it: the earlier base is forgotten, and the later date
    decides.
    """
    after = 0
    while True:
        with run.transaction() as tx:
            found = updates.unanswered_updates(tx, run.list_id, after, ROWS_PER_STEP, row_ids)
            done, overtaken = (
                [row for row in found if _was_applied(row)],
                [row for row in found if not _was_applied(row) and _is_overtaken(row)],
            )
            rows.write_rows(tx, [_applied_row(row) for row in done])
            rows.write_rows(tx, [{"id": row.id, "base_subscribed": None} for row in overtaken])
            kept_plans.record_read_back(tx, [row.update_id for row in done], done=True)
            kept_plans.record_read_back(tx, [row.update_id for row in found if not _was_applied(row)], done=False)
        if not found:
            return
        after = found[-1].id


def _was_applied(row: UnansweredUpdate) -> bool:
    wanted, has = row.data.get("interests", {}), row.mailchimp_interests or {}
    return matches_update(row.data, row.mailchimp_status) and all(
        has.get(interest) == value for interest, value in wanted.items()
    )


def _is_overtaken(row: UnansweredUpdate) -> bool:
    seen = row.mailchimp_status_date
    return not matches_update(row.data, row.mailchimp_status) and seen is not None and seen > row.created_date


def _applied_row(row: UnansweredUpdate) -> dict[str, Any]:
    """The date of our own act is that of the decision behind it."""
    agreed, seen = row.agreed, row.mailchimp_status_date
    asked_for_status = MemberUpdate.from_body(row.data).status is not None
    return {
        "id": row.id,
        "base_subscribed": agreed["subscribed"],
        "base_interests": agreed["interests"],
        "mailchimp_status_date": min(seen, row.created_date) if seen and asked_for_status else seen,
    }
