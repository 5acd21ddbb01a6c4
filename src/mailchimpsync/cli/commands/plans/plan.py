"""`mailchimpsync plan`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from itertools import islice

import click
from rich.text import Text

from mailchimpsync.actions import Plan, Site, createplan, getplans
from mailchimpsync.actions.plans.csv import all_changes, csv_lines
from mailchimpsync.actions.plans.plans import count_planned_changes, find_plan
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.interrupt import interruptible_site
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.cli.output.names import names_for
from mailchimpsync.cli.output.plans import SHOWN_AT_FIRST, show_plan
from mailchimpsync.model import LaneChoice
from mailchimpsync.store.changes.kept_plans import ALL_CHANGES, ChangeFilter


def preview(
    ctx: click.Context, group_id: int | None, everything: bool, with_data: bool, as_json: bool, as_csv: bool
) -> None:
    quiet = as_json or as_csv
    with interruptible_site(ctx) as (site, progress, is_interrupted):
        plans = createplan(
            site,
            group_id=group_id,
            everything=everything,
            with_data=with_data,
            by=current_user(),
            progress=progress,
            stop=is_interrupted,
        )
        _print(site, plans, as_json=as_json, as_csv=as_csv)
    if not quiet:
        for plan in plans:
            words = f"`mailchimpsync apply {plan.id}`, or `mailchimpsync plan show {plan.id} --all` to see all changes."
            print_sentence(stdout(), Text(f"Next: {words}"))


def list_newest(ctx: click.Context, group_id: int | None, as_json: bool) -> None:
    with site_of(ctx) as site:
        plans = getplans(site, group_id=group_id)
    if as_json:
        print_json(plans)
        return
    for plan in plans:
        show_plan(stdout(), plan)
    if not plans:
        print_sentence(stdout(), Text("There are no plans."))


def show(
    ctx: click.Context,
    plan_id: int,
    all_of_it: bool,
    kind: str | None,
    by_date: bool,
    search: str,
    as_json: bool,
    as_csv: bool,
) -> None:
    wanted = ChangeFilter(kind or "", by_date, search)
    with site_of(ctx) as site:
        _print(site, [find_plan(site, plan_id)], wanted, as_json=as_json, as_csv=as_csv, all_of_it=all_of_it)


def _print(
    site: Site,
    plans: list[Plan],
    wanted: ChangeFilter = ALL_CHANGES,
    *,
    as_json: bool,
    as_csv: bool,
    all_of_it: bool = False,
) -> None:
    if as_json:
        print_json([asdict(plan) | {"changes": list(all_changes(site, plan.id, wanted))} for plan in plans])
        return
    if as_csv:
        changes_of_all = (change for plan in plans for change in all_changes(site, plan.id, wanted))
        sys.stdout.writelines(csv_lines(changes_of_all, names_for(site, *(plan.list_id for plan in plans))))
        return
    for plan in plans:
        number = None if all_of_it else SHOWN_AT_FIRST
        changes = list(islice(all_changes(site, plan.id, wanted), number))
        total = count_planned_changes(site, plan.id, wanted)
        show_plan(stdout(), plan, changes, total=total, names=names_for(site, plan.list_id), lane=_lane(site, plan))


def _lane(site: Site, plan: Plan) -> LaneChoice:
    """Return how the updates of a plan's audience are sent, also if it isn't connected any more."""
    lanes = (link.lane for link in site.configuration.connections if link.audience_id == plan.list_id)
    return next(lanes, LaneChoice.AUTO)
