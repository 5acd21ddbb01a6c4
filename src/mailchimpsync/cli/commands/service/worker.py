"""`mailchimpsync worker`."""

from __future__ import annotations

import re
import sys

import click

from mailchimpsync.actions import Fleet, open_fleet
from mailchimpsync.cli.opening import home_of, site_name_of
from mailchimpsync.cli.web_parts import check_installed
from mailchimpsync.errors import UsageError
from mailchimpsync.runtime import Runtime

_LISTEN = re.compile(r"\S+:\d{1,5}")


def worker(ctx: click.Context, concurrency: int, listen: str | None, json_logs: bool | None) -> None:
    check_installed()
    if site_name_of(ctx):
        raise UsageError("A worker works for all sites of a fleet: leave out --site.")
    if listen is not None and not _LISTEN.fullmatch(listen):
        raise UsageError("--listen must be an address and a port, such as 127.0.0.1:8322.")
    home = home_of(ctx)

    def opened(runtime: Runtime) -> Fleet:
        return open_fleet(home, runtime=runtime)

    from mailchimpsync.worker.logs import set_up_logs  # noqa: PLC0415 (no other command needs structlog)
    from mailchimpsync.worker.queue.worker import WorkerOptions, run_worker  # noqa: PLC0415 (likewise procrastinate)

    with opened(Runtime()) as fleet:
        fleet.check_master_key()
    set_up_logs(as_json=not sys.stdout.isatty() if json_logs is None else json_logs)
    run_worker(opened, WorkerOptions(concurrency, listen))
