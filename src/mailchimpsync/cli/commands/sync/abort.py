"""`mailchimpsync abort`."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.text import Text

from mailchimpsync.actions import Abort, ConnectionStatus, abortsync, getstatus
from mailchimpsync.actions.sync.abortsync import in_wire_form
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stderr, stdout
from mailchimpsync.cli.output.json import print_json
from mailchimpsync.errors import EXIT_MORE_TO_DO, ConfirmationError


def abort(ctx: click.Context, group_id: int | None, yes: bool, as_json: bool) -> None:
    with site_of(ctx) as site:
        found = getstatus(site, group_id=group_id)
        busy = [status for status in found if _has_something_to_abort(status)]
        if busy and not yes:
            _confirm(busy)
        aborts = [abortsync(site, group_id=status.link.group_id) for status in (found if yes else busy)]
    forms = [in_wire_form(abort) for abort in aborts]
    if as_json:
        print_json(forms)
    else:
        for abort in aborts:
            _show(abort)
        if not aborts:
            print_sentence(stdout(), Text("There is nothing to abort: no sync is running, and no updates are waiting."))
    ctx.exit(EXIT_MORE_TO_DO if any(form["problems"] for form in forms) else 0)


def _has_something_to_abort(status: ConnectionStatus) -> bool:
    return bool(status.running or status.interrupted or status.updates_outstanding)


def _confirm(found: Sequence[ConnectionStatus]) -> None:
    """Print what would happen to each connection, and ask."""
    for status in found:
        run = "A run is in progress and will be stopped. " if status.running else ""
        run = "An interrupted run will be ended. " if status.interrupted else run
        words = f"{run}{status.updates_outstanding:,} updates will be dropped, and their batches deleted at Mailchimp."
        print_sentence(stderr(), Text.assemble((status.link.title, "bold"), f": {words}"))
    print_sentence(
        stderr(), Text("Updates that Mailchimp has already applied stay. The next sync reads them and decides again.")
    )
    try:
        agreed = click.confirm("Abort?", err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise ConfirmationError("Nothing was aborted. To abort without being asked, use --yes.")


def _show(abort: Abort) -> None:
    done = abort.done
    stopped = "a run was stopped; " if done.was_at_work else "an interrupted run was ended; " if done.run_id else ""
    words = f"{stopped}{done.batches_deleted:,} batches deleted at Mailchimp, {done.updates_aborted:,} updates dropped."
    print_sentence(stdout(), Text.assemble(("✓ ", "good"), (abort.link.title, "bold"), f": {words}"))
    for problem in in_wire_form(abort)["problems"]:
        print_sentence(stderr(), Text(f"✗ Batch {problem['batch_id']} couldn't be deleted: {problem['error_message']}"))
