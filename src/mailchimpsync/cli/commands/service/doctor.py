"""`mailchimpsync doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import click
from rich.text import Text

from mailchimpsync.actions import Finding, Level, open_fleet
from mailchimpsync.actions.doctor import examine
from mailchimpsync.cli.opening import home_of, site_name_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.findings import exit_code_of, show_findings
from mailchimpsync.cli.output.json import print_json

_SITES_AT_ONCE = 8


def doctor(ctx: click.Context, as_json: bool, all_sites: bool, deep: bool) -> None:
    if all_sites:
        _examine_all(ctx, as_json=as_json, deep=deep)
        return
    findings = examine(home_of(ctx), site_name=site_name_of(ctx), deep=deep)
    if as_json:
        print_json(findings)
    else:
        show_findings(stdout(), findings)
        stdout().print(_summary(findings))
    ctx.exit(exit_code_of(findings))


def _examine_all(ctx: click.Context, *, as_json: bool, deep: bool) -> None:
    """Check all sites of a fleet, and show what is not good."""
    with open_fleet(home_of(ctx)) as fleet:
        names = fleet.names()
    with ThreadPoolExecutor(_SITES_AT_ONCE) as pool:
        every = list(pool.map(lambda name: examine(home_of(ctx), site_name=name, deep=deep), names))
    found = dict(zip(names, every, strict=True))
    if as_json:
        print_json(found)
    else:
        for name, findings in found.items():
            _show_problems(name, findings)
        print_sentence(stdout(), _summary([one for findings in every for one in findings]))
    ctx.exit(max((exit_code_of(findings) for findings in every), default=0))


def _show_problems(name: str, findings: Sequence[Finding]) -> None:
    wrong = [one for one in findings if one.level is not Level.GOOD]
    mark = Text("✗ ", "bad") if exit_code_of(findings) else Text("! ", "warn") if wrong else Text("✓ ", "good")
    print_sentence(stdout(), Text.assemble(mark, (name, "bold")))
    if wrong:
        show_findings(stdout(), wrong, name)


def _summary(findings: Sequence[Finding]) -> Text:
    wrong, warnings = (sum(one.level is level for one in findings) for level in (Level.BAD, Level.WARNING))
    if not wrong and not warnings:
        return Text("\nNo problems found.", style="good")
    counts = [f"problems: {wrong}" if wrong else "no problems", f"warnings: {warnings}"]
    return Text(f"\n{'; '.join(counts).capitalize()}.", style="bad" if wrong else "warn")
