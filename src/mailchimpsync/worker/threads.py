"""The service's work in threads of its own process, for a home: a loop for each kind, and the scheduler's runs."""

from __future__ import annotations

from threading import Event

from mailchimpsync.actions import Site
from mailchimpsync.actions.work import Kind
from mailchimpsync.runtime import Deadline
from mailchimpsync.worker.jobs import Stop, Task, Work
from mailchimpsync.worker.loop import Loop
from mailchimpsync.worker.metrics import Metrics
from mailchimpsync.worker.scheduler import Scheduler
from mailchimpsync.worker.tasks.alerts import check_webhooks, send_alerts
from mailchimpsync.worker.tasks.batches import EVERY_SECONDS as BATCHES_EVERY_SECONDS
from mailchimpsync.worker.tasks.batches import read_batches
from mailchimpsync.worker.tasks.campaigns import import_campaigns
from mailchimpsync.worker.tasks.events import handle_events
from mailchimpsync.worker.tasks.housekeeping import prune
from mailchimpsync.worker.tasks.verify import verify

STOP_SECONDS = 6.0
"""How long a stop waits for work in progress. Unfinished work continues at the next start, as after a crash."""

HOUR = 3_600.0


class Background:
    """The loops of one service.

    `site` is shared; `stop` ends everything when set, and the site's `runtime.sleep` must end early then.
    """

    def __init__(self, site: Site, metrics: Metrics, stop: Event, *, with_schedule: bool = True) -> None:
        self._site = site
        self._metrics = metrics
        self._stop = stop
        self._scheduler = Scheduler(site.for_another_thread(), stop)
        self._loops: list[Loop] = []
        self._periodic(Kind.EVENTS, handle_events, seconds=1.0)
        self._periodic(Kind.BATCHES, read_batches, seconds=BATCHES_EVERY_SECONDS)
        self._periodic(Kind.HOUSEKEEPING, prune, seconds=HOUR)
        self._periodic(Kind.ALERTS, send_alerts, seconds=60.0)
        self._periodic(Kind.WEBHOOKS, check_webhooks, seconds=HOUR, first_after=HOUR)
        if with_schedule:
            self._loops.append(Loop("schedule", self._scheduler.work, site.runtime, stop))
            self._periodic(Kind.VERIFY, verify, seconds=60.0)
            self._periodic(Kind.CAMPAIGNS, import_campaigns, seconds=60.0)

    def start(self) -> None:
        """Start all loops."""
        for loop in self._loops:
            loop.start()

    def is_alive(self) -> bool:
        """Return whether all loops are alive."""
        return all(loop.is_alive for loop in self._loops)

    def end(self, seconds: float = STOP_SECONDS) -> None:
        """Stop, and wait for work in progress, for at most this many seconds in total."""
        self._stop.set()
        self._scheduler.end()
        deadline = Deadline.after(self._site.runtime, seconds)
        for run in self._scheduler.runs_under_way():
            run.join(deadline.seconds_left(seconds))
        for loop in self._loops:
            loop.join(deadline.seconds_left(seconds))

    def _periodic(self, kind: Kind, task: Task, *, seconds: float, first_after: float = 0.0) -> None:
        """Call a task so often, or sooner if it asks for that: other processes may have left work in the tables.

        It has a site of its own, and reads the newest configuration before each call.
        """
        site = self._site.for_another_thread()

        def call(stop: Stop) -> float:
            site.refresh()
            try:
                again = task(Work(site, stop, self._metrics))
            finally:
                site.rest()
            return seconds if again is None else min(again, seconds)

        self._loops.append(Loop(kind, call, site.runtime, self._stop, first_after=first_after))
