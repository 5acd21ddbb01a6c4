"""`mailchimpsync serve` in the home of a fleet: all of its sites."""

from __future__ import annotations

from functools import partial

import click
from rich.text import Text

from mailchimpsync.actions import Fleet, open_fleet
from mailchimpsync.cli.fleet_parts import operators_of
from mailchimpsync.cli.opening import home_of, site_name_of
from mailchimpsync.cli.output.console import print_sentence, stderr
from mailchimpsync.cli.output.service import print_first_link, print_listening
from mailchimpsync.errors import UsageError
from mailchimpsync.runtime import Runtime


def serve_all_sites(ctx: click.Context, listen: str | None, *, as_json: bool) -> None:
    """Serve all sites of the fleet in the home directory.

    Raises:
        UsageError: one site was chosen.
    """
    if site_name_of(ctx):
        raise UsageError("`serve` answers for all sites of a fleet: leave out --site.")
    home = home_of(ctx)

    def opened(runtime: Runtime) -> Fleet:
        fleet = open_fleet(home, runtime=runtime)
        if listen is not None:
            fleet.settings = fleet.settings.model_copy(update={"listen": listen})
        return fleet

    from mailchimpsync.web.fleet.front import make_fleet_application  # noqa: PLC0415 (no other command needs Django)
    from mailchimpsync.worker.logs import set_up_logs  # noqa: PLC0415 (likewise structlog)
    from mailchimpsync.worker.server import FleetService, serve_fleet  # noqa: PLC0415 (likewise gunicorn)

    with opened(Runtime()) as fleet:
        fleet.check_master_key()
        address = fleet.settings.listen
        _print_beginning(fleet)
    set_up_logs(as_json=as_json)
    tell = partial(print_listening, address)
    serve_fleet(FleetService(opened, make_fleet_application, address, when_listening=tell))


def _print_beginning(fleet: Fleet) -> None:
    console = stderr()
    print_sentence(
        console, Text(f"  Sites: {len(fleet.names()):,}. Workers do the work: run `mailchimpsync worker` too.")
    )
    with operators_of(fleet):
        from mailchimpsync.web.accounts import address_of, welcome_path  # noqa: PLC0415 (Django must be set up)

        print_first_link(address_of(fleet.settings, path) if (path := welcome_path()) is not None else None)
    if fleet.settings.public_url is None:
        text = "public_url isn't set, so Mailchimp can't send webhooks to sites without a host name of their own."
        print_sentence(console, Text(f"  {text}", style="yellow"))
