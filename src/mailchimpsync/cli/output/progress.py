"""Shows the progress of a run on a terminal. `status --log` has the log of a run that no terminal saw."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from mailchimpsync.actions.texts.stages import STAGE_WORDS
from mailchimpsync.model import Stage

_LONGEST = max(len(words) for words in STAGE_WORDS.values())


class BarProgress:
    """Shows a bar for each stage, and messages above the bars; nothing where nobody watches, in a pipe or a file."""

    def __init__(self, console: Console) -> None:
        self._is_watched = console.is_terminal
        self._bars = Progress(
            SpinnerColumn(finished_text="[good]✓[/]"),
            TextColumn(f"{{task.description:<{_LONGEST}}}"),
            BarColumn(bar_width=28),
            TextColumn("{task.completed:>7,.0f}"),
            TimeElapsedColumn(),
            console=console,
            disable=not self._is_watched,
        )
        self._task: TaskID | None = None
        self._done = 0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._finish()
        self._bars.stop()

    def stage(self, stage: str) -> None:
        """Finish the previous stage's bar and start another."""
        self._finish()
        self._done = 0
        self._task = self._bars.add_task(STAGE_WORDS[Stage(stage)], total=None)

    def advance(self, done: int, total: int | None = None) -> None:
        """Move the bar."""
        self._done += done
        if self._task is not None:
            known = None if total is None else max(total, self._done)
            self._bars.update(self._task, completed=self._done, total=known)

    def message(self, text: str) -> None:
        """Print the message above the bars."""
        if self._is_watched:
            self._bars.console.print(Text(f"  {text}", style="dim"))

    def _finish(self) -> None:
        if self._task is not None:
            shown = max(self._done, 1)
            self._bars.update(self._task, total=shown, completed=shown)
            if not self._done:
                self._bars.remove_task(self._task)
        self._task = None
