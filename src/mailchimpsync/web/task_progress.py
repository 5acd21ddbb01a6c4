"""How far a background task is that leaves no run in the database, such as a preview."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailchimpsync.actions.status.connection_status import RunProgress
from mailchimpsync.model import Stage

PREVIEWED = tuple(Stage)[: tuple(Stage).index(Stage.CREATE_CONTACTS)]


@dataclass(frozen=True, slots=True)
class TaskStep:
    """A step of a task: `progress` is that of the current step; None: it is done, or still to come."""

    stage: Stage
    is_done: bool
    progress: RunProgress | None


class TaskProgress:
    """Is told by one thread how far a run is, and tells others."""

    def __init__(self, now: Callable[[], datetime], stages: Sequence[Stage] = PREVIEWED) -> None:
        """Take the clock, and the stages that the task goes through; by default those of a preview."""
        self._now, self._stages = now, stages
        self._began = now()
        self._at: tuple[Stage, RunProgress] | None = None

    def stage(self, stage: str) -> None:
        """Begin a step."""
        self._began = self._now()
        self._at = Stage(stage), RunProgress(0, None, 0)

    def advance(self, done: int, total: int | None = None) -> None:
        """Count more of the step as done."""
        if self._at is not None:
            stage, before = self._at
            seconds = int((self._now() - self._began).total_seconds())
            self._at = stage, replace(before, done=before.done + done, total=total or before.total, seconds=seconds)

    def message(self, text: str) -> None:
        """Ignore it: the page shows the steps."""

    @property
    def steps(self) -> Iterator[TaskStep]:
        """Yield all steps in their order."""
        now, at = self._at or (None, None)
        place = self._stages.index(now) if now in self._stages else -1
        for number, stage in enumerate(self._stages):
            yield TaskStep(stage, number < place, at if number == place else None)
