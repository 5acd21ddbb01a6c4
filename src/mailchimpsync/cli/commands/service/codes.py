"""`mailchimpsync explain-code`."""

from __future__ import annotations

import click
from rich.table import Table
from rich.text import Text

from mailchimpsync.cli.output.console import stdout
from mailchimpsync.errors import REGISTRY, Code, UsageError


def explain_code(_ctx: click.Context, code: str) -> None:
    name = code.strip().upper()
    if name not in Code.__members__:
        raise UsageError(f"There is no code “{code}”. The codes are: {', '.join(Code)}.")
    entry = REGISTRY[Code(name)]
    console = stdout()
    console.print(Text.assemble((f"{name}  ", "head"), (entry.sentence, "bold")))
    table = Table.grid(padding=(0, 2))
    for label, text in (
        ("Cause", entry.cause),
        ("What to do", entry.remedy),
        ("Who can fix it", entry.who.value),
        ("Retried", entry.retry.value),
        ("Fine as it is", entry.fine_because),
    ):
        if text:
            table.add_row(Text(f"  {label}", style="dim"), Text(text))
    console.print(table)
