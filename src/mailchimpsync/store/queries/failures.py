"""The people who can't be synced: whether they need attention, and why they can't."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, case, func, literal, select

from mailchimpsync.errors import REGISTRY
from mailchimpsync.model import MemberStatus, SyncStatus, full_name
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import accepted_person, accepted_reason, cache

FINE_CODES = frozenset(code for code, entry in REGISTRY.items() if entry.fine_because)
"""The reasons for which someone may stay as they are."""


class Standing(StrEnum):
    """Whether someone who can't be synced needs attention."""

    NEEDS_ATTENTION = "needs attention"
    FINE = "fine as it is"
    ACCEPTED = "accepted"


_ORDER = list(Standing)


@dataclass(frozen=True, slots=True)
class Failed:
    """How many people can't be synced, by standing."""

    need_attention: int = 0
    fine: int = 0
    accepted: int = 0

    @property
    def others(self) -> int:
        """How many need no attention."""
        return self.fine + self.accepted

    @property
    def by_standing(self) -> Mapping[Standing, int]:
        """The numbers by standing."""
        return dict(zip(Standing, (self.need_attention, self.fine, self.accepted), strict=True))


NOBODY_FAILED = Failed()


class FailedCount(NamedTuple):
    """How many people can't be synced for a reason, with one standing."""

    reason: str
    standing: str
    number: int


class FailedPerson(NamedTuple):
    """A row that can't be synced; `accepted_for_all`: everyone with its reason is accepted."""

    id: int
    mailchimp_list_id: str
    civicrm_contact_id: int | None
    mailchimp_contact_id: str | None
    mailchimp_email: str | None
    mailchimp_data: Mapping[str, str] | None
    civicrm_address: str | None
    civicrm_name: str | None
    reason: str | None
    reason_detail: str | None
    standing: str
    accepted_at: datetime | None
    accepted_by: str | None
    accepted_for_all: bool

    @property
    def name(self) -> str:
        """The person's name, "" if it isn't known."""
        return full_name(self.mailchimp_data, self.civicrm_name)

    @property
    def address(self) -> str | None:
        """The address at Mailchimp, else the contact's."""
        return self.mailchimp_email or self.civicrm_address


@dataclass(frozen=True, slots=True)
class FailedFor:
    """A reason with one standing: how many rows, and the first of them."""

    reason: str | None
    standing: Standing
    number: int
    first: Sequence[FailedPerson]


def with_acceptances() -> FromClause:
    """Return the rows, each with what was accepted of it, where that still is its reason."""
    reason, detail = func.coalesce(cache.c.reason, ""), func.coalesce(cache.c.reason_detail, "")
    same_detail = func.coalesce(accepted_person.c.reason_detail, "") == detail
    one = and_(accepted_person.c.cache_id == cache.c.id, accepted_person.c.reason == reason, same_detail)
    every = and_(accepted_reason.c.list_id == cache.c.mailchimp_list_id, accepted_reason.c.reason == reason)
    return cache.outerjoin(accepted_person, one).outerjoin(accepted_reason, every)


def standing() -> ColumnElement[str]:
    """Return the standing of failed rows, of `with_acceptances`: nobody who is still mailed is just fine."""
    is_mailed = func.coalesce(cache.c.mailchimp_status, "") == MemberStatus.SUBSCRIBED.value
    fine = and_(cache.c.reason.in_(sorted(FINE_CODES)), ~is_mailed)
    return case(
        (fine, literal(Standing.FINE.value)),
        (_accepted_at().is_not(None), literal(Standing.ACCEPTED.value)),
        else_=literal(Standing.NEEDS_ATTENTION.value),
    )


def _accepted_at() -> ColumnElement[datetime]:
    return func.coalesce(accepted_person.c.accepted_at, accepted_reason.c.accepted_at)


def _failed(list_ids: Sequence[str]) -> ColumnElement[bool]:
    return and_(cache.c.mailchimp_list_id.in_(list_ids), cache.c.sync_status == SyncStatus.FAIL.value)


def count_failed(tx: Connection, list_ids: Sequence[str]) -> Failed:
    """Return how many people can't be synced, in some audiences; only their own rows are read."""
    found = dict.fromkeys(Standing, 0)
    for _, its_standing, number in _count(tx, list_ids):
        found[Standing(its_standing)] += number
    return Failed(*(found[one] for one in Standing))


def count_failed_by_reason(tx: Connection, list_id: str) -> list[FailedCount]:
    """Return how many people can't be synced, by reason and standing."""
    return _count(tx, [list_id])


def _count(tx: Connection, list_ids: Sequence[str]) -> list[FailedCount]:
    reason = func.coalesce(cache.c.reason, "").label("reason")
    failed = select(reason, standing().label("standing")).select_from(with_acceptances()).where(_failed(list_ids))
    columns = failed.subquery().c  # PostgreSQL takes an expression with values for another one each time it is written
    query = select(columns.reason, columns.standing, func.count()).group_by(columns.reason, columns.standing)
    return [FailedCount(*row) for row in tx.execute(query)]


def ids_with_standing(wanted: Standing) -> Select[Any]:
    """Return the query for the ids of people who can't be synced, with one standing."""
    failed = cache.c.sync_status == SyncStatus.FAIL.value
    return select(cache.c.id).select_from(with_acceptances()).where(failed, standing() == wanted.value)


def failures_by_reason(tx: Connection, list_id: str, shown: int) -> list[FailedFor]:
    """Return the reasons by standing: those that need attention first, then by frequency; with at most `shown` rows."""
    ranked = (
        select(
            cache.c.id,
            func.row_number().over(partition_by=(cache.c.reason, standing()), order_by=cache.c.id).label("place"),
        )
        .select_from(with_acceptances())
        .where(_failed([list_id]))
        .subquery()
    )
    first = select(ranked.c.id).where(ranked.c.place <= shown)
    people: dict[tuple[str, str], list[FailedPerson]] = {}
    for row in fetch(tx, FailedPerson, _people().where(cache.c.id.in_(first)).order_by(cache.c.id)):
        people.setdefault((row.reason or "", row.standing), []).append(row)
    groups = [
        FailedFor(one.reason or None, Standing(one.standing), one.number, people[one.reason, one.standing])
        for one in _count(tx, [list_id])
    ]
    return sorted(groups, key=lambda one: (_ORDER.index(one.standing), -one.number, one.reason or ""))


def failed_people(
    tx: Connection,
    list_ids: Sequence[str],
    only: Standing | None = None,
    reason: str | None = None,
    *,
    row_id: int | None = None,
    limit: int,
    offset: int = 0,
) -> list[FailedPerson]:
    """Return people who can't be synced, those who need attention first."""
    query = _people().where(_failed(list_ids))
    if only is not None:
        query = query.where(standing() == only.value)
    if reason is not None:
        query = query.where(func.coalesce(cache.c.reason, "") == reason)
    if row_id is not None:
        query = query.where(cache.c.id == row_id)
    place = case({one.value: place for place, one in enumerate(Standing)}, value=standing())
    return fetch(tx, FailedPerson, query.order_by(place, cache.c.reason, cache.c.id).limit(limit).offset(offset))


def _people() -> Select[FailedPerson]:
    by = func.coalesce(accepted_person.c.accepted_by, accepted_reason.c.accepted_by)
    for_all = accepted_reason.c.id.is_not(None)
    of_row = {"accepted_at": _accepted_at(), "accepted_by": by, "accepted_for_all": for_all}
    return select_as(FailedPerson, cache, standing=standing(), **of_row).select_from(with_acceptances())
