"""The journal: what was changed, on which side, and why. Entries are only ever added, each to a chain.

See docs/decisions/journal.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import eq, ge, lt
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, true, update

from mailchimpsync.effects import Effect, What
from mailchimpsync.store.engine.dialect import insert_rows
from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.journal.chain import CHAIN_START, chained
from mailchimpsync.store.runs.daily import MOVES, Movement, add_movements
from mailchimpsync.store.runs.figures import add_changes
from mailchimpsync.store.runs.runs import MEMBERS
from mailchimpsync.store.schema import journal, journal_chain, kept_plan, run

FIELD_LENGTH_MAX = 64
VALUE_LENGTH_MAX = 255
"""How much of a field's name and of a value is kept; only tags and merge fields can be longer."""

BY_RUN, BY_WEBHOOK = "run", "webhook"
"""Who acts, where it is no person."""


class NewEntry(NamedTuple):
    """An entry to write: what was changed or refused, in which row, and why.

    `answer` is the other side's response. Without an `actor`, that of the run is taken.
    """

    list_id: str
    cache_id: int
    time: datetime
    effect: Effect
    reason: str
    contact_id: int | None = None
    member_id: str | None = None
    run_id: int | None = None
    answer: str | None = None
    actor: str | None = None


class Entry(NamedTuple):
    """A stored entry, with the table's columns; `effect` says what it changed."""

    id: int
    number: int | None
    time: datetime
    list_id: str
    cache_id: int
    contact_id: int | None
    member_id: str | None
    side: str
    field: str
    old: str | None
    new: str | None
    reason: str
    actor: str | None
    run_id: int | None
    answer: str | None
    minimised_at: datetime | None
    hash: str | None

    @property
    def effect(self) -> Effect:
        """What was changed, or refused."""
        return Effect.stored(self.side, self.field, self.old, self.new)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries to return: those that meet every condition; None: no condition."""

    list_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    run_id: int | None = None
    contact_id: int | None = None


def write_journal(tx: Connection, entries: Sequence[NewEntry]) -> None:
    """Add entries, each to the chain of its audience.

    Within a transaction that holds the audience's lease, so that nobody else adds to the chain meanwhile. The actor is
    taken from the run, whose figures are updated too.
    """
    if not entries:
        return
    add_changes(tx, [(entry.run_id, entry.cache_id, entry.effect) for entry in entries])
    add_movements(tx, [_movement(entry) for entry in entries if entry.effect.what in MOVES])
    actors = _actors(tx, {entry.run_id for entry in entries})
    of_audiences: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        of_audiences[entry.list_id].append(_columns(entry, entry.actor or actors.get(entry.run_id, BY_RUN)))
    for list_id, some in of_audiences.items():
        newest, newest_hash = _newest(tx, list_id)
        made = list(chained(some, newest, newest_hash))
        insert_rows(tx, journal, made)
        end = {"newest": made[-1]["number"], "newest_hash": made[-1]["hash"]}
        tx.execute(update(journal_chain).where(journal_chain.c.list_id == list_id).values(end))


def _movement(entry: NewEntry) -> Movement:
    return Movement(entry.list_id, entry.run_id, entry.cache_id, entry.time, entry.effect, str(entry.reason))


def _columns(entry: NewEntry, actor: str) -> dict[str, Any]:
    return {
        "list_id": entry.list_id,
        "cache_id": entry.cache_id,
        "contact_id": entry.contact_id,
        "member_id": entry.member_id,
        "time": entry.time,
        "run_id": entry.run_id,
        **_effect_columns(entry.effect),
        "reason": str(entry.reason),
        "answer": entry.answer,
        "actor": actor,
    }


@lru_cache(maxsize=100)
def _effect_columns(effect: Effect) -> Mapping[str, str | None]:
    """Return how an effect is stored: most entries of a run have the same few."""
    return {
        "side": effect.place,
        "field": effect.field[:FIELD_LENGTH_MAX],
        "old": effect.old and effect.old[:VALUE_LENGTH_MAX],
        "new": effect.new and effect.new[:VALUE_LENGTH_MAX],
    }


def _actors(tx: Connection, run_ids: Collection[int | None]) -> dict[int | None, str]:
    """Return the actor by run: the person who approved its plan, the webhook, its caller, or nobody."""
    query = (
        select(run.c.id, run.c.kind, run.c.begun_by, kept_plan.c.decided_by)
        .select_from(run.outerjoin(kept_plan, kept_plan.c.id == run.c.kept_plan_id))
        .where(run.c.id.in_([key for key in run_ids if key is not None]))
    )
    return {
        key: decided_by or (BY_WEBHOOK if kind == MEMBERS else begun_by or BY_RUN)
        for key, kind, begun_by, decided_by in tx.execute(query)
    }


def _newest(tx: Connection, list_id: str) -> tuple[int, str]:
    """Return the number and hash of an audience's newest entry; start its chain if needed."""
    columns = (journal_chain.c.newest, journal_chain.c.newest_hash)
    found = tx.execute(select(*columns).where(journal_chain.c.list_id == list_id)).one_or_none()
    if found is not None:
        return found.newest, found.newest_hash
    mine = journal.c.list_id == list_id
    unchained = tx.execute(select(func.max(journal.c.id)).where(mine, journal.c.number.is_(None))).scalar_one()
    entries = select(journal.c.number, journal.c.hash).where(mine, journal.c.number.is_not(None))
    last = tx.execute(entries.order_by(journal.c.number.desc()).limit(1)).one_or_none()
    newest, newest_hash = (last.number, last.hash) if last is not None else (0, CHAIN_START)
    values = {
        "list_id": list_id,
        "unchained_to": unchained or 0,
        "before_first": 0,
        "before_first_hash": CHAIN_START,
        "newest": newest,
        "newest_hash": newest_hash,
        "minimised_to": 0,
    }
    tx.execute(insert(journal_chain).values(values))
    return newest, newest_hash


def changes_by_kind(tx: Connection, run_ids: Sequence[int]) -> list[tuple[str, str, str, int]]:
    """Return how many changes runs made, by (side, field, new value)."""
    kind = (journal.c.side, journal.c.field, journal.c.new)
    done = journal.c.run_id.in_(run_ids), journal.c.field != What.REFUSED
    query = select(*kind, func.count()).where(*done).group_by(*kind).order_by(*kind)
    return [(side, field, new or "", number) for side, field, new, number in tx.execute(query)]


def newest_for_row(tx: Connection, list_id: str, cache_id: int, fields: Collection[str]) -> Entry | None:
    """Return the newest entry of a row about one of these fields."""
    mine = journal.c.list_id == list_id, journal.c.cache_id == cache_id, journal.c.field.in_(fields)
    return fetch_one(tx, Entry, select_as(Entry, journal).where(*mine).order_by(journal.c.id.desc()).limit(1))


def entries(tx: Connection, wanted: Filter, *, after: int = 0, limit: int, offset: int = 0) -> list[Entry]:
    """Return the next entries, oldest first: those with an id after `after`, skipping the first `offset`."""
    query = select_as(Entry, journal).where(journal.c.id > after, *_conditions(wanted))
    return fetch(tx, Entry, query.order_by(journal.c.id).limit(limit).offset(offset))


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    given = [
        (journal.c.list_id, eq, wanted.list_id),
        (journal.c.time, ge, wanted.since),
        (journal.c.time, lt, wanted.until),
        (journal.c.run_id, eq, wanted.run_id),
        (journal.c.contact_id, eq, wanted.contact_id),
    ]
    return [compare(column, value) for column, compare, value in given if value is not None] or [true()]


def entries_for_person(
    tx: Connection,
    *,
    rows: Collection[tuple[str, int]] = (),
    contact_ids: Collection[int] = (),
    member_keys: Collection[str] = (),
    limit: int,
) -> tuple[list[Entry], int]:
    """Return the newest entries about a person, newest first, and how many there are.

    `rows` are (audience, cache id), `member_keys` are member ids, plain and as digests.
    """
    of_audiences: dict[str, list[int]] = defaultdict(list)
    for list_id, cache_id in rows:
        of_audiences[list_id].append(cache_id)
    mine = or_(
        *(and_(journal.c.list_id == list_id, journal.c.cache_id.in_(ids)) for list_id, ids in of_audiences.items()),
        journal.c.contact_id.in_(contact_ids),
        journal.c.member_id.in_(member_keys),
    )
    number = int(tx.execute(select(func.count()).select_from(journal).where(mine)).scalar_one())
    newest = select_as(Entry, journal).where(mine).order_by(journal.c.time.desc(), journal.c.id.desc()).limit(limit)
    return fetch(tx, Entry, newest), number


def rows_of_members(tx: Connection, member_keys: Collection[str]) -> tuple[set[tuple[str, int]], set[int]]:
    """Return the rows, as (audience, cache id), and the contacts that entries with these members are about."""
    columns = (journal.c.list_id, journal.c.cache_id, journal.c.contact_id)
    found = tx.execute(select(*columns).where(journal.c.member_id.in_(member_keys)).distinct()).all()
    rows = {(one.list_id, one.cache_id) for one in found}
    return rows, {one.contact_id for one in found if one.contact_id is not None}
