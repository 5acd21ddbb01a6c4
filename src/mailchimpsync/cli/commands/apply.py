"""`mailchimpsync apply`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from mailchimpsync.actions import applyplan, open_site
from mailchimpsync.cli.input.plan_approval import confirm_plan
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.interrupt import Interruption
from mailchimpsync.cli.output.console import print_sentence, stderr, stdout
from mailchimpsync.cli.output.errors import show_error
from mailchimpsync.cli.output.plans import show_plan
from mailchimpsync.cli.output.progress import progress_on
from mailchimpsync.errors import EXIT_MORE_TO_DO
from mailchimpsync.store.changes.kept_plans import PlanState


@click.command("apply")
@click.argument("plan_id", metavar="PLAN", type=int)
@click.option("--yes", is_flag=True, help="Don't ask for confirmation.")
@click.option("--max-time", type=click.FloatRange(min=0), default=300, show_default=True, help="Seconds; 0: no limit.")
@click.pass_context
def command(ctx: click.Context, plan_id: int, yes: bool, max_time: float) -> None:
    """Apply a plan now, exactly as shown.

    Everything is read again just before. Changes that no longer match the plan are left out and reported.
    """
    home: Path | None = ctx.obj
    interruption = Interruption()
    with interruption.watching(), open_site(home) as site, progress_on(stdout()) as progress:
        confirm_plan(site, plan_id, "Apply this plan now?", yes=yes)
        applied = applyplan(
            site, id=plan_id, max_time=max_time, by=current_user(), progress=progress, stop=interruption.asked
        )
    if applied.report.error is not None:
        show_error(applied.report.error, applied.plan.title)
        ctx.exit(applied.report.error.exit_code)
    show_plan(stdout(), applied.plan)
    if applied.plan.state != PlanState.APPLIED:
        print_sentence(stderr(), Text("Time ran out. The next sync continues with the plan."))
        ctx.exit(EXIT_MORE_TO_DO)
