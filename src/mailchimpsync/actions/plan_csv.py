"""The changes of a kept plan as CSV, for every door."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO

from mailchimpsync.actions.plan_words import PlannedChange
from mailchimpsync.actions.plans import getplannedchanges
from mailchimpsync.actions.site import Site

PAGE = 1_000
COLUMNS = ("contact_id", "address", "member_id", "changes", "reason", "why", "outcome", "note")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def all_changes(site: Site, plan_id: int) -> Iterator[PlannedChange]:
    """Yield every change of a plan.

    Raises:
        UsageError: `UNKNOWN`, no such plan.
    """
    offset = 0
    while some := getplannedchanges(site, id=plan_id, limit=PAGE, offset=offset):
        yield from some
        offset += len(some)


def csv_lines(changes: Iterable[PlannedChange]) -> Iterator[str]:
    """Yield changes as CSV, one line a person; a cell that a spreadsheet would take for a formula is quoted."""
    yield _line(COLUMNS)
    for one in changes:
        cells = (one.contact_id, one.address, one.member_id, "; ".join(one.changes), one.reason, one.why)
        yield _line([harmless(cell) for cell in (*cells, one.outcome, one.note)])


def harmless(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Iterable[str]) -> str:
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
