"""Prints errors: what happened, what to do about it, and the code."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.text import Text

from mailchimpsync.cli.output.console import print_sentence, stderr
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.messages import moment

EXIT_INTERRUPTED = 128 + signal.SIGINT


@contextmanager
def showing_failures(ctx: click.Context) -> Iterator[None]:
    """Turn errors of the package, and Ctrl-C, into a message and an exit code, without a traceback."""
    try:
        yield
    except MailchimpsyncError as error:
        show_error(error)
        ctx.exit(error.exit_code)
    except KeyboardInterrupt:
        stderr().print("\nInterrupted. Everything done so far is kept; run the command again to continue.")
        ctx.exit(EXIT_INTERRUPTED)


def show_error(error: MailchimpsyncError, about: str = "") -> None:
    """Print an error to standard error."""
    console = stderr()
    what = error.what if error.what.endswith((".", ":", "?", "!")) or "\n" in error.what else f"{error.what}."
    print_sentence(console, Text.assemble(("✗ ", "bold red"), (f"{about}: " if about else "", "bold"), (what, "bold")))
    if error.detail:
        print_sentence(console, Text(f"  Detail: {error.detail}"))
    if error.lasts_since is not None:
        print_sentence(console, Text(f"  Every sync since {moment(error.lasts_since)} has ended with this error."))
    if error.remedy not in {"See the message.", "See --help."}:
        print_sentence(console, Text(f"  What to do: {error.remedy}"))
    print_sentence(console, Text(f"  Code: {error.code} (mailchimpsync explain-code {error.code})", style="dim"))
