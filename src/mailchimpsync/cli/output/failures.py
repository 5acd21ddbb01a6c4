"""Prints why people can't be synced."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import Failure
from mailchimpsync.cli.output.tables import print_tables
from mailchimpsync.store.queries.failures import Standing

TABLE_WIDTH_MAX = 130


def show_failures(console: Console, failures: Sequence[Failure], title: str = "Can't be synced") -> None:
    """Print how many people can't be synced, why, and who can fix it; those who need no attention come last, dimmed."""
    width = min(console.width, TABLE_WIDTH_MAX)
    table = Table(title=title, title_justify="left", title_style="bold", width=width)
    table.add_column("People", justify="right", no_wrap=True)
    table.add_column("Why", ratio=9)
    table.add_column("What to do", ratio=10)
    table.add_column("Who can fix it", ratio=6)
    for failure in failures:
        needs_attention = failure.standing == Standing.NEEDS_ATTENTION
        remedy, who = (failure.remedy, failure.who) if needs_attention else (f"Nothing: {failure.standing}.", "")
        style = "" if needs_attention else "dim"
        table.add_row(f"{failure.count:,}", Text(failure.sentence), Text(remedy), Text(who), style=style)
    print_tables(console, table)
