"""`mailchimpsync alerts`."""

from __future__ import annotations

import click
from rich.console import Console
from rich.text import Text

from mailchimpsync.actions import Alert, acknowledgealert, getalerts, testalerts
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.findings import exit_code_of, show_findings
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.messages import moment


def list_problems(ctx: click.Context, over: bool, as_json: bool) -> None:
    with site_of(ctx) as site:
        found = getalerts(site, over=over)
    if as_json:
        print_json(found)
        return
    for one in found:
        _show(stdout(), one)
    if not found:
        print_sentence(stdout(), Text("There are no open problems."))


def acknowledge(ctx: click.Context, alert_id: int) -> None:
    with site_of(ctx) as site:
        acknowledgealert(site, id=alert_id, by=current_user())
    words = f"Alert {alert_id} is acknowledged. There are no more reminders, only a message when it is resolved."
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), words))


def send_test(ctx: click.Context, as_json: bool) -> None:
    with site_of(ctx) as site:
        findings = testalerts(site)
    if as_json:
        print_json(findings)
    else:
        show_findings(stdout(), findings)
    ctx.exit(exit_code_of(findings))


def _show(console: Console, alert: Alert) -> None:
    lasts = alert.recovered_at is None
    mark = ("! ", "warn") if lasts else ("✓ ", "good")
    print_sentence(console, Text.assemble(mark, (f"{alert.id}  ", "head"), (alert.title, "bold")))
    indent = " " * (len(str(alert.id)) + 4)
    print_sentence(console, Text(f"{indent}{_history(alert)}", style="dim"))
    if lasts:
        print_sentence(console, Text(f"{indent}{alert.what}"))
        print_sentence(console, Text(f"{indent}→ {alert.remedy}", style="dim"))


def _history(alert: Alert) -> str:
    sent = f"sent {alert.told} {'time' if alert.told == 1 else 'times'}" if alert.told else "not sent"
    known = f"; acknowledged by {alert.acknowledged_by}" if alert.acknowledged_by else ""
    over = f" until {moment(alert.recovered_at)}" if alert.recovered_at else ""
    return f"Since {moment(alert.began_at)}{over}; {sent}{known}."
