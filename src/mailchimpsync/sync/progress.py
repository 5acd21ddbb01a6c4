"""Progress of a run: reported to its caller, and counted for observers in other processes."""

from __future__ import annotations

from dataclasses import replace

from mailchimpsync.runtime import Progress, Runtime
from mailchimpsync.store.runs.runs import StageProgress, StoredStatus


class RecordedProgress:
    """Counts the completed items of a stage over all calls, and passes all reports on.

    The count is stored with the lease, at the start of each transaction, so that it costs nothing extra.
    """

    def __init__(self, listener: Progress, runtime: Runtime, left: StoredStatus) -> None:
        """Take the listener, and the progress an earlier call left; None for a new run."""
        self._listener, self._runtime = listener, runtime
        self._left: StoredStatus | None = left
        self._before = StageProgress()
        self._now: StageProgress | None = None
        self._began = runtime.now()

    def stage(self, stage: str) -> None:
        """Start counting, from where an earlier call left the same stage."""
        left, self._left = self._left, None
        continues = left is not None and left.stage == stage and left.stage_progress is not None
        self._before = (
            left.stage_progress
            if continues and left is not None and left.stage_progress is not None
            else StageProgress()
        )
        self._now, self._began = self._before, self._runtime.now()
        self._listener.stage(stage)

    def advance(self, done: int, total: int | None = None) -> None:
        """Count more completed items."""
        if self._now is not None:
            self._now = replace(self._now, done=self._now.done + done, total=total or self._now.total)
        self._listener.advance(done, total)

    def message(self, text: str) -> None:
        """Pass it on."""
        self._listener.message(text)

    def stage_progress(self) -> StageProgress | None:
        """Return the stage's progress; None before the first starts."""
        if self._now is None:
            return None
        seconds = self._before.seconds + int(self._runtime.seconds_since(self._began))
        return replace(self._now, seconds=seconds)
