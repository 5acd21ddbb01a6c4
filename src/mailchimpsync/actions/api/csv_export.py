"""Rows as CSV that is safe to open in spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LINES_AT_ONCE = 500


def escape_formula(cell: object) -> str:
    """Return a cell that spreadsheets don't take for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_chunks(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield a CSV file in parts, with a header line; no cell is taken for a formula."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for number, line in enumerate(lines, 1):
        writer.writerow([escape_formula(cell) for cell in line])
        if number % _LINES_AT_ONCE == 0:
            yield _take_text(text)
    yield _take_text(text)


def _take_text(text: StringIO) -> str:
    found = text.getvalue()
    text.seek(0)
    text.truncate()
    return found
