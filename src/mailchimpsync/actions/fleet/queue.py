"""Puts jobs into the queue, each at most once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import psycopg
from procrastinate import SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job
from procrastinate.manager import JobManager

from mailchimpsync.actions.fleet.jobs import Place
from mailchimpsync.errors import Code, StoreError
from mailchimpsync.store import Transaction
from mailchimpsync.store.fleet.database import FleetStore
from mailchimpsync.store.fleet.queue import WaitingJob, waiting_jobs

TASK = "mailchimpsync"
"""The name of the one task that procrastinate knows; which function of ours it calls is one of the job's words."""


class Queue:
    """The fleet's queue. It uses the fleet's own connections to the database. Threads may share it."""

    def __init__(self, store: FleetStore) -> None:
        self._store = store
        self._manager = JobManager(SyncPsycopgConnector())

    def enqueue(self, *places: Place) -> None:
        """Let jobs wait. A job that waits already stays as it is, unless it is wanted earlier.

        Raises:
            StoreError: the database can't be used.
        """
        if not places:
            return
        with self._store.begin() as tx:
            known = waiting_jobs(tx, [place.queueing_lock for place in places])
            for place in places:
                before = known.get(place.queueing_lock)
                if before is None or _is_earlier(place.at, before.at):
                    self._defer(tx, _new_job(place), instead_of=before)

    def put_back(self, job: Job, at: datetime, words: Mapping[str, Any]) -> None:
        """Let a job that was taken wait again with these words, unless another one like it waits already.

        If there is such a one, procrastinate's own way of trying again would fail, and leave the job as it is for ever.

        Raises:
            StoreError: the database can't be used.
        """
        again = job.evolve(id=None, status=None, lock=None, scheduled_at=at, task_kwargs=dict(words), attempts=0)
        with self._store.begin() as tx:
            self._defer(tx, again)

    def _defer(self, tx: Transaction, job: Job, *, instead_of: WaitingJob | None = None) -> None:
        connection = cast("psycopg.Connection[Any]", tx.connection.driver_connection)
        try:
            with connection.transaction():
                if instead_of is not None:
                    self._manager.cancel_job_by_id(instead_of.id, delete_job=True, connection=connection)
                self._manager.defer_job(job, connection)
        except AlreadyEnqueued:
            pass  # by another process, just now
        except ConnectorException as error:
            raise StoreError(Code.STORE_UNAVAILABLE, "The queue can't be used.", detail=str(error)) from error


def _new_job(place: Place) -> Job:
    return Job(
        task_name=TASK,
        queue=place.queue,
        priority=place.priority,
        lock=place.lock,
        queueing_lock=place.queueing_lock,
        scheduled_at=place.at,
        task_kwargs=dict(place.words),
    )


def _is_earlier(at: datetime | None, other: datetime | None) -> bool:
    return other is not None and (at is None or at < other)
