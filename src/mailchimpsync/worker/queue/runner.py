"""Does a job that a worker has taken, and queues what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from procrastinate.jobs import Job as TakenJob
from structlog.contextvars import bound_contextvars

from mailchimpsync.actions import Fleet, Site
from mailchimpsync.actions.fleet.jobs import LONG, Job, Place
from mailchimpsync.actions.fleet.queue import Queue
from mailchimpsync.actions.fleet_overview import note_site
from mailchimpsync.actions.work import Kind
from mailchimpsync.errors import MailchimpsyncError, StoreError
from mailchimpsync.store.engine.database import newest_schema
from mailchimpsync.store.fleet.sites import find_site
from mailchimpsync.worker.jobs import Stop, Task, Work
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.metrics import Metrics
from mailchimpsync.worker.queue.planning import plan_site
from mailchimpsync.worker.queue.sites import OpenSites
from mailchimpsync.worker.queue.syncing import sync_as_job
from mailchimpsync.worker.reporting import log_failure
from mailchimpsync.worker.tasks.alerts import check_webhooks, send_alerts
from mailchimpsync.worker.tasks.batches import read_batches
from mailchimpsync.worker.tasks.campaigns import import_campaigns
from mailchimpsync.worker.tasks.events import handle_events
from mailchimpsync.worker.tasks.housekeeping import prune
from mailchimpsync.worker.tasks.verify import verify

SITES_A_PLAN = 50
"""For how many sites one job of `plan_jobs` looks what is due."""

LEFT_FOR = timedelta(seconds=10)
"""After how long a job is offered again that this version can't do, and another may."""

ATTEMPTS_MAX = 8
"""How often a job is tried that fails unexpectedly; after that, `plan_jobs` queues what is due."""

RETRY_SECONDS_MAX = 300
AGAIN_SECONDS_MIN = 1.0

_TASKS: Mapping[str, Task] = {
    Kind.EVENTS: handle_events,
    Kind.BATCHES: read_batches,
    Kind.VERIFY: verify,
    Kind.CAMPAIGNS: import_campaigns,
    Kind.ALERTS: send_alerts,
    Kind.WEBHOOKS: check_webhooks,
    Kind.HOUSEKEEPING: prune,
}
_KINDS = {*_TASKS, Kind.SYNC, Kind.PLAN}


class NotForUsError(Exception):
    """Only a worker of another version can do this job."""


@dataclass(frozen=True)
class Runner:
    """Does jobs, in many threads at once.

    `stop` says whether the process is about to end: work in progress ends soon then, and is queued again.
    """

    fleet: Fleet
    sites: OpenSites
    queue: Queue
    metrics: Metrics
    stop: Stop

    def run(self, taken: TakenJob) -> None:
        """Do a job. It raises nothing, so that procrastinate deletes the job in any case."""
        began, job = self.fleet.runtime.now(), _job_of(taken)
        delay = (began - taken.scheduled_at).total_seconds() if taken.scheduled_at is not None else None
        with bound_contextvars(**({"site": job.site} if job.site else {})):
            outcome = self._outcome(taken, job)
        self.metrics.job(job.kind if job.kind in _KINDS else "unknown", outcome, delay)

    def _outcome(self, taken: TakenJob, job: Job) -> str:
        try:
            self.queue.enqueue(*self._do(job, takes_turns=taken.queue == LONG))
        except NotForUsError:
            logger().info("job.left", kind=job.kind)
            return self._put_back(taken, LEFT_FOR, {})
        except Exception as error:  # noqa: BLE001 (whatever happens, this worker goes on with other jobs)
            return self._handle_failure(taken, job, error)
        return "done"

    def _handle_failure(self, taken: TakenJob, job: Job, error: Exception) -> str:
        """Try again less and less often, for a while."""
        failures = int(str(taken.task_kwargs.get("failures", 0))) + 1
        again = min(2**failures, RETRY_SECONDS_MAX) if failures < ATTEMPTS_MAX else None
        log_failure("job.failed", error, kind=job.kind, again_in_seconds=again)
        if again is not None:
            self._put_back(taken, timedelta(seconds=again), {"failures": failures})
        return "failed"

    def _put_back(self, taken: TakenJob, after: timedelta, more: Mapping[str, Any]) -> str:
        try:
            self.queue.put_back(taken, self.fleet.runtime.now() + after, {**taken.task_kwargs, **more})
        except StoreError as error:
            log_failure("job.lost", error)  # plan_jobs queues it again, if it is still due
        return "left"

    def _do(self, job: Job, *, takes_turns: bool) -> list[Place]:
        """Do a job, and return what follows."""
        if job.kind not in _KINDS:
            raise NotForUsError
        if not job.site:
            return self._plan(job)
        with self.fleet.store.reading() as tx:
            found = find_site(tx, job.site)
        if found is None or found.disabled_at is not None:
            return []
        if found.schema_number != newest_schema():
            raise NotForUsError
        with self.sites.site(job.site) as site:
            places = self._do_for_site(site, job, takes_turns=takes_turns)
            if job.kind == Kind.ALERTS:  # every few minutes
                note_site(self.fleet, found, site)
            return places

    def _do_for_site(self, site: Site, job: Job, *, takes_turns: bool) -> list[Place]:
        work = Work(site, self.stop, self.metrics, job.audience)
        if job.kind == Kind.PLAN:
            return plan_site(site, job.site)
        if job.kind == Kind.SYNC:
            return sync_as_job(work, job, takes_turns=takes_turns)
        again = _TASKS[job.kind](work)
        if again is None:
            return []
        return [Place(job, site.runtime.now() + timedelta(seconds=max(again, AGAIN_SECONDS_MIN)))]

    def _plan(self, job: Job) -> list[Place]:
        """Look what the next sites need; the job after this one looks at those that follow."""
        names = [name for name in self.fleet.names() if job.after is None or name > job.after]
        for name in names[:SITES_A_PLAN]:
            if self.stop():
                break
            try:
                self.queue.enqueue(*self._do(Job(Kind.PLAN, name), takes_turns=False))
            except NotForUsError:
                continue
            except Exception as error:  # noqa: BLE001 (one site's problem must not keep the others waiting)
                log_failure("plan.failed", error, site=name)
                self._note_trouble(name)
        return [Place(Job(Kind.PLAN, after=names[SITES_A_PLAN - 1]))] if len(names) > SITES_A_PLAN else []

    def _note_trouble(self, name: str) -> None:
        """Let the overview show a site that can't be opened; jobs of its own don't get as far as noting it."""
        with suppress(MailchimpsyncError):  # the next look notes it
            note_site(self.fleet, self.fleet.site(name))


def _job_of(taken: TakenJob) -> Job:
    words = {name: str(taken.task_kwargs[name]) for name in ("site", "audience", "after") if name in taken.task_kwargs}
    return Job(str(taken.task_kwargs.get("kind", "")), **words)
