"""`mailchimpsync drop`."""

from __future__ import annotations

import click
from rich.text import Text

from mailchimpsync.actions import dropplan
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout


def drop(ctx: click.Context, plan_id: int) -> None:
    with site_of(ctx) as site:
        plan = dropplan(site, id=plan_id, by=current_user())
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), f"Plan {plan.id} of {plan.title} was dropped."))
