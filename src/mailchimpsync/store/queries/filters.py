"""Filters for cache rows, as SQL conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, or_, select

from mailchimpsync.model import SUBSCRIBED_STATUSES, GroupStatus, SyncStatus
from mailchimpsync.store.engine.patterns import NO_ESCAPE, contains_text
from mailchimpsync.store.queries.counts import is_excluded_by_choice
from mailchimpsync.store.queries.failures import Standing, ids_with_standing
from mailchimpsync.store.schema import cache, group_contact, update

NONE = "none"
"""As a filter value: no value."""


class Show(StrEnum):
    """The rows that are counted together in the balance of both sides, see `counts.agreement`."""

    TO_ADD = "to_add"
    TO_REMOVE = "to_remove"
    CANNOT_SUBSCRIBE = "cannot_subscribe"
    OTHER_FAILS = "other_fails"
    KEPT_OFF = "kept_off"
    KEPT_ON = "kept_on"
    TODO = "todo"
    NEEDS_ATTENTION = "needs_attention"  # of those who can't be synced; see `failures.Standing`
    FINE = "fine"
    ACCEPTED = "accepted"
    OUTSTANDING = "outstanding"  # those with an update that is not done


@dataclass(frozen=True)
class RowFilter:
    """Filters over the rows of a connection; any of several values matches, and an empty filter is ignored.

    Attributes:
        email: a part of the address; case is ignored.
        civicrm_status: in the subscription group.
    """

    list_id: str
    group_id: int
    ids: tuple[int, ...] = ()
    sync_status: tuple[str, ...] = ()
    mailchimp_status: tuple[str, ...] = ()
    civicrm_status: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    email: str = ""
    contact_id: int | None = None
    show: tuple[Show, ...] = ()

    @property
    def is_selective(self) -> bool:
        """Return whether an index selects the rows: by contact, or by an unfinished update."""
        return bool(self.ids) or self.contact_id is not None or self.show == (Show.OUTSTANDING,)

    @property
    def is_by_sync_status_only(self) -> bool:
        """Return whether at most the sync status is filtered."""
        others = (self.ids, self.mailchimp_status, self.civicrm_status, self.reason, self.email, self.show)
        return not any(others) and self.contact_id is None

    def with_group(self) -> FromClause:
        """Return the rows, each with what CiviCRM says of its contact in the subscription group."""
        here = and_(
            group_contact.c.list_id == cache.c.mailchimp_list_id,
            group_contact.c.contact_id == cache.c.civicrm_contact_id,
            group_contact.c.group_id == self.group_id,
        )
        return cache.outerjoin(group_contact, here)


_STANDINGS = {
    Show.NEEDS_ATTENTION: Standing.NEEDS_ATTENTION,
    Show.FINE: Standing.FINE,
    Show.ACCEPTED: Standing.ACCEPTED,
}
_UNDER_WAY = (SyncStatus.LIVE.value, SyncStatus.REDO.value, SyncStatus.OK.value)
_STATUSES = {
    Show.TO_ADD: _UNDER_WAY,
    Show.TO_REMOVE: _UNDER_WAY,
    Show.CANNOT_SUBSCRIBE: (SyncStatus.FAIL.value,),
    Show.OTHER_FAILS: (SyncStatus.FAIL.value,),
    Show.KEPT_OFF: (SyncStatus.OK.value,),
    Show.KEPT_ON: (SyncStatus.OK.value,),
    Show.TODO: (SyncStatus.TODO.value,),
    **dict.fromkeys(_STANDINGS, (SyncStatus.FAIL.value,)),
}


def statuses_of(wanted: RowFilter) -> tuple[str, ...] | None:
    """Return the sync statuses that the rows can have; None: any."""
    if wanted.sync_status:
        return wanted.sync_status
    if not wanted.show or Show.OUTSTANDING in wanted.show:
        return None
    return tuple(sorted({status for show in wanted.show for status in _STATUSES[show]}))


def matching(wanted: RowFilter, *columns: Any) -> Select[Any]:
    """Return the query for columns of the rows that match."""
    query = select(*columns)
    if wanted.civicrm_status or {*wanted.show} - {Show.TODO, Show.OUTSTANDING}:
        query = query.select_from(wanted.with_group())
    return query.where(*_conditions(wanted))


def _conditions(wanted: RowFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [cache.c.mailchimp_list_id == wanted.list_id]
    if wanted.ids:
        found.append(cache.c.id.in_(wanted.ids))
    for column, values in (
        (cache.c.sync_status, wanted.sync_status),
        (cache.c.mailchimp_status, wanted.mailchimp_status),
        (group_contact.c.status, wanted.civicrm_status),
        (cache.c.reason, wanted.reason),
    ):
        if values:
            found.append(_one_of(column, values))
    if wanted.email:
        found.append(cache.c.mailchimp_email.ilike(contains_text(wanted.email), escape=NO_ESCAPE))
    if wanted.contact_id is not None:
        found.append(cache.c.civicrm_contact_id == wanted.contact_id)
    if wanted.show:
        found.append(or_(*(_shown_condition(show) for show in wanted.show)))
    return found


def _one_of(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    named = [value for value in values if value != NONE]
    if NONE not in values:
        return and_(column.in_(named))
    return or_(column.is_(None), column.in_(named)) if named else and_(column.is_(None))


def _shown_condition(show: Show) -> ColumnElement[bool]:
    """Return the condition for a figure of `counts.agreement`; a test compares the two."""
    if show is Show.OUTSTANDING:
        return cache.c.id.in_(select(update.c.mailchimpsync_cache_id).where(update.c.completed == 0))
    in_status = cache.c.sync_status.in_(_STATUSES[show])
    if show in _STANDINGS:
        return cache.c.id.in_(ids_with_standing(_STANDINGS[show]))
    subscribed = func.coalesce(cache.c.mailchimp_status, "").in_([status.value for status in SUBSCRIBED_STATUSES])
    added = func.coalesce(group_contact.c.status, "") == GroupStatus.ADDED.value
    side = {
        Show.TO_ADD: and_(added, ~subscribed, ~is_excluded_by_choice()),
        Show.TO_REMOVE: and_(subscribed, ~added, ~is_excluded_by_choice()),
        Show.KEPT_OFF: and_(added, ~subscribed, is_excluded_by_choice()),
        Show.KEPT_ON: and_(subscribed, ~added, is_excluded_by_choice()),
        Show.CANNOT_SUBSCRIBE: and_(added, ~subscribed),
        Show.OTHER_FAILS: or_(~added, subscribed),
    }.get(show)
    return in_status if side is None else and_(in_status, side)
