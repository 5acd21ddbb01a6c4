"""`mailchimpsync apply`."""

from __future__ import annotations

import click
from rich.text import Text

from mailchimpsync.actions import applyplan
from mailchimpsync.cli.input.plan_approval import confirm_plan
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.interrupt import interruptible_site
from mailchimpsync.cli.output.console import print_sentence, stderr, stdout
from mailchimpsync.cli.output.errors import show_error
from mailchimpsync.cli.output.plans import show_plan
from mailchimpsync.errors import EXIT_MORE_TO_DO
from mailchimpsync.store.changes.kept_plans import PlanState


def apply(ctx: click.Context, plan_id: int, yes: bool, max_time: float) -> None:
    with interruptible_site(ctx) as (site, progress, is_interrupted):
        confirm_plan(site, plan_id, "Apply this plan now?", yes=yes)
        applied = applyplan(
            site, id=plan_id, max_time=max_time, by=current_user(), progress=progress, stop=is_interrupted
        )
    if applied.report.error is not None:
        show_error(applied.report.error, applied.plan.title)
        ctx.exit(applied.report.error.exit_code)
    show_plan(stdout(), applied.plan)
    if applied.plan.state != PlanState.APPLIED:
        print_sentence(stderr(), Text("Time ran out. The next sync continues with the plan."))
        ctx.exit(EXIT_MORE_TO_DO)
