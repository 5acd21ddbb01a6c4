"""What procrastinate's own functions don't tell of the queue, within transactions for the fleet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text


class WaitingJob(NamedTuple):
    """A job that waits; `at`: not before this time, or None."""

    id: int
    at: datetime | None


class QueueFigures(NamedTuple):
    """The state of one queue.

    Attributes:
        name: of the queue.
        due: the number of jobs that wait for a thread.
        later: the number of those that wait for their time.
        running: the number of those that a worker has taken.
        oldest_seconds: how long the job has been due that waits longest, as far as its time is known.
    """

    name: str
    due: int
    later: int
    running: int
    oldest_seconds: float


def waiting_jobs(tx: Connection, queueing_locks: Sequence[str]) -> dict[str, WaitingJob]:
    """Return the jobs that wait under these names."""
    query = text(
        "SELECT queueing_lock, id, scheduled_at FROM procrastinate_jobs"
        " WHERE status = 'todo' AND queueing_lock = ANY(:names)"
    )
    rows = tx.execute(query, {"names": list(queueing_locks)}).all()
    return {name: WaitingJob(number, at) for name, number, at in rows}


def queue_figures(tx: Connection) -> Sequence[QueueFigures]:
    """Return the state of each queue that has jobs."""
    query = text(
        "SELECT queue_name,"
        " count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())),"
        " count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()),"
        " count(*) FILTER (WHERE status = 'doing'),"
        " coalesce(extract(epoch FROM now() - min(scheduled_at) FILTER (WHERE status = 'todo')), 0)"
        " FROM procrastinate_jobs GROUP BY queue_name ORDER BY queue_name"
    )
    return [
        QueueFigures(name, due, later, running, max(float(oldest), 0.0))
        for name, due, later, running, oldest in tx.execute(query).all()
    ]


def workers_alive(tx: Connection, seconds: float) -> int:
    """Return how many workers were seen alive within this number of seconds."""
    query = text(
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :seconds)"
    )
    return int(tx.execute(query, {"seconds": seconds}).scalar_one())
