"""Handles Ctrl-C: the current step is finished first, so that no transaction or request is cut off."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Event
from types import FrameType

import click
from rich.text import Text

from mailchimpsync.actions import Site
from mailchimpsync.cli.opening import site_of
from mailchimpsync.cli.output.console import print_sentence, stderr
from mailchimpsync.runtime import NoProgress, Progress


class Interruption:
    """Whether Ctrl-C was pressed; pressing it a second time ends the program at once."""

    def __init__(self) -> None:
        self._event = Event()

    def asked(self) -> bool:
        """Say whether it was pressed."""
        return self._event.is_set()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Treat Ctrl-C as a request to stop, within the context."""
        before = signal.signal(signal.SIGINT, self._take)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked():
            raise KeyboardInterrupt
        self._event.set()
        print_sentence(stderr(), Text("\nStopping after this step. Press Ctrl-C again to stop immediately."))


@contextmanager
def interruptible_site(
    ctx: click.Context,
) -> Iterator[tuple[Site, Progress, Callable[[], bool]]]:
    """Open the site for long work: return it, its progress, and a function that says whether Ctrl-C was pressed.

    Progress is shown on standard error if that is a terminal, so that standard output has nothing but the result.
    """
    interruption = Interruption()
    with interruption.watching(), site_of(ctx) as site, _progress() as progress:
        yield site, progress, interruption.asked


def _progress() -> AbstractContextManager[Progress]:
    console = stderr()
    if not console.is_terminal:
        return nullcontext(NoProgress())
    from mailchimpsync.cli.output.progress import BarProgress  # noqa: PLC0415 (slow to load, and seldom watched)

    return BarProgress(console)
