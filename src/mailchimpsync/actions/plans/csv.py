"""The changes of a kept plan as CSV, for every interface."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mailchimpsync.actions.api.csv_export import csv_chunks
from mailchimpsync.actions.plans.plans import getplannedchanges
from mailchimpsync.actions.plans.summary import PlannedChange, in_words
from mailchimpsync.actions.plans.words import dates_line
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.names import Names
from mailchimpsync.model import ChangeKind
from mailchimpsync.store.changes.kept_plans import ALL_CHANGES, ChangeFilter

PAGE = 1_000
NO_NAMES = Names()
COLUMNS = ("name", "address", "contact_id", "member_id", "changes", "reason", "why", "dates", "outcome", "note")


def all_changes(site: Site, plan_id: int, wanted: ChangeFilter = ALL_CHANGES) -> Iterator[PlannedChange]:
    """Yield every change of a plan that is wanted.

    Raises:
        UsageError: `UNKNOWN`, no such plan.
    """
    offset, kind = 0, ChangeKind(wanted.kind) if wanted.kind else None
    only: dict[str, Any] = {"kind": kind, "by_date": wanted.by_date, "search": wanted.search}
    while some := getplannedchanges(site, id=plan_id, limit=PAGE, offset=offset, **only):
        yield from some
        offset += len(some)


def csv_lines(changes: Iterable[PlannedChange], names: Names = NO_NAMES) -> Iterator[str]:
    """Yield changes as a CSV file, one line per person; groups and interests by name where known."""
    return csv_chunks(COLUMNS, (_cells(one, names) for one in changes))


def _cells(one: PlannedChange, names: Names) -> tuple[object, ...]:
    changes = "; ".join(in_words(one, names))
    dates = "; ".join(dates_line(date, names) for date in one.dates)
    person = (one.name, one.address, one.contact_id, one.member_id)
    return (*person, changes, one.reason, one.why, dates, one.outcome, one.note)
