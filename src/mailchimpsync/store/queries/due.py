"""People who are still due: a change is wanted and not made (docs/decisions/one-model-of-truth.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Text, and_, case, exists, func, or_, select, type_coerce

from mailchimpsync.errors import TRANSIENT_CODES, Code
from mailchimpsync.model import SUBSCRIBED_STATUSES, MemberStatus, SyncStatus
from mailchimpsync.store.changes.batches import HANDLED
from mailchimpsync.store.schema import batch, cache

NEXT_RUN = ""
"""The cause of people who are only waiting for the next run to decide."""

PUT_OFF_MAX = 1_000
"""At most this many pauses are checked."""

_REMOVAL_STATUSES = (MemberStatus.UNSUBSCRIBED, MemberStatus.ARCHIVED)
_IN_FLIGHT = (SyncStatus.LIVE, SyncStatus.REDO)
_BATCHES_COMPARED = 3


@dataclass(frozen=True, slots=True)
class Due:
    """People who are still due.

    Attributes:
        by_cause: how many, by the code that blocks them, or `NEXT_RUN`.
        put_off: how many of them were refused so often that they are listed as failures, and retried less often.
        leaving: members to be removed at Mailchimp whose change was refused, including those being retried.
        refused: people whose change was refused too often, including those being retried, by code.
    """

    by_cause: Mapping[str, int] = field(default_factory=dict)
    put_off: int = 0
    leaving: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many people are due."""
        return sum(self.by_cause.values())


NOBODY_DUE = Due()


def count_due(tx: Connection, list_id: str) -> Due:
    """Count the people who are due; reads only rows that aren't in order."""
    code, again, leaves = _code(), _flag(_text_of('"again":')), _flag(_is_opt_out())
    query = (
        select(cache.c.sync_status, code.label("code"), again.label("again"), leaves.label("leaves"), func.count())
        .where(cache.c.mailchimp_list_id == list_id, cache.c.sync_status.in_(_not_in_order()))
        .group_by(cache.c.sync_status, code, again, leaves)
    )
    by_cause, refused, put_off, leaving = Counter[str](), Counter[str](), 0, 0
    for status, cause, is_put_off, is_leaving, number in tx.execute(query).all():
        leaving += number if is_leaving else 0
        if status == SyncStatus.TODO or cause:
            by_cause[cause] += number if status not in _IN_FLIGHT else 0
            put_off += number if is_put_off and status == SyncStatus.FAIL else 0
            refused[cause] += number if is_put_off and cause else 0
    return Due(_positive(by_cause), put_off, leaving, _positive(refused))


def is_anything_waiting(tx: Connection, list_id: str, now: datetime) -> bool:
    """Return whether anyone is waiting for a decision or for Mailchimp, or was put off until now.

    Other failures wait for a change, or a later run.
    """
    waiting = [SyncStatus.TODO.value, *(one.value for one in _IN_FLIGHT)]
    people = exists().where(cache.c.mailchimp_list_id == list_id, cache.c.sync_status.in_(waiting))
    batches = exists().where(batch.c.mailchimp_list_id == list_id, batch.c.response_processed < HANDLED)
    return bool(tx.execute(select(or_(people, batches))).scalar_one()) or _is_pause_over(tx, list_id, now)


def _is_pause_over(tx: Connection, list_id: str, now: datetime) -> bool:
    """Return whether someone whose change was refused must be tried again; with `PUT_OFF_MAX` or more, assume yes."""
    failed = (cache.c.mailchimp_list_id == list_id, cache.c.sync_status == SyncStatus.FAIL.value)
    query = select(cache.c.refusal).where(*failed, _text_of('"again":')).limit(PUT_OFF_MAX)
    refusals = tx.execute(query).scalars().all()
    return len(refusals) == PUT_OFF_MAX or any(datetime.fromisoformat(one["again"]) <= now for one in refusals)


def _positive(counts: Counter[str]) -> Mapping[str, int]:
    return {cause: number for cause, number in counts.most_common() if number}


def batches_refused_with_same_code(tx: Connection, list_id: str) -> tuple[str | None, int, int]:
    """Return the code with which every operation of the newest batch was refused, or None.

    Also how many batches in a row were refused like that, and how many operations the newest one had.
    """
    query = select(batch.c.refused_code, batch.c.total_operations).where(
        batch.c.mailchimp_list_id == list_id, batch.c.response_processed == HANDLED
    )
    found = tx.execute(query.order_by(batch.c.id.desc()).limit(_BATCHES_COMPARED)).all()
    if not found or found[0].refused_code is None:
        return None, 0, 0
    codes = [row.refused_code for row in found]
    alike = next((place for place, code in enumerate(codes) if code != codes[0]), len(codes))
    return codes[0], alike, int(found[0].total_operations)


def _not_in_order() -> list[str]:
    return [one.value for one in (SyncStatus.TODO, SyncStatus.FAIL, *_IN_FLIGHT)]


def _code() -> ColumnElement[str]:
    """Return what blocks a row: the code of a temporary refusal, `ABORTED`, or nothing that lasts."""
    refused = [(_begins_with(code), code.value) for code in sorted(TRANSIENT_CODES)]
    failed = cache.c.sync_status == SyncStatus.FAIL.value
    aborted = and_(failed, cache.c.reason == Code.ABORTED.value)
    lost = and_(cache.c.sync_status == SyncStatus.TODO.value, cache.c.reason == Code.BATCH_LOST.value)
    other_failure = and_(failed, cache.c.reason.not_in([code.value for code in TRANSIENT_CODES]))
    blocked = [(aborted, Code.ABORTED.value), (lost, Code.BATCH_LOST.value)]
    unblocked = [(other_failure, NEXT_RUN), (cache.c.refusal.is_(None), NEXT_RUN)]
    return case(*blocked, *unblocked, *refused, else_=NEXT_RUN)


def _begins_with(code: Code) -> ColumnElement[bool]:
    return _refusal().like(f'{{"code":"{code.value}"%')


def _text_of(text: str) -> ColumnElement[bool]:
    return and_(cache.c.refusal.is_not(None), _refusal().like(f"%{text}%"))


def _is_opt_out() -> ColumnElement[bool]:
    is_removal = or_(*(_text_of(f'"status":"{status.value}"') for status in _REMOVAL_STATUSES))
    return and_(cache.c.mailchimp_status.in_([status.value for status in SUBSCRIBED_STATUSES]), is_removal)


def _refusal() -> ColumnElement[str]:
    return type_coerce(cache.c.refusal, Text)


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
