"""Figures of runs: how many people each changed something for, by kind, and how many both sides had afterwards.

They are stored in `run.counts`, so that a year of runs can be shown without counting the journal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, func, or_, select, type_coerce, update

from mailchimpsync.effects import Effect, What
from mailchimpsync.model import ChangeKind
from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.queries.counts import Agreement
from mailchimpsync.store.runs.runs import WHOLE_RUN, StoredRun
from mailchimpsync.store.schema import journal, run

_AT_CIVICRM, _AT_MAILCHIMP, _CHANGES = "subscribed_at_civicrm", "subscribed_at_mailchimp", "changes"
_PLANNED, _REFUSED = "planned", "refused"
_MORE_THAN_ONCE = frozenset({ChangeKind.INTERESTS, ChangeKind.DATA})
"""Kinds of which a person may get a second change in a run, such as tags after a merge field."""


def add_changes(tx: Connection, changes: Iterable[tuple[int | None, int, Effect]]) -> None:
    """Add changes, each with its run and row, to the figures; a person counts once for each kind of change."""
    alike: dict[tuple[int | None, Effect], list[int]] = defaultdict(list)
    for run_id, cache_id, effect in changes:
        alike[run_id, effect].append(cache_id)
    people: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    new: set[int] = set()
    for (run_id, effect), rows in alike.items():
        if run_id is None or (kind := effect.kind) is None:
            continue
        people[run_id][kind].update(rows)
        if effect.what is What.STATUS and effect.old is None:
            new.update(rows)
    _drop_already_counted(tx, people, new)
    if not people:
        return
    for run_id, counts in tx.execute(select(run.c.id, run.c.counts).where(run.c.id.in_(people))).all():
        more = {kind: len(rows) for kind, rows in people[run_id].items()}
        people_changed = dict(Counter((counts or {}).get(_CHANGES, {})) + Counter(more))
        _set(tx, run_id, {**(counts or {}), _CHANGES: people_changed})


def _drop_already_counted(
    tx: Connection, people: Mapping[int, dict[str, set[int]]], new_members: Collection[int]
) -> None:
    """Drop people for whom the same kind of change was counted before; there can be none of new members."""
    for run_id, kinds in people.items():
        again = set().union(*(kinds.get(kind, set()) for kind in _MORE_THAN_ONCE)).difference(new_members)
        if not again:
            continue
        columns = (journal.c.cache_id, journal.c.side, journal.c.field, journal.c.new)
        found = select(*columns).where(journal.c.run_id == run_id, journal.c.cache_id.in_(again))
        for cache_id, side, field, new in tx.execute(found):
            kind = Effect.stored(side, field, None, new).kind
            if kind in _MORE_THAN_ONCE:
                kinds[kind].discard(cache_id)


def record_planned(tx: Connection, run_id: int, people: Mapping[str, int]) -> None:
    """Record for how many people a run will change something, by kind, before it starts to."""
    counts = tx.execute(select(run.c.counts).where(run.c.id == run_id)).scalar_one()
    _set(tx, run_id, {**(counts or {}), _PLANNED: dict(people)})


def add_refused(tx: Connection, people: Mapping[int, int]) -> None:
    """Add to the figures of runs for how many people something was refused and won't be retried in another form."""
    for run_id, number in people.items():
        counts = tx.execute(select(run.c.counts).where(run.c.id == run_id)).scalar_one_or_none() or {}
        _set(tx, run_id, {**counts, _REFUSED: counts.get(_REFUSED, 0) + number})


def record_totals(tx: Connection, run_id: int, found: Agreement) -> None:
    """Record how many people were subscribed on both sides when a run ended."""
    counts = tx.execute(select(run.c.counts).where(run.c.id == run_id)).scalar_one()
    numbers = {_AT_CIVICRM: found.subscribed_at_civicrm, _AT_MAILCHIMP: found.subscribed_at_mailchimp}
    _set(tx, run_id, {_CHANGES: {}, **(counts or {}), **numbers})


def last_counted(tx: Connection, list_id: str) -> datetime | None:
    """Return when the newest run ended after which people were counted."""
    counted = type_coerce(run.c.counts, Text).like(f'%"{_AT_CIVICRM}"%')
    query = select(run.c.finished_at).where(run.c.list_id == list_id, counted, run.c.finished_at.is_not(None))
    return tx.execute(query.order_by(run.c.id.desc()).limit(1)).scalar_one_or_none()


def find_run(tx: Connection, run_id: int) -> StoredRun | None:
    """Return a run, of whatever kind, or None."""
    return fetch_one(tx, StoredRun, select_as(StoredRun, run).where(run.c.id == run_id))


def runs_of(tx: Connection, list_id: str, limit: int, offset: int = 0) -> Sequence[StoredRun]:
    """Return the newest runs over a whole connection, newest first."""
    query = select_as(StoredRun, run).where(run.c.list_id == list_id, run.c.kind == WHOLE_RUN)
    return fetch(tx, StoredRun, query.order_by(run.c.id.desc()).limit(limit).offset(offset))


def outstanding_runs(tx: Connection, list_id: str, since: datetime, limit: int) -> Sequence[StoredRun]:
    """Return the newest runs since a time that failed, were held, or were started by someone, newest first."""
    stands_out = or_(run.c.error_code.is_not(None), run.c.outcome == "held", run.c.begun_by.is_not(None))
    query = select_as(StoredRun, run).where(run.c.list_id == list_id, run.c.kind == WHOLE_RUN, stands_out)
    return fetch(tx, StoredRun, query.where(run.c.started_at >= since).order_by(run.c.id.desc()).limit(limit))


def runs_with_changes(tx: Connection, list_ids: Collection[str], limit: int) -> Sequence[StoredRun]:
    """Return the newest runs of audiences that changed something, newest first."""
    changed = select(journal.c.run_id).where(journal.c.list_id.in_(list_ids), journal.c.run_id.is_not(None))
    query = select_as(StoredRun, run).where(run.c.list_id.in_(list_ids), run.c.id.in_(changed.distinct()))
    return fetch(tx, StoredRun, query.order_by(run.c.id.desc()).limit(limit))


def count_runs(tx: Connection, list_id: str) -> int:
    """Return how many runs over a whole connection there were."""
    query = select(func.count()).where(run.c.list_id == list_id, run.c.kind == WHOLE_RUN)
    return int(tx.execute(query).scalar_one())


def _set(tx: Connection, run_id: int, counts: Mapping[str, Any]) -> None:
    tx.execute(update(run).where(run.c.id == run_id).values(counts=counts))
