"""`mailchimpsync erase ADDRESS`."""

from __future__ import annotations

import click
from rich.text import Text

from mailchimpsync.actions import Erasure, erase
from mailchimpsync.actions.people.erase import in_wire_form
from mailchimpsync.cli.input.questions import current_user
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stderr, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.errors import EXIT_MORE_TO_DO, ConfirmationError
from mailchimpsync.messages import moment


def erase_address(ctx: click.Context, address: str, yes: bool, as_json: bool) -> None:
    with site_of(ctx) as site:
        if not yes:
            _confirm()
        erasure = erase(site, address=address, confirm=True, by=current_user())
    if as_json:
        print_json(in_wire_form(erasure))
    else:
        _show(erasure)
    ctx.exit(0 if erasure.is_complete else EXIT_MORE_TO_DO)


def _confirm() -> None:
    print_sentence(
        stderr(),
        Text("This permanently deletes the member at Mailchimp, and all records of the address here."),
    )
    try:
        agreed = click.confirm("This can't be undone. Erase?", err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise ConfirmationError("Nothing was erased. To erase without being asked, use --yes.")


def _show(erasure: Erasure) -> None:
    when = moment(erasure.erased_at)
    print_sentence(
        stdout(), Text(f"Recorded as erased at {when} by {erasure.erased_by}. No sync adds the address again.")
    )
    for step in erasure.steps:
        if step.number:
            words = f"{step.number:,} {step.what} ({step.at:%Y-%m-%d %H:%M:%S} UTC)"
            print_sentence(stdout(), Text.assemble(("✓ ", "good"), f"audience {step.list_id}: {words}"))
    if erasure.contact_ids:
        numbers = ", ".join(map(str, erasure.contact_ids))
        print_sentence(stdout(), Text(f"CiviCRM still has the address for contacts {numbers}. Erase it there too."))
    for problem in erasure.problems:
        print_sentence(stderr(), Text(f"✗ {problem}"))
