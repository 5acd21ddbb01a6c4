"""Consoles for standard output and standard error.

They are created for each use, because a test may have replaced the streams in the meantime.
"""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from mailchimpsync.cli.output.proposals import with_site

PIPE_WIDTH = 100

_THEME = Theme({"good": "green", "bad": "bold red", "warn": "yellow", "head": "bold cyan", "bar.complete": "cyan"})


def stdout() -> Console:
    """Return a console on standard output, for results."""
    return _console(stderr=False)


def stderr() -> Console:
    """Return a console on standard error, for progress and errors."""
    return _console(stderr=True)


class _Console(Console):
    """A console that proposes commands for the site that the command is for."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as usual, with `--site` in proposed commands."""
        super().print(*map(_for_the_site, objects), **options)


def _for_the_site(what: Any) -> Any:
    if isinstance(what, str):
        what = Text.from_markup(what) if "`mailchimpsync " in what else what
    return with_site(what) if isinstance(what, Text) else what


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return _Console(stderr=stderr, theme=_THEME, width=width, highlight=False, emoji=False)


def print_sentence(console: Console, text: Text) -> None:
    """Print a sentence: wrapped on a terminal, and on one line in a pipe, so that programs can read it."""
    console.print(text, soft_wrap=not console.is_terminal)
