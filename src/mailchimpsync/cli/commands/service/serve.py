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
from mailchimpsync.cli.commands.service.serve_fleet import serve_all_sites
from mailchimpsync.cli.opening import home_of
from mailchimpsync.cli.output.connection import interval_in_words
from mailchimpsync.cli.output.console import print_sentence, stderr
from mailchimpsync.cli.output.service import print_first_link, print_listening
from mailchimpsync.cli.web_parts import check_installed, web_parts
from mailchimpsync.config import Schedule, load_settings
from mailchimpsync.errors import UsageError
from mailchimpsync.runtime import Runtime

_LISTEN = re.compile(r"\S+:\d{1,5}")


def serve(ctx: click.Context, listen: str | None, make: bool, no_schedule: bool, json_logs: bool | None) -> None:
    check_installed()
    if listen is not None and not _LISTEN.fullmatch(listen):
        raise UsageError("--listen must be an address and a port, such as 127.0.0.1:8321.")

    home = home_of(ctx)
    as_json = not sys.stdout.isatty() if json_logs is None else json_logs
    if load_settings(home).fleet:
        serve_all_sites(ctx, listen, as_json=as_json)
        return

    def opened(runtime: Runtime) -> Site:
        return _open(home, listen, runtime)

    if make:
        create_site(home).close()
    with opened(Runtime()) as site:
        address = site.settings.listen
        _print_schedules(site, with_schedule=not no_schedule)
        _print_first_link(site)
    _serve(opened, address, with_schedule=not no_schedule, as_json=as_json)


def _open(home: Path | None, listen: str | None, runtime: Runtime) -> Site:
    site = open_site(home, runtime=runtime)
    if listen is not None:
        site.settings = site.settings.model_copy(update={"listen": listen})
    return site


def _print_schedules(site: Site, *, with_schedule: bool) -> None:
    console, settings = stderr(), site.settings
    for link in site.configuration.connections:
        when = describe_schedule(link.schedule) if with_schedule else "not synced automatically (--no-schedule)"
        print_sentence(console, Text.assemble("  ", (link.title, "bold"), f": {when}"))
    if not site.configuration.connections:
        print_sentence(
            console,
            Text(
                "  Nothing is connected yet. Do that in the browser, or with `mailchimpsync connect`.",
                style="yellow",
            ),
        )
    if settings.public_url is None:
        text = "public_url isn't set, so Mailchimp can't send webhooks. Changes there arrive only with the next sync."
        print_sentence(console, Text(f"  {text}", style="yellow"))


def _print_first_link(site: Site) -> None:
    """While nobody can sign in, print the link for creating the first administrator's account."""
    with web_parts(site):
        from mailchimpsync.web.accounts import address_of, welcome_path  # noqa: PLC0415 (Django must be set up)

        print_first_link(address_of(site.settings, path) if (path := welcome_path()) is not None else None)


def describe_schedule(schedule: Schedule) -> str:
    """Return a schedule in words."""
    if not schedule.enabled:
        return "not synced automatically (its schedule is off)"
    often = f"cron {schedule.cron}" if schedule.cron else interval_in_words(schedule.every_minutes)
    quiet = f", quiet {schedule.quiet}" if schedule.quiet else ""
    zone = f" ({schedule.time_zone})" if schedule.cron or schedule.quiet else ""
    full = f", full sync every {schedule.full_every_days} days" if schedule.full_every_days else ""
    return f"{often}{quiet}{zone}{full}"


def _serve(opened: Callable[[Runtime], Site], address: str, *, with_schedule: bool, as_json: bool) -> None:
    from mailchimpsync.web.wsgi import make_application  # noqa: PLC0415 (no other command needs Django)
    from mailchimpsync.worker.logs import set_up_logs  # noqa: PLC0415 (likewise structlog)
    from mailchimpsync.worker.server import Service, serve  # noqa: PLC0415 (likewise gunicorn)

    set_up_logs(as_json=as_json)
    tell = partial(print_listening, address)
    serve(Service(opened, make_application, address, with_schedule=with_schedule, when_listening=tell))
