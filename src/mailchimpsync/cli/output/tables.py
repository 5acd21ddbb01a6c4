"""Tables: drawn on a terminal and fitted to its width; in a pipe a line for each row, with tabs between its cells."""

from __future__ import annotations

from collections.abc import Iterator

from rich.columns import Columns
from rich.console import Console
from rich.table import Table


def print_tables(console: Console, *tables: Table) -> None:
    """Print tables: side by side on a terminal that is wide enough, otherwise one after the other."""
    if console.is_terminal:
        console.print(Columns(tables, padding=(0, 3)) if len(tables) > 1 else tables[0])
        return
    for table in tables:
        for line in _lines(table):
            console.file.write(f"{line}\n")  # `print` would make spaces of tabs


def _lines(table: Table) -> Iterator[str]:
    if table.title:
        yield str(table.title)
    yield "\t".join(str(column.header) for column in table.columns)
    for cells in zip(*(column.cells for column in table.columns), strict=True):
        yield "\t".join("; ".join(str(cell).replace("\t", " ").splitlines()) for cell in cells)
