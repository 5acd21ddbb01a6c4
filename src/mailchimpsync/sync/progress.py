"""Progress of a run: reported to its caller, and counted for observers in other processes."""

from __future__ import annotations

from dataclasses import replace

from mailchimpsync.runtime import Progress, Runtime
from mailchimpsync.store.runs.runs import HowFar, Standing


class RecordedProgress:
    """Counts the completed items of a stage over all calls, and passes all reports on.

    The count is stored with the lease, at the start of each transaction, so that it costs nothing extra.
    """

    def __init__(self, told: Progress, runtime: Runtime, left: Standing) -> None:
        """Take the listener, and the progress an earlier call left; None for a new run."""
        self._told, self._runtime = told, runtime
        self._left: Standing | None = left
        self._before = HowFar()
        self._now: HowFar | None = None
        self._began = runtime.now()

    def stage(self, stage: str) -> None:
        """Start counting, from where an earlier call left the same stage."""
        left, self._left = self._left, None
        goes_on = left is not None and left.stage == stage and left.how_far is not None
        self._before = left.how_far if goes_on and left is not None and left.how_far is not None else HowFar()
        self._now, self._began = self._before, self._runtime.now()
        self._told.stage(stage)

    def advance(self, done: int, total: int | None = None) -> None:
        """Count more completed items."""
        if self._now is not None:
            self._now = replace(self._now, done=self._now.done + done, total=total or self._now.total)
        self._told.advance(done, total)

    def message(self, text: str) -> None:
        """Pass it on."""
        self._told.message(text)

    def how_far(self) -> HowFar | None:
        """Return the stage's progress; None before the first starts."""
        if self._now is None:
            return None
        seconds = self._before.seconds + int(self._runtime.seconds_since(self._began))
        return replace(self._now, seconds=seconds)
