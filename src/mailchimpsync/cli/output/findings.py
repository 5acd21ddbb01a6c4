"""Prints findings."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import Finding, Level
from mailchimpsync.cli.output.proposals import with_site

NEEDS_A_PERSON = 7
_MARKS = {Level.GOOD: ("✓", "good"), Level.WARNING: ("!", "warn"), Level.BAD: ("✗", "bad")}
_WIDTH_MAX = 110


def show_findings(console: Console, findings: Sequence[Finding], site: str | None = None) -> None:
    """Print findings: what was checked, what was found, and below it what to do. `site`: another than --site."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.width = min(console.width, _WIDTH_MAX)
    table.add_column(no_wrap=True, width=1)
    table.add_column(ratio=2, overflow="fold")
    table.add_column(ratio=5, overflow="fold")
    for one in findings:
        mark, style = _MARKS[one.level]
        text = Text(one.found)
        if one.remedy:
            text.append(f"\n→ {one.remedy}", style="dim")
        if one.code:
            text.append(f" [{one.code.value}]", style="dim")
        table.add_row(Text(mark, style=style), Text(one.subject), with_site(text, site))
    console.print(table)


def exit_code_of(findings: Sequence[Finding]) -> int:
    """Return 7 if a finding needs a person, else 0."""
    return NEEDS_A_PERSON if any(one.level is Level.BAD for one in findings) else 0
