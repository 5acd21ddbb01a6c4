"""`mailchimpsync undo`."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import click
from rich.text import Text

from mailchimpsync.actions import open_site
from mailchimpsync.actions.plans.csv import all_changes
from mailchimpsync.actions.plans.undo import undoplan
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.interrupt import Interruption
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.names import names_for
from mailchimpsync.cli.output.plans import SHOWN_AT_FIRST, show_plan


@click.command("undo")
@click.argument("run_id", metavar="RUN", type=int)
@click.option("--group-id", type=int, help="The run belongs to the connection with this subscription group.")
@click.pass_context
def command(ctx: click.Context, run_id: int, group_id: int | None) -> None:
    """Create a plan that undoes a run, and show it. Nothing is written on either side.

    `mailchimpsync apply PLAN` applies it.
    """
    home: Path | None = ctx.obj
    interruption = Interruption()
    with interruption.watching(), open_site(home) as site:
        plan = undoplan(site, run_id=run_id, group_id=group_id, by=current_user(), stop=interruption.asked)
        changes = list(islice(all_changes(site, plan.id), SHOWN_AT_FIRST))
        total, names = sum(1 for _ in all_changes(site, plan.id)), names_for(site, plan.list_id)
    show_plan(stdout(), plan, changes, total=total, names=names)
    if plan.counts:
        print_sentence(
            stdout(), Text(f"Next: `mailchimpsync apply {plan.id}`, or `mailchimpsync plan show {plan.id} --all`.")
        )
    else:
        print_sentence(stdout(), Text(f"Nothing in run {run_id} can be undone."))
