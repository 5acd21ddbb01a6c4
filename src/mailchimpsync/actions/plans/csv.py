"""The changes of a kept plan as CSV, for every interface."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailchimpsync.actions.api.csv_export import csv_chunks
from mailchimpsync.actions.plans.plans import getplannedchanges
from mailchimpsync.actions.plans.summary import PlannedChange, in_words
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.names import Names

PAGE = 1_000
NO_NAMES = Names()
COLUMNS = ("contact_id", "address", "member_id", "changes", "reason", "why", "outcome", "note")


def all_changes(site: Site, plan_id: int) -> Iterator[PlannedChange]:
    """Yield every change of a plan.

    Raises:
        UsageError: `UNKNOWN`, no such plan.
    """
    offset = 0
    while some := getplannedchanges(site, id=plan_id, limit=PAGE, offset=offset):
        yield from some
        offset += len(some)


def csv_lines(changes: Iterable[PlannedChange], names: Names = NO_NAMES) -> Iterator[str]:
    """Yield changes as a CSV file, one line per person; groups and interests by name where known."""
    return csv_chunks(COLUMNS, (_cells(one, names) for one in changes))


def _cells(one: PlannedChange, names: Names) -> tuple[object, ...]:
    changes = "; ".join(in_words(one, names))
    return (one.contact_id, one.address, one.member_id, changes, one.reason, one.why, one.outcome, one.note)
