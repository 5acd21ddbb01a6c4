"""Consoles for standard output and standard error.

They are created for each use, because a test may have replaced the streams in the meantime.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

PIPE_WIDTH = 100

_THEME = Theme({"good": "green", "bad": "bold red", "warn": "yellow", "head": "bold cyan", "bar.complete": "cyan"})


def stdout() -> Console:
    """Return a console on standard output, for results."""
    return _console(stderr=False)


def stderr() -> Console:
    """Return a console on standard error, for progress and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(stderr=stderr, theme=_THEME, width=width, highlight=False, emoji=False)


def print_sentence(console: Console, text: Text) -> None:
    """Print a sentence: wrapped on a terminal, and on one line in a pipe, so that programs can read it."""
    console.print(text, soft_wrap=not console.is_terminal)
