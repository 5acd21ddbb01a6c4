"""Where output goes. Made anew for each use, so that whoever replaces the streams meanwhile is followed."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

PIPE_WIDTH = 100

_THEME = Theme({"good": "green", "bad": "bold red", "warn": "yellow", "head": "bold cyan", "bar.complete": "cyan"})


def stdout() -> Console:
    """Return a console for results."""
    return _console(stderr=False)


def stderr() -> Console:
    """Return a console for progress and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(stderr=stderr, theme=_THEME, width=width, highlight=False, emoji=False)


def print_sentence(console: Console, text: Text) -> None:
    """Print a sentence: wrapped on a terminal, on one line in a pipe, where programs read it."""
    console.print(text, soft_wrap=not console.is_terminal)
