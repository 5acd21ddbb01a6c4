"""How far a preview is, as its page shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailchimpsync.model import Stage
from mailchimpsync.web.task_progress import TaskProgress


def test_each_step_of_a_preview_is_done_or_under_way_with_its_numbers_or_still_to_come() -> None:
    times = iter(datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(seconds=number) for number in (0, 0, 5, 10, 20))
    progress = TaskProgress(lambda: next(times))
    assert not any(step.is_done or step.progress for step in progress.steps)

    progress.stage(Stage.FETCH)
    progress.stage(Stage.FIX_CONTACT_IDS)
    progress.advance(100, 400)
    progress.advance(100)
    first, second, *rest = progress.steps

    assert (first.stage, first.is_done, first.progress) == (Stage.FETCH, True, None)
    assert second.progress is not None
    assert (second.progress.done, second.progress.total, second.progress.seconds) == (200, 400, 15)
    assert not any(step.is_done or step.progress for step in rest)
    assert rest[-1].stage is Stage.RECONCILE
