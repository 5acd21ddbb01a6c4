"""`mailchimpsync undo`."""

from __future__ import annotations

from itertools import islice

import click
from rich.text import Text

from mailchimpsync.actions.plans.csv import all_changes
from mailchimpsync.actions.plans.undo import undoplan
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.interrupt import Interruption
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.names import names_for
from mailchimpsync.cli.output.plans import SHOWN_AT_FIRST, show_plan


def undo(ctx: click.Context, run_id: int, group_id: int | None) -> None:
    interruption = Interruption()
    with interruption.watching(), site_of(ctx) as site:
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
