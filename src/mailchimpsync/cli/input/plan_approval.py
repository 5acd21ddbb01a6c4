"""Shows a plan and asks for approval."""

from __future__ import annotations

import click

from mailchimpsync.actions import Site
from mailchimpsync.actions.plans.plans import find_plan
from mailchimpsync.cli.output.console import stderr
from mailchimpsync.cli.output.names import names_for
from mailchimpsync.cli.output.plans import show_plan
from mailchimpsync.errors import ConfirmationError


def confirm_plan(site: Site, plan_id: int, question: str, *, yes: bool) -> None:
    """Show a plan and ask the question, unless `yes`.

    Raises:
        ConfirmationError: the answer is no, or nobody can answer.
        UsageError: there is no such plan.
    """
    plan = find_plan(site, plan_id)
    if yes:
        return
    show_plan(stderr(), plan, names=names_for(site, plan.list_id))
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise ConfirmationError(f"Plan {plan_id} was not approved. To approve it without being asked, use --yes.")
