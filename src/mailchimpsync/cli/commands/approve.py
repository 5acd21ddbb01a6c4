"""`mailchimpsync approve`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from mailchimpsync.actions import approveplan, open_site
from mailchimpsync.cli.input.plan_approval import confirm_plan
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.output.console import print_sentence, stdout


@click.command("approve")
@click.argument("plan_id", metavar="PLAN", type=int)
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@click.pass_context
def command(ctx: click.Context, plan_id: int, yes: bool) -> None:
    """Approve a plan: the next sync applies exactly this plan, and nothing else."""
    home: Path | None = ctx.obj
    with open_site(home) as site:
        confirm_plan(site, plan_id, "Approve this plan?", yes=yes)
        plan = approveplan(site, id=plan_id, by=current_user())
    print_sentence(
        stdout(),
        Text.assemble(("✓ ", "good"), f"Plan {plan.id} is approved. The next sync of {plan.title} applies it."),
    )
