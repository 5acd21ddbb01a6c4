"""Figures by day: how many people were on both sides, and how many joined and left, for which reason.

Only numbers, no personal data. A person who joins or leaves counts where the change is carried over: someone who
unsubscribed at Mailchimp counts as left when they are removed from the group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from mailchimpsync.effects import Effect, What
from mailchimpsync.errors import Code
from mailchimpsync.model import SUBSCRIBED_STATUSES, GroupStatus, MemberStatus, Side
from mailchimpsync.store.engine.dialect import Assignments, Columns, upsert
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.queries.counts import Agreement
from mailchimpsync.store.schema import cache, figure, run

IN_CIVICRM, AT_MAILCHIMP, JOINED, LEFT = "civicrm", "mailchimp", "joined", "left"
"""The names of figures; a reason's code follows `left`."""

MOVES = (What.GROUP, What.STATUS)
"""What an effect changes, if it may mean that a person joined or left."""

_KEYS = ("list_id", "day", "name")
_STAYS = frozenset({Code.CIVICRM_HANDED_OVER, Code.CIVICRM_READDRESSED})
"""Why a member goes while the person stays, with another address."""

_DAYS_PER_STEP = 100


class Figure(NamedTuple):
    """A number of people on a day in UTC."""

    list_id: str
    day: date
    name: str
    number: int


class Movement(NamedTuple):
    """A change in the journal, which may mean that a person joined or left."""

    list_id: str
    run_id: int | None
    cache_id: int
    time: datetime
    effect: Effect
    reason: str


def add_movements(tx: Connection, changes: Collection[Movement]) -> None:
    """Count the people who joined or left by these changes, each person once."""
    about_lists = [one for one in changes if one.effect.what in MOVES]
    if not about_lists:
        return
    groups = _subscription_groups(tx, {one.run_id for one in about_lists})
    people: dict[tuple[str, date, str], set[int]] = defaultdict(set)
    reasons = _precise_reasons(tx, [one.cache_id for one in about_lists if one.reason == Code.MAILCHIMP_LEFT])
    for one in about_lists:
        if (name := _name(one, groups.get(one.run_id), reasons)) is not None:
            people[one.list_id, _day(one.time), name].add(one.cache_id)
    _add(tx, {key: len(rows) for key, rows in people.items()})


def add_erased(tx: Connection, list_id: str, now: datetime, row_ids: Sequence[int]) -> None:
    """Count a person who is about to be erased as left, if they were on the list."""
    subscribed = cache.c.id.in_(row_ids), cache.c.base_subscribed.is_(True)
    if tx.execute(select(cache.c.id).where(*subscribed).limit(1)).one_or_none() is not None:
        _add(tx, {(list_id, _day(now), f"{LEFT} {Code.ERASED}"): 1})


def record_totals(tx: Connection, list_id: str, now: datetime, found: Agreement) -> None:
    """Record how many people were on both sides on a day; the last run of the day counts."""
    numbers = {IN_CIVICRM: found.subscribed_at_civicrm, AT_MAILCHIMP: found.subscribed_at_mailchimp}
    alike = {"list_id": list_id, "day": _day(now)}
    upsert(tx, figure, [{"name": name, "number": number} for name, number in numbers.items()], keys=_KEYS, alike=alike)


def figures_since(tx: Connection, list_ids: Collection[str], since: date, names: Collection[str] = ()) -> list[Figure]:
    """Return the figures of audiences since a day, in order of the days; with `names`, only these."""
    query = select_as(Figure, figure).where(figure.c.list_id.in_(list_ids), figure.c.day >= since)
    if names:
        query = query.where(figure.c.name.in_(names))
    return fetch(tx, Figure, query.order_by(figure.c.list_id, figure.c.day, figure.c.name))


def forget_figures(tx: Connection, before: datetime) -> int:
    """Delete the figures of some of the days before a time; return how many were deleted."""
    days = select(figure.c.day).where(figure.c.day < _day(before)).distinct().order_by(figure.c.day)
    some = list(tx.execute(days.limit(_DAYS_PER_STEP)).scalars())
    return tx.execute(delete(figure).where(figure.c.day.in_(some))).rowcount if some else 0


def _name(one: Movement, group: str | None, reasons: Mapping[int, str]) -> str | None:
    """Return the figure that a change belongs to; the side that the reason names only repeats what happened."""
    effect, reason = one.effect, one.reason
    if reason in _STAYS:
        return None
    if effect.side is Side.CIVICRM and not reason.startswith(("CIVICRM_", "DEPARTED_")):
        is_in = effect.new == GroupStatus.ADDED if effect.what is What.GROUP and effect.key == group else None
    elif effect.side is Side.MAILCHIMP and not reason.startswith("MAILCHIMP_"):
        is_in = effect.new in SUBSCRIBED_STATUSES if effect.what is What.STATUS else None
    else:
        return None
    if is_in is None:
        return None
    return JOINED if is_in else f"{LEFT} {reasons.get(one.cache_id, reason)}"


def _subscription_groups(tx: Connection, run_ids: Collection[int | None]) -> dict[int | None, str]:
    query = select(run.c.id, run.c.links).where(run.c.id.in_([one for one in run_ids if one is not None]))
    return {run_id: str((links or {}).get("group_id")) for run_id, links in tx.execute(query)}


def _precise_reasons(tx: Connection, row_ids: Sequence[int]) -> dict[int, str]:
    """Return why rows left at Mailchimp, where it is known better than that: a bounce, or a complaint about spam."""
    if not row_ids:
        return {}
    query = select(cache.c.id, cache.c.mailchimp_status, cache.c.hold_reason).where(cache.c.id.in_(row_ids))
    return {
        row.id: Code.MAILCHIMP_BOUNCED if row.mailchimp_status == MemberStatus.CLEANED else row.hold_reason
        for row in tx.execute(query)
        if row.mailchimp_status == MemberStatus.CLEANED or row.hold_reason is not None
    }


def _add(tx: Connection, numbers: Mapping[tuple[str, date, str], int]) -> None:
    rows: Iterable[Figure] = (Figure(*key, number) for key, number in sorted(numbers.items()))
    upsert(tx, figure, [one._asdict() for one in rows], keys=_KEYS, assign=_sum)


def _sum(old: Columns, new: Columns) -> Assignments:
    return [("number", old["number"] + new["number"])]


def _day(time: datetime) -> date:
    return time.astimezone(UTC).date()
