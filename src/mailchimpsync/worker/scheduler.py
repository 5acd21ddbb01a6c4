"""Starts syncs when they are due: one at a time for each connection, and at most two at once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from uuid import uuid4

from mailchimpsync.actions import Report, Site, fetchandreconcile
from mailchimpsync.actions.runs.schedule import Attempt, AttemptOutcome, due, history_of
from mailchimpsync.actions.sync.fetchandreconcile import is_data_run_due, is_full_run_due
from mailchimpsync.config import Link
from mailchimpsync.errors import EXIT_MORE_TO_DO, BusyError, Code, PausedError, StoreError
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.runs import pauses, services
from mailchimpsync.sync import Outcome
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.loop import Stop
from mailchimpsync.worker.reporting import log_failure, log_report

RUNS_AT_ONCE_MAX = 2
RUN_SECONDS_MAX = 120.0
"""A longer run continues a few seconds later, so that webhooks and configuration changes can be handled."""

CHECK_SECONDS = 1.0
BEAT_EVERY = timedelta(seconds=30)
"""How often the scheduler records in the database that it is alive."""

_OUTCOMES = {Outcome.OUT_OF_TIME.value: AttemptOutcome.MORE, Outcome.HELD.value: AttemptOutcome.PERSON}


@dataclass
class Scheduler:
    """Checks every second which connections are due. `site` must not be shared (`Site.another`)."""

    site: Site
    stop: Event
    _attempts: dict[str, Attempt] = field(default_factory=dict)
    _first_seen: dict[str, datetime] = field(default_factory=dict)
    _running: dict[str, Thread] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _id: str = field(default_factory=lambda: uuid4().hex)
    _last_beat: datetime | None = None

    def work(self, _stop: Stop) -> float:
        """Start the due syncs, and return the seconds until the next check."""
        version = self.site.version
        self.site.refresh()
        self._beat(self.site.runtime.now())
        if version != self.site.version:
            self._forget_failures()
        self._reap()
        for link in self._due_links():
            if len(self._running) >= RUNS_AT_ONCE_MAX:
                break
            self._start(link)
        return CHECK_SECONDS

    def _beat(self, now: datetime) -> None:
        if self._last_beat is None or now - self._last_beat >= BEAT_EVERY:
            with self.site.store.begin() as tx:
                services.record_heartbeat(tx, self._id, now)
            self._last_beat = now

    def end(self) -> None:
        """Record that the scheduler has ended, if it ever started."""
        if self._last_beat is not None:
            with suppress(StoreError), self.site.store.begin() as tx:
                services.remove_service(tx, self._id)

    def runs_under_way(self) -> list[Thread]:
        """Return the threads of the runs in progress."""
        return list(self._running.values())

    def _forget_failures(self) -> None:
        """Forget failures when the configuration has changed, since it may have been fixed."""
        with self._lock:
            self._attempts.clear()

    def _reap(self) -> None:
        for list_id, thread in list(self._running.items()):
            if not thread.is_alive():
                del self._running[list_id]

    def _due_links(self) -> list[Link]:
        """Return the connections that are due and idle, longest overdue first."""
        now = self.site.runtime.now()
        idle = [link for link in self.site.configuration.connections if link.audience_id not in self._running]
        with self.site.store.reading() as tx:
            wanted = [(self._due(tx, link, now), link) for link in idle]
        found = [(at, link) for at, link in wanted if at is not None and at <= now]
        return [link for _, link in sorted(found, key=lambda pair: pair[0])]

    def _due(self, tx: Transaction, link: Link, now: datetime) -> datetime | None:
        list_id = link.audience_id
        if pauses.is_paused(tx, list_id):
            return None
        past = history_of(tx, list_id, self._first_seen.setdefault(list_id, now), self._attempts.get(list_id))
        if link.schedule.enabled and self._was_approved(tx, list_id):
            return now
        return due(link.schedule, past, now, list_id)

    def _was_approved(self, tx: Transaction, list_id: str) -> bool:
        """Return whether a plan was approved since the last call, so that it is applied right away."""
        approved, attempt = kept_plans.approved_plan(tx, list_id), self._attempts.get(list_id)
        if approved is None or approved.decided_at is None:
            return False
        return attempt is None or attempt.began_at < approved.decided_at

    def _start(self, link: Link) -> None:
        thread = Thread(target=self._run, args=(link,), name=f"mailchimpsync-run-{link.audience_id}", daemon=True)
        self._running[link.audience_id] = thread
        thread.start()

    def _run(self, link: Link) -> None:
        site = self.site.for_another_thread()
        began = site.runtime.now()
        try:
            outcome = self._call(site, link, began)
        except Exception as error:  # noqa: BLE001 (a failed run is tried again later, whatever the error)
            log_failure("run.failed", error, audience=link.audience_id)
            outcome = AttemptOutcome.FAILED
        finally:
            site.close_clients()
        self._note(link.audience_id, began, site.runtime.now(), outcome)

    def _call(self, site: Site, link: Link, now: datetime) -> AttemptOutcome:
        logger().info(
            "run.begins", audience=link.audience_id, group=link.group_id, everything=is_full_run_due(site, link)
        )
        [report] = fetchandreconcile(
            site,
            group_id=link.group_id,
            max_time=RUN_SECONDS_MAX,
            with_data=is_data_run_due(site, link),
            stop=self.stop.is_set,
            wait=False,
            still_due=lambda tx: self._is_still_due(tx, link),
        )
        log_report(site, report, site.runtime.seconds_since(now))
        return outcome_of(report)

    def _is_still_due(self, tx: Transaction, link: Link) -> bool:
        now = self.site.runtime.now()
        at = self._due(tx, link, now)
        return at is not None and at <= now

    def _note(self, list_id: str, began: datetime, ended: datetime, outcome: AttemptOutcome) -> None:
        with self._lock:
            before = self._attempts.get(list_id)
            failures = (before.failures if before else 0) + 1 if outcome is AttemptOutcome.FAILED else 0
            self._attempts[list_id] = Attempt(began, ended, outcome, failures)


def outcome_of(report: Report) -> AttemptOutcome:
    """Return what a call's report means for the next call."""
    error = report.error
    if isinstance(error, PausedError):
        return AttemptOutcome.COMPLETE
    if error is None:
        return _OUTCOMES.get(report.outcome, AttemptOutcome.COMPLETE)
    if isinstance(error, BusyError) or error.code is Code.LEASE_LOST:
        return AttemptOutcome.BUSY
    return AttemptOutcome.FAILED if error.exit_code == EXIT_MORE_TO_DO else AttemptOutcome.PERSON
