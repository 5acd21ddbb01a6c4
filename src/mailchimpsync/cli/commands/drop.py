"""`mailchimpsync drop`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from mailchimpsync.actions import dropplan, open_site
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.output.console import print_sentence, stdout


@click.command("drop")
@click.argument("plan_id", metavar="PLAN", type=int)
@click.pass_context
def command(ctx: click.Context, plan_id: int) -> None:
    """Discard a plan: it is never applied, and the next sync decides again."""
    home: Path | None = ctx.obj
    with open_site(home) as site:
        plan = dropplan(site, id=plan_id, by=current_user())
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), f"Plan {plan.id} of {plan.title} was dropped."))
