"""`mailchimpsync approve`."""

from __future__ import annotations

import click
from rich.text import Text

from mailchimpsync.actions import approveplan
from mailchimpsync.cli.input.plan_approval import confirm_plan
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout


def approve(ctx: click.Context, plan_id: int, yes: bool) -> None:
    with site_of(ctx) as site:
        confirm_plan(site, plan_id, "Approve this plan?", yes=yes)
        plan = approveplan(site, id=plan_id, by=current_user())
    print_sentence(
        stdout(),
        Text.assemble(("✓ ", "good"), f"Plan {plan.id} is approved. The next sync of {plan.title} applies it."),
    )
