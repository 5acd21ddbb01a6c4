"""`mailchimpsync plan`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import click
from rich.text import Text

from mailchimpsync.actions import Plan, Site, createplan, getplans, open_site
from mailchimpsync.actions.plans.csv import all_changes, csv_lines
from mailchimpsync.actions.plans.plans import find_plan
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.interrupt import Interruption
from mailchimpsync.cli.output.console import print_sentence, stderr, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.names import names_for
from mailchimpsync.cli.output.plans import SHOWN_AT_FIRST, show_plan
from mailchimpsync.cli.output.progress import progress_on

_as_json = click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
_as_csv = click.option("--csv", "as_csv", is_flag=True, help="Print all changes as CSV.")


@click.group("plan", invoke_without_command=True)
@click.option("--group-id", type=int, help="Only the connection with this subscription group.")
@click.option("--with-data", is_flag=True, help="Also check for new tags, names and merge fields, where turned on.")
@click.option("--everything", is_flag=True, help="Read everything, not only the changes since the last run.")
@_as_json
@_as_csv
@click.pass_context
def command(
    ctx: click.Context, group_id: int | None, everything: bool, with_data: bool, as_json: bool, as_csv: bool
) -> None:
    """Preview the next sync. Nothing is written on either side.

    The plan is stored: `mailchimpsync apply PLAN` applies it exactly as shown.
    """
    if ctx.invoked_subcommand is not None:
        return
    home: Path | None = ctx.find_root().obj
    interruption = Interruption()
    quiet = as_json or as_csv
    with (
        interruption.watching(),
        open_site(home) as site,
        progress_on(stderr() if quiet else stdout()) as progress,
    ):
        plans = createplan(
            site,
            group_id=group_id,
            everything=everything,
            with_data=with_data,
            by=current_user(),
            progress=progress,
            stop=interruption.asked,
        )
        _print(site, plans, as_json=as_json, as_csv=as_csv)
    if not quiet:
        for plan in plans:
            words = f"`mailchimpsync apply {plan.id}`, or `mailchimpsync plan show {plan.id} --all` to see all changes."
            print_sentence(stdout(), Text(f"Next: {words}"))


@command.command("list")
@click.option("--group-id", type=int, help="Only the connection with this subscription group.")
@_as_json
@click.pass_context
def list_(ctx: click.Context, group_id: int | None, as_json: bool) -> None:
    """List the newest plans: requested, held by the guard, or created to undo a run."""
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        plans = getplans(site, group_id=group_id)
    if as_json:
        print_json([asdict(plan) for plan in plans])
        return
    for plan in plans:
        show_plan(stdout(), plan)
    if not plans:
        print_sentence(stdout(), Text("There are no plans."))


@command.command("show")
@click.argument("plan_id", metavar="PLAN", type=int)
@click.option("--all", "all_of_it", is_flag=True, help="Show all changes, not only the first ones.")
@_as_json
@_as_csv
@click.pass_context
def show(ctx: click.Context, plan_id: int, all_of_it: bool, as_json: bool, as_csv: bool) -> None:
    """Show a plan: each change with old and new value, side and reason."""
    home: Path | None = ctx.find_root().obj
    with open_site(home) as site:
        _print(site, [find_plan(site, plan_id)], as_json=as_json, as_csv=as_csv, all_of_it=all_of_it)


def _print(site: Site, plans: list[Plan], *, as_json: bool, as_csv: bool, all_of_it: bool = False) -> None:
    if as_json:
        print_json([asdict(plan) | {"changes": [asdict(one) for one in all_changes(site, plan.id)]} for plan in plans])
        return
    if as_csv:
        changes_of_all = (change for plan in plans for change in all_changes(site, plan.id))
        sys.stdout.writelines(csv_lines(changes_of_all, names_for(site, *(plan.list_id for plan in plans))))
        return
    for plan in plans:
        number = None if all_of_it else SHOWN_AT_FIRST
        changes = list(islice(all_changes(site, plan.id), number))
        total = sum(1 for _ in all_changes(site, plan.id))
        show_plan(stdout(), plan, changes, total=total, names=names_for(site, plan.list_id))
