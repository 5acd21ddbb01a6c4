"""What can be typed to work with plans."""

from __future__ import annotations

import click

from mailchimpsync.cli.declaring import GROUP_ID, PLAN, WITHOUT_ASKING, Group, examples, implemented_in, max_time
from mailchimpsync.model import ChangeKind

_JSON = click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
_CSV = click.option("--csv", "as_csv", is_flag=True, help="Print all changes as CSV.")


@click.group(invoke_without_command=True, cls=Group, epilog=examples("plan", "plan --group-id 8 --csv > changes.csv"))
@GROUP_ID
@click.option("--with-data", is_flag=True, help="Also check for new tags, names and merge fields, where turned on.")
@click.option("--everything", is_flag=True, help="Read everything, not only the changes since the last run.")
@_JSON
@_CSV
@implemented_in("commands.plans.plan:preview")
def plan() -> None:
    """Preview the next sync. Nothing is written on either side.

    The plan is stored: `mailchimpsync apply PLAN` applies it exactly as shown.
    """


@plan.command("list", epilog=examples("plan list", "plan list --json"))
@GROUP_ID
@_JSON
@implemented_in("commands.plans.plan:list_newest")
def list_plans() -> None:
    """List the newest plans: requested, held by the guard, or created to undo a run."""


@plan.command("show", epilog=examples("plan show 7", "plan show 7 --by-date --all", "plan show 7 --search bella"))
@PLAN
@click.option("--all", "all_of_it", is_flag=True, help="Show all changes, not only the first ones.")
@click.option("--kind", type=click.Choice([*ChangeKind]), help="Show only people to whom it does this.")
@click.option("--by-date", is_flag=True, help="Show only people for whom the later date alone decided.")
@click.option("--search", default="", help="Show only people with this in their name or address.")
@_JSON
@_CSV
@implemented_in("commands.plans.plan:show")
def show_plan() -> None:
    """Show a plan: each change with old and new value, side and reason."""


@click.command(epilog=examples("apply 7", "apply 7 --yes"))
@PLAN
@WITHOUT_ASKING
@max_time(300)
@implemented_in("commands.plans.apply:apply")
def apply() -> None:
    """Apply a plan now, exactly as shown.

    Everything is read again just before. Changes that no longer match the plan are left out and reported.
    """


@click.command(epilog=examples("approve 7"))
@PLAN
@WITHOUT_ASKING
@implemented_in("commands.plans.approve:approve")
def approve() -> None:
    """Approve a plan: the next sync applies exactly this plan, and nothing else."""


@click.command(epilog=examples("drop 7"))
@PLAN
@implemented_in("commands.plans.drop:drop")
def drop() -> None:
    """Discard a plan: it is never applied, and the next sync decides again."""


@click.command(epilog=examples("undo 12"))
@click.argument("run_id", metavar="RUN", type=int)
@click.option("--group-id", type=int, help="The run belongs to the connection with this subscription group.")
@implemented_in("commands.plans.undo:undo")
def undo() -> None:
    """Create a plan that undoes a run, and show it. Nothing is written on either side.

    `mailchimpsync apply PLAN` applies it.
    """
