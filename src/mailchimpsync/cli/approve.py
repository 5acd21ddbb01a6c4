"""`mailchimpsync approve`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from mailchimpsync.actions import approveplan, open_site
from mailchimpsync.cli.agreeing import agree_to
from mailchimpsync.cli.asking import who
from mailchimpsync.cli.consoles import say, stdout


@click.command("approve")
@click.argument("plan_id", metavar="PLAN", type=int)
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_context
def command(ctx: click.Context, plan_id: int, yes: bool) -> None:
    """Allow a plan: the next sync does exactly what it says, and nothing else."""
    home: Path | None = ctx.obj
    with open_site(home) as site:
        agree_to(site, plan_id, "Approve it?", yes=yes)
        plan = approveplan(site, id=plan_id, by=who())
    say(stdout(), Text.assemble(("✓ ", "good"), f"Plan {plan.id} is approved; the next sync of {plan.title} does it."))
