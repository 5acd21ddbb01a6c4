"""What procrastinate calls: one task for all kinds of jobs, and the two that come around regularly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from sqlalchemy import make_url

from mailchimpsync.actions.fleet.jobs import NOW, PRIORITIES
from mailchimpsync.actions.fleet.queue import TASK
from mailchimpsync.actions.work import Kind

PLAN_EVERY = "*/5 * * * *"
LOOK_FOR_STALLED_EVERY = "* * * * * */20"
STALLED_AFTER_SECONDS = 30.0
"""For how long a worker must have been silent for its jobs to be given to others."""


class Connector(PsycopgConnector):
    """A connector to the schema of the fleet, which is woken by what is to be done now, and by nothing else.

    Each job that is put aside for later would wake all workers too.
    """

    def __init__(self, url: str, *, connections: int) -> None:
        database = make_url(url).set(drivername="postgresql")
        super().__init__(
            conninfo=database.render_as_string(hide_password=False),
            kwargs={"options": "-c search_path=fleet", "application_name": "mailchimpsync worker"},
            min_size=1,
            max_size=connections,
        )

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Listen to the one channel."""
        await super().listen_notify(on_notification, [name for name in channels if name.endswith(f"#{NOW}")])


def make_app(connector: PsycopgConnector, run: Callable[[Job], None]) -> App:
    """Return an app that calls `run` with each job, in a thread. It must not raise anything."""
    app = App(connector=connector)

    @app.task(name=TASK, pass_context=True)
    def work(context: JobContext, /, **_words: Any) -> None:
        run(context.job)

    @app.periodic(cron=PLAN_EVERY, queue=NOW, queueing_lock="plan", priority=PRIORITIES[Kind.PLAN])
    @app.task(name="plan", pass_context=True)
    def plan(context: JobContext, /, timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes it)
        run(context.job.evolve(task_name=TASK, task_kwargs={"kind": Kind.PLAN.value}))

    @app.periodic(cron=LOOK_FOR_STALLED_EVERY, queue=NOW, queueing_lock="stalled", priority=PRIORITIES[Kind.PLAN])
    @app.task(name="stalled", pass_context=True)
    async def stalled(context: JobContext, /, timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes it)
        await _give_to_others(context.app)

    return app


async def _give_to_others(app: App) -> None:
    """Queue the jobs of workers that are gone again, except those of which another is waiting already."""
    manager = app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        try:
            await manager.retry_job(job, retry_at=datetime.now(UTC))
        except UniqueViolation:
            await manager.finish_job(job, Status.FAILED, delete_job=True)
        except ConnectorException:
            continue  # its worker has just finished it after all
    await manager.prune_stalled_workers(10 * STALLED_AFTER_SECONDS)
