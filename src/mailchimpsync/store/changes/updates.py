"""Updates: queued, sent, closed with a result or without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, false, func, or_, select, true, type_coerce
from sqlalchemy import update as sql_update

from mailchimpsync.errors import Code
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import SUBSCRIBED_STATUSES, SyncStatus
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.batches import HANDLED
from mailchimpsync.store.engine.dialect import Row, any_of, insert_rows, update_by_id
from mailchimpsync.store.engine.typed_rows import R, fetch, select_as
from mailchimpsync.store.schema import batch, cache, json_text, update

ALONE = "alone"
"""In `attempt`: a bulk call did not add the member, so it is sent in another way."""

SUPERSEDED = json_text({"code": Code.ABORTED.value})
"""The error of an update that was aborted, or decided again before it was sent."""

OVERTAKEN = json_text({"code": Code.ABORTED.value, "overtaken": True})
"""The error of an update overtaken by an opt-out of the same row, while Mailchimp may still carry it out."""

UNANSWERED = json_text({"code": Code.BATCH_LOST.value})
"""The error of an update whose batch has been read, or lost, without a result for it."""

_WITH_ROW = update.join(cache, cache.c.id == update.c.mailchimpsync_cache_id)
_GIVEN_UP = frozenset({SUPERSEDED, OVERTAKEN, UNANSWERED})


class UnsentUpdate(NamedTuple):
    """An update that is in no batch, with what is known of its member."""

    id: int
    data: Mapping[str, Any]
    attempt: Mapping[str, Any]
    agreed: Mapping[str, Any]
    mailchimp_member_id: str | None
    mailchimp_email: str | None
    mailchimp_updated: datetime | None


class NewMember(NamedTuple):
    """An update in no batch that subscribes someone of whom no member is known."""

    id: int
    data: Mapping[str, Any]


class SentUpdate(NamedTuple):
    """An update in a batch, with the columns of its row that results change.

    `is_over`: its batch is finished, so that Mailchimp does nothing more of it.
    """

    update_id: int
    data: Mapping[str, Any]
    attempt: Mapping[str, Any]
    agreed: Mapping[str, Any]
    created_date: datetime
    update_run_id: int | None
    id: int
    civicrm_contact_id: int | None
    mailchimp_member_id: str | None
    mailchimp_contact_id: str | None
    mailchimp_email: str | None
    mailchimp_status: str | None
    mailchimp_status_date: datetime | None
    mailchimp_status_by: str | None
    mailchimp_updated: datetime | None
    mailchimp_data: Mapping[str, str] | None
    mailchimp_interests: Mapping[str, bool] | None
    reason: str | None
    refusal: Mapping[str, Any] | None
    sync_status: str
    recheck: bool
    new_address: str | None
    names_before: Mapping[str, str] | None
    hold_reason: str | None
    member_problem: str | None
    submitted_at: datetime | None
    is_over: bool


class UnansweredUpdate(NamedTuple):
    """A due row whose newest update was sent without getting a result."""

    id: int
    mailchimp_status: str | None
    mailchimp_status_date: datetime | None
    mailchimp_interests: Mapping[str, bool] | None
    update_id: int
    data: Mapping[str, Any]
    agreed: Mapping[str, Any]
    created_date: datetime


class UnsentSubscription(NamedTuple):
    """An unsent update that would subscribe someone."""

    id: int
    row_id: int


class SentBody(NamedTuple):
    """What was sent for a row."""

    row_id: int
    data: Mapping[str, Any]


def add_updates(tx: Connection, rows: Sequence[Row]) -> None:
    """Queue updates; the unique `open_row` lets a cache row have at most one open update."""
    insert_rows(tx, update, [{**row, "leaves": MemberUpdate.from_body(row["data"]).removes_member} for row in rows])


def unsent_updates(tx: Connection, list_id: str, limit: int, run_id: int | None = None) -> Sequence[UnsentUpdate]:
    """Return the next updates that are in no batch, of a run or of all; those that remove members come first.

    Two queries, because one that sorts would read the members of all waiting updates. Members being removed by an
    update that Mailchimp may still carry out get nothing else until its batch is over: it could remove them afterwards.
    """
    leaving = unsent_opt_outs(tx, list_id, limit, run_id)
    room = limit - len(leaving)
    return [*leaving, *_unsent(tx, list_id, room, run_id, _may_be_sent())] if room else leaving


def unsent_opt_outs(
    tx: Connection, list_id: str, limit: int, run_id: int | None = None, *, overtaking: bool = False
) -> Sequence[UnsentUpdate]:
    """Return the next updates in no batch that remove members, or only the `overtaking` ones.

    Those follow an update of the same row that Mailchimp may still carry out.
    """
    which = and_(update.c.leaves, _is_overtaken_in(cache.c.id)) if overtaking else update.c.leaves
    return _unsent(tx, list_id, limit, run_id, which)


def unsent_new_members(tx: Connection, list_id: str, limit: int, run_id: int | None = None) -> Sequence[NewMember]:
    """Return the next updates in no batch that subscribe people of whom no member is known.

    Only those that have not been tried in any way.
    """
    query = select_as(NewMember, update).select_from(_WITH_ROW)
    return fetch(tx, NewMember, _next_unsent(query, list_id, limit, run_id, and_(_may_be_sent(), may_go_in_bulk())))


def may_go_in_bulk() -> ColumnElement[bool]:
    """Return the condition that an update subscribes someone of whom no member is known, and has not been tried."""
    said, tried = type_coerce(update.c.data, Text), type_coerce(update.c.attempt, Text)
    is_new = and_(cache.c.mailchimp_member_id.is_(None), said.like('%"status_if_new":"subscribed"%'))
    return and_(is_new, tried.like('%"tries":[]%'), ~tried.like(f'%"{ALONE}":true%'))


def send_alone(tx: Connection, update_ids: Sequence[int]) -> None:
    """Take open updates out of a bulk call, and let them be sent in other ways only."""
    if not update_ids:
        return
    found = tx.execute(select(update.c.id, update.c.attempt).where(update.c.id.in_(update_ids))).all()
    rows = [{"id": one.id, "attempt": {**one.attempt, ALONE: True}, "mailchimpsync_batch_id": None} for one in found]
    update_by_id(tx, update, rows)


def has_more_unsent(tx: Connection, list_id: str, number: int, run_id: int | None = None) -> bool:
    """Return whether more than a number of updates are in no batch, of a run or of all; opt-outs don't count."""
    which = and_(~update.c.leaves, *is_unsent(list_id, run_id))
    query = select(update.c.id).join(cache, cache.c.id == update.c.mailchimpsync_cache_id).where(which)
    return tx.execute(query.offset(number).limit(1)).first() is not None


def _may_be_sent() -> ColumnElement[bool]:
    return and_(~update.c.leaves, ~_is_overtaken_in(cache.c.id, leaves=True))


def is_unsent(list_id: str, run_id: int | None = None) -> Sequence[ColumnElement[bool]]:
    """Return the conditions that an update is open and in no batch, of a run or of any."""
    return (
        update.c.completed == 0,
        update.c.mailchimpsync_batch_id.is_(None),
        cache.c.mailchimp_list_id == list_id,
        update.c.run_id == run_id if run_id is not None else true(),
    )


def _unsent(
    tx: Connection, list_id: str, limit: int, run_id: int | None, which: ColumnElement[bool]
) -> Sequence[UnsentUpdate]:
    query = select_as(UnsentUpdate, update, cache).select_from(_WITH_ROW)
    return fetch(tx, UnsentUpdate, _next_unsent(query, list_id, limit, run_id, which))


def _next_unsent(
    query: Select[R], list_id: str, limit: int, run_id: int | None, which: ColumnElement[bool]
) -> Select[R]:
    return query.where(*is_unsent(list_id, run_id), which).order_by(update.c.id).limit(limit)


def _subscribes() -> ColumnElement[bool]:
    said, ways = type_coerce(update.c.data, Text), ("status", "status_if_new")
    return or_(*(said.like(f'%"{way}":"{status.value}"%') for way in ways for status in sorted(SUBSCRIBED_STATUSES)))


def unsent_subscriptions(tx: Connection, list_id: str, after: int, limit: int) -> Sequence[UnsentSubscription]:
    """Return the next unsent updates that would subscribe people, and may be outdated.

    Those queued manually, and those whose rows have changed since.
    """
    query = (
        select_as(UnsentSubscription, update, row_id=cache.c.id)
        .join(cache, cache.c.id == update.c.mailchimpsync_cache_id)
        .where(
            update.c.completed == 0,
            update.c.mailchimpsync_batch_id.is_(None),
            cache.c.mailchimp_list_id == list_id,
            or_(update.c.run_id.is_(None), cache.c.recheck),
            _subscribes(),
            update.c.id > after,
        )
        .order_by(update.c.id)
        .limit(limit)
    )
    return fetch(tx, UnsentSubscription, query)


def drop_unsent(tx: Connection, dropped: Sequence[tuple[int, int, str]]) -> None:
    """Close updates that won't be sent, and make their rows due: (id, row id, error)."""
    complete_updates(tx, [(key, error) for key, _, error in dropped])
    kept_plans.record_given_up(tx, [key for key, _, _ in dropped])
    again = {"sync_status": SyncStatus.TODO.value, "recheck": False}
    update_by_id(tx, cache, [{"id": row_id, **again} for _, row_id, _ in dropped])


def _is_overtaken_in(rows: ColumnElement[Any], *, leaves: bool = False) -> ColumnElement[bool]:
    """Return the condition that a row has an unsettled update overtaken by an opt-out.

    With `leaves` only an update that is an opt-out itself counts.
    """
    other = update.alias()
    mine = select(other.c.id).where(other.c.mailchimpsync_cache_id == rows, other.c.error_response == OVERTAKEN)
    return (mine.where(other.c.leaves) if leaves else mine).exists()


def take_back(tx: Connection, update_ids: Sequence[int]) -> None:
    """Take open updates out of their batch, so that they are sent again: they surely had no effect."""
    mine = update.c.id.in_(update_ids), update.c.completed == 0
    tx.execute(sql_update(update).where(*mine).values(mailchimpsync_batch_id=None))


def withdraw_unsent(
    tx: Connection, list_id: str, row_ids: Sequence[int] | None = None, *, keep_retries_since: datetime | None = None
) -> int:
    """Close the updates that are in no batch, of given rows or of all, make their rows due, and return how many.

    Updates queued manually, by no run, stay: no decision replaces them. Retries queued since a time may stay too.
    """
    retry = cache.c.sync_status == SyncStatus.REDO.value
    stays = and_(retry, update.c.created_date >= keep_retries_since) if keep_retries_since is not None else false()
    waiting = select(update.c.id, update.c.mailchimpsync_cache_id).join(
        cache, cache.c.id == update.c.mailchimpsync_cache_id
    )
    unsent = tx.execute(
        waiting.where(
            update.c.completed == 0,
            update.c.mailchimpsync_batch_id.is_(None),
            update.c.run_id.is_not(None),
            cache.c.mailchimp_list_id == list_id,
            cache.c.id.in_(row_ids) if row_ids is not None else true(),
            ~stays,
        )
    ).all()
    complete_updates(tx, [(row.id, SUPERSEDED) for row in unsent])
    due = [{"id": row.mailchimpsync_cache_id, "sync_status": SyncStatus.TODO.value, "recheck": False} for row in unsent]
    update_by_id(tx, cache, due)
    return len(unsent)


def abort_updates(tx: Connection, list_id: str, batch_id: int | None, limit: int) -> int:
    """Close open updates of a batch, or (None) those in no batch; their rows fail as `ABORTED`. Return how many."""
    query = (
        select(update.c.id, update.c.mailchimpsync_cache_id)
        .join(cache, cache.c.id == update.c.mailchimpsync_cache_id)
        .where(
            update.c.completed == 0,
            update.c.mailchimpsync_batch_id.is_not_distinct_from(batch_id),
            cache.c.mailchimp_list_id == list_id,
        )
        .limit(limit)
    )
    found = tx.execute(query).all()
    complete_updates(tx, [(row.id, SUPERSEDED) for row in found])
    failed = {
        "sync_status": SyncStatus.FAIL.value,
        "recheck": False,
        "reason": Code.ABORTED.value,
        "reason_detail": None,
    }
    update_by_id(tx, cache, [{"id": row.mailchimpsync_cache_id, **failed} for row in found])
    return len(found)


def unanswered_updates(
    tx: Connection, list_id: str, after: int, limit: int, row_ids: Sequence[int] | None = None
) -> Sequence[UnansweredUpdate]:
    """Return due rows whose newest update was sent without getting a result, by row id, each with that update.

    Either it was aborted, or the results of its batch were lost. Of given rows, or of all.
    """
    others = update.alias()
    newest = select(func.max(others.c.id)).where(others.c.mailchimpsync_cache_id == cache.c.id).scalar_subquery()
    query = (
        select_as(UnansweredUpdate, cache, update, update_id=update.c.id)
        .join(update, update.c.mailchimpsync_cache_id == cache.c.id)
        .where(
            cache.c.mailchimp_list_id == list_id,
            cache.c.sync_status == SyncStatus.TODO.value,
            cache.c.reason.in_((Code.ABORTED.value, Code.BATCH_LOST.value)),
            cache.c.id > after,
            cache.c.id.in_(row_ids) if row_ids is not None else true(),
            update.c.id == newest,
            update.c.mailchimpsync_batch_id.is_not(None),
        )
        .order_by(cache.c.id)
        .limit(limit)
    )
    return fetch(tx, UnansweredUpdate, query)


def count_open_and_lost(tx: Connection, run_id: int) -> tuple[int, int]:
    """Return how many updates of a run are open, and how many were given up without a result."""
    mine = select(func.count()).where(update.c.run_id == run_id)
    is_lost = update.c.error_response.in_(sorted(_GIVEN_UP))
    still_open = tx.execute(mine.where(update.c.completed == 0)).scalar_one()
    return int(still_open), int(tx.execute(mine.where(update.c.completed == 1, is_lost)).scalar_one())


def open_updates_of(tx: Connection, batch_ids: Sequence[int]) -> Sequence[int]:
    """Return the ids of the open updates of batches."""
    query = select(update.c.id).where(update.c.mailchimpsync_batch_id.in_(batch_ids), update.c.completed == 0)
    return list(tx.execute(query).scalars())


def sent_updates() -> Select[SentUpdate]:
    """Return the query for updates in batches, each with its row."""
    is_over = batch.c.response_processed == HANDLED
    return (
        select_as(
            SentUpdate, cache, update, batch, update_id=update.c.id, update_run_id=update.c.run_id, is_over=is_over
        )
        .join(cache, cache.c.id == update.c.mailchimpsync_cache_id)
        .join(batch, batch.c.id == update.c.mailchimpsync_batch_id)
    )


def updates_with_rows(tx: Connection, batch_ids: Sequence[int]) -> dict[int, SentUpdate]:
    """Return the open updates of batches by id."""
    query = sent_updates().where(update.c.mailchimpsync_batch_id.in_(batch_ids), update.c.completed == 0)
    return {row.update_id: row for row in fetch(tx, SentUpdate, query)}


def complete_updates(tx: Connection, errors: Sequence[tuple[int, str | None]]) -> None:
    """Close updates: (id, error or None). For those given up, the plan they carried out is updated."""
    closed = {"completed": 1, "open_row": None}
    if confirmed := [key for key, error in errors if error is None]:
        tx.execute(sql_update(update).where(any_of(tx, update.c.id, confirmed)).values(closed))
    rows = [{"id": key, **closed, "error_response": error} for key, error in errors if error is not None]
    update_by_id(tx, update, rows)
    if given_up := [key for key, error in errors if error in _GIVEN_UP]:
        kept_plans.record_given_up(tx, given_up)


def unanswered_bodies(tx: Connection, row_ids: Sequence[int]) -> Sequence[SentBody]:
    """Return what was sent for rows without a result, oldest first."""
    is_unanswered = or_(update.c.completed == 0, update.c.error_response == UNANSWERED)
    query = select_as(SentBody, update, row_id=update.c.mailchimpsync_cache_id).where(
        update.c.mailchimpsync_cache_id.in_(row_ids), is_unanswered
    )
    return fetch(tx, SentBody, query.order_by(update.c.id))


def oldest_open_update(tx: Connection, list_id: str) -> datetime | None:
    """Return when the oldest open update was decided."""
    query = select(func.min(update.c.created_date)).join(cache, cache.c.id == update.c.mailchimpsync_cache_id)
    mine = query.where(update.c.completed == 0, cache.c.mailchimp_list_id == list_id)
    return tx.execute(mine).scalar_one_or_none()


def count_open_updates(tx: Connection, list_id: str) -> tuple[int, int]:
    """Return how many updates are open, and how many of them are in no batch."""
    query = (
        select(func.count(), func.count(update.c.mailchimpsync_batch_id))
        .select_from(update.join(cache, cache.c.id == update.c.mailchimpsync_cache_id))
        .where(update.c.completed == 0, cache.c.mailchimp_list_id == list_id)
    )
    total, sent = tx.execute(query).one()
    return int(total), int(total) - int(sent)
