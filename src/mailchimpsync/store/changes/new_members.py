"""Planned new members become updates by statements over thousands: in a first sync they are nearly the whole plan."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Text, and_, false, insert, literal, null, select, type_coerce
from sqlalchemy import update as sql_update

from mailchimpsync.errors import Code
from mailchimpsync.store.changes.plans import drop_plans_of_rows
from mailchimpsync.store.schema import UtcDateTime, cache, change, json_text, update

_WITH_ROW = change.join(cache, cache.c.id == change.c.cache_id)


def queue_new_members(tx: Connection, run_id: int, now: datetime, limit: int) -> int:
    """Carry out the next changes of a run that only subscribe someone of whom no member is known; return how many.

    What else such a change may need, as in CiviCRM, or because of data, isn't done here: those are left.
    """
    next_ones = select(change.c.id, change.c.cache_id).select_from(_WITH_ROW).where(_only_subscribes(run_id))
    found = tx.execute(next_ones.order_by(change.c.id).limit(limit)).all()
    if not found:
        return 0
    these = and_(_only_subscribes(run_id), change.c.id <= found[-1].id)
    _queue(tx, run_id, now, these)
    waiting = {"sync_status": change.c.sync_status, "reason": change.c.reason, "reason_detail": null()}
    tx.execute(sql_update(cache).where(cache.c.id == change.c.cache_id, these).values(waiting))
    drop_plans_of_rows(tx, [one.cache_id for one in found])
    return len(found)


def _queue(tx: Connection, run_id: int, now: datetime, these: ColumnElement[bool]) -> None:
    wanted = type_coerce(change.c.member_update, Text)
    start, _, end = json_text({"decided": 0, "tries": [], "known": None}).partition("0")
    values = {
        "mailchimpsync_cache_id": change.c.cache_id,
        "data": wanted,
        "attempt": literal(start) + wanted + literal(end),
        "agreed": type_coerce(change.c.agreed, Text),
        "created_date": literal(now, UtcDateTime),
        "open_row": change.c.cache_id,
        "run_id": literal(run_id),
        "leaves": false(),
    }
    query = select(*values.values()).select_from(_WITH_ROW).where(these).order_by(change.c.id)
    tx.execute(insert(update).from_select(list(values), query))


def _only_subscribes(run_id: int) -> ColumnElement[bool]:
    wanted, agreed = type_coerce(change.c.member_update, Text), type_coerce(change.c.agreed, Text)
    return and_(
        change.c.run_id == run_id,
        ~change.c.create_contact,
        type_coerce(change.c.group_changes, Text) == "[]",
        wanted.like('%"status_if_new":%'),
        ~wanted.like('%"status":%'),
        ~agreed.like('%"data":%'),
        ~agreed.like('%"corrections":%'),
        change.c.reason != Code.UNDONE.value,
        cache.c.mailchimp_member_id.is_(None),
        cache.c.mailchimp_updated.is_(None),
    )
