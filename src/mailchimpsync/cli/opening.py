"""Opens the site for a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mailchimpsync.actions import Site, open_site
from mailchimpsync.cli.interrupt import Interruption
from mailchimpsync.cli.output.console import stderr, stdout
from mailchimpsync.cli.output.progress import BarProgress, LineProgress, progress_on


def home_of(ctx: click.Context) -> Path | None:
    """Return the home directory given with --home, if one was given."""
    home: Path | None = ctx.find_root().obj
    return home


def site_of(ctx: click.Context) -> Site:
    """Open the site in the home directory."""
    return open_site(home_of(ctx))


@contextmanager
def interruptible_site(
    ctx: click.Context, *, quiet: bool
) -> Iterator[tuple[Site, BarProgress | LineProgress, Callable[[], bool]]]:
    """Open the site for long work: return it, its progress, and a function that says whether Ctrl-C was pressed.

    Progress is shown on standard output, or on standard error if `quiet`, when the output is for programs.
    """
    interruption = Interruption()
    console = stderr() if quiet else stdout()
    with interruption.watching(), site_of(ctx) as site, progress_on(console) as progress:
        yield site, progress, interruption.asked
