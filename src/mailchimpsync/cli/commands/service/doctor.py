"""`mailchimpsync doctor`."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.text import Text

from mailchimpsync.actions import Finding, Level
from mailchimpsync.actions.doctor import examine
from mailchimpsync.cli.opening import home_of
from mailchimpsync.cli.output.console import stdout
from mailchimpsync.cli.output.findings import exit_code_of, show_findings
from mailchimpsync.cli.output.json import print_json


def doctor(ctx: click.Context, as_json: bool, deep: bool) -> None:
    findings = examine(home_of(ctx), deep=deep)
    if as_json:
        print_json(findings)
    else:
        show_findings(stdout(), findings)
        stdout().print(_summary(findings))
    ctx.exit(exit_code_of(findings))


def _summary(findings: Sequence[Finding]) -> Text:
    wrong, warnings = (sum(one.level is level for one in findings) for level in (Level.BAD, Level.WARNING))
    if not wrong and not warnings:
        return Text("\nNo problems found.", style="good")
    counts = [f"problems: {wrong}" if wrong else "no problems", f"warnings: {warnings}"]
    return Text(f"\n{'; '.join(counts).capitalize()}.", style="bad" if wrong else "warn")
