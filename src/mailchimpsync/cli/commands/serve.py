"""`mailchimpsync serve`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from rich.text import Text

from mailchimpsync.actions import Site, create_site, open_site
from mailchimpsync.cli.output.console import print_sentence, stderr
from mailchimpsync.cli.web_parts import check_installed, web_parts
from mailchimpsync.config import Schedule
from mailchimpsync.errors import UsageError
from mailchimpsync.runtime import Runtime

_LISTEN = re.compile(r"\S+:\d{1,5}")


@click.command("serve")
@click.option("--listen", metavar="ADDRESS:PORT", help="Default: the setting `listen`, which is 127.0.0.1:8321.")
@click.option("--init", "make", is_flag=True, help="Make the site if there is none; the rest is set up by the screens.")
@click.option("--no-schedule", is_flag=True, help="Sync nothing by itself; webhooks are handled all the same.")
@click.option("--json-logs/--no-json-logs", default=None, help="Default: JSON unless this is a terminal.")
@click.pass_context
def command(ctx: click.Context, listen: str | None, make: bool, no_schedule: bool, json_logs: bool | None) -> None:
    """Run the service: screens, schedule, webhooks, API.

    It serves until it is told to stop by SIGTERM or Ctrl-C. What it says goes to standard error, its log, one line an
    event, to standard output.
    """
    home: Path | None = ctx.obj
    check_installed()
    if listen is not None and not _LISTEN.fullmatch(listen):
        raise UsageError("--listen is an address and a port, such as 127.0.0.1:8321.")

    def opened(runtime: Runtime) -> Site:
        return _open(home, listen, runtime)

    if make:
        create_site(home).close()
    with opened(Runtime()) as site:
        address = site.settings.listen
        _tell(site, with_schedule=not no_schedule)
        _tell_first_link(site)
    as_json = not sys.stdout.isatty() if json_logs is None else json_logs
    _serve(opened, address, with_schedule=not no_schedule, as_json=as_json)


def _open(home: Path | None, listen: str | None, runtime: Runtime) -> Site:
    site = open_site(home, runtime=runtime)
    if listen is not None:
        site.settings = site.settings.model_copy(update={"listen": listen})
    return site


def _tell(site: Site, *, with_schedule: bool) -> None:
    console, settings = stderr(), site.settings
    for link in site.configuration.connections:
        when = describe_schedule(link.schedule) if with_schedule else "not synced by itself (--no-schedule)"
        print_sentence(console, Text.assemble("  ", (link.title, "bold"), f": {when}"))
    if not site.configuration.connections:
        print_sentence(
            console,
            Text("  Nothing is connected yet: do that by the screens, or by `mailchimpsync connect`.", style="yellow"),
        )
    if settings.public_url is None:
        text = "public_url is not set, so Mailchimp can't reach us: changes there arrive with the next run only."
        print_sentence(console, Text(f"  {text}", style="yellow"))


def _tell_listening(address: str) -> None:
    print_sentence(stderr(), Text.assemble("Listening on ", (f"http://{address}", "bold"), ". Stop by Ctrl-C."))


def _tell_first_link(site: Site) -> None:
    """While nobody can sign in, print the link by which the first administrator makes their account."""
    with web_parts(site):
        from mailchimpsync.web.accounts import address_of, welcome_path  # noqa: PLC0415 (Django must be set up)

        path = welcome_path()
        if path is None:
            return
        console, address = stderr(), address_of(site.settings, path)
        console.print("Nobody can sign in yet. Make the first account here, within a day:")
        console.print(Text(f"  {address}", style="bold"), soft_wrap=True)


def describe_schedule(schedule: Schedule) -> str:
    """Return a schedule in words."""
    if not schedule.enabled:
        return "not synced by itself (its schedule is switched off)"
    often = f"cron {schedule.cron}" if schedule.cron else f"every {schedule.every_minutes} minutes"
    quiet = f", quiet {schedule.quiet}" if schedule.quiet else ""
    zone = f" ({schedule.time_zone})" if schedule.cron or schedule.quiet else ""
    full = f", everything every {schedule.full_every_days} days" if schedule.full_every_days else ""
    return f"{often}{quiet}{zone}{full}"


def _serve(opened: Callable[[Runtime], Site], address: str, *, with_schedule: bool, as_json: bool) -> None:
    from mailchimpsync.web.wsgi import make_application  # noqa: PLC0415 (no other command needs Django)
    from mailchimpsync.worker.logs import set_up_logs  # noqa: PLC0415 (likewise structlog)
    from mailchimpsync.worker.server import Service, serve  # noqa: PLC0415 (likewise gunicorn)

    set_up_logs(as_json=as_json)
    tell = partial(_tell_listening, address)
    serve(Service(opened, make_application, address, with_schedule=with_schedule, when_listening=tell))
