"""Starts syncs when they are due: one at a time for each connection, and at most two at once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from uuid import uuid4

from mailchimpsync.actions import Site
from mailchimpsync.actions.runs.schedule import Attempt
from mailchimpsync.config import Link
from mailchimpsync.errors import StoreError
from mailchimpsync.store import Transaction
from mailchimpsync.store.runs import services
from mailchimpsync.worker.due import sync_due
from mailchimpsync.worker.jobs import Stop
from mailchimpsync.worker.tasks.sync import sync

RUNS_AT_ONCE_MAX = 2
RUN_SECONDS_MAX = 120.0
"""A longer run continues a few seconds later, so that webhooks and configuration changes can be handled."""

CHECK_SECONDS = 1.0
BEAT_EVERY = timedelta(seconds=30)
"""How often the scheduler records in the database that it is alive."""


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
        first_seen = self._first_seen.setdefault(list_id, now)
        return sync_due(tx, link, now, first_seen=first_seen, attempt=self._attempts.get(list_id))

    def _start(self, link: Link) -> None:
        thread = Thread(target=self._run, args=(link,), name=f"mailchimpsync-run-{link.audience_id}", daemon=True)
        self._running[link.audience_id] = thread
        thread.start()

    def _run(self, link: Link) -> None:
        site = self.site.for_another_thread()
        try:
            attempt = sync(
                site,
                link,
                seconds=RUN_SECONDS_MAX,
                stop=self.stop.is_set,
                still_due=lambda tx: self._is_still_due(tx, link),
                before=self._attempts.get(link.audience_id),
            )
        finally:
            site.close_clients()
        with self._lock:
            self._attempts[link.audience_id] = attempt

    def _is_still_due(self, tx: Transaction, link: Link) -> bool:
        now = self.site.runtime.now()
        at = self._due(tx, link, now)
        return at is not None and at <= now
