"""The service's background work: schedule, webhook events, batches, housekeeping and more, in a thread each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event

from mailchimpsync.actions import Site, collectresults, process_events
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.site import webhook_events
from mailchimpsync.worker.alerting import Alerting
from mailchimpsync.worker.campaigning import pull_due_campaigns
from mailchimpsync.worker.housekeeping import EVERY_SECONDS, prune_database
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.loop import Loop, Stop
from mailchimpsync.worker.metrics import Metrics
from mailchimpsync.worker.reporting import log_failure
from mailchimpsync.worker.scheduler import Scheduler
from mailchimpsync.worker.verifying import verify_due

EVENT_SECONDS = 20.0
"""How long events are handled before the configuration is read again."""

EVENTS_EVERY_SECONDS = 1.0
BURST_SECONDS = 0.25
BURST_QUIET_SECONDS = timedelta(seconds=0.2)
BURST_DELAY_MAX = timedelta(seconds=15)
"""How long handling waits during a burst: Mailchimp waits for responses, and counts late ones."""

BATCHES_EVERY_SECONDS = 30.0
"""Mailchimp also reports finished batches by webhook; this is for webhooks that get lost.

See docs/decisions/polling-batches.md.
"""

STOP_SECONDS = 6.0
"""How long a stop waits for work in progress. Unfinished work continues at the next start, as after a crash."""


class Background:
    """The loops of one service.

    `site` is shared; `stop` ends everything when set, and the site's `runtime.sleep` must end early then.
    """

    def __init__(self, site: Site, metrics: Metrics, stop: Event, *, with_schedule: bool = True) -> None:
        self._site = site
        self._metrics = metrics
        self._stop = stop
        self._scheduler = Scheduler(site.for_another_thread(), stop)
        self._loops = [
            self._loop("events", self._handle_events),
            self._loop("batches", self._read_batches),
            self._loop("housekeeping", self._prune),
            self._loop("alerts", Alerting().work),
        ]
        if with_schedule:
            self._loops.append(Loop("schedule", self._scheduler.work, site.runtime, stop))
            self._loops.append(self._loop("verify", verify_due))
            self._loops.append(self._loop("campaigns", self._pull_campaigns))

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

    def _loop(self, name: str, work: Callable[[Site, Stop], float]) -> Loop:
        """Create a loop with its own site, which reads the newest configuration before each call."""
        site = self._site.for_another_thread()

        def with_newest_configuration(stop: Stop) -> float:
            site.refresh()
            try:
                return work(site, stop)
            finally:
                site.rest()

        return Loop(name, with_newest_configuration, site.runtime, self._stop)

    def _handle_events(self, site: Site, stop: Stop) -> float:
        if self._is_burst(site):
            return BURST_SECONDS
        finished = process_events(
            site,
            seconds=EVENT_SECONDS,
            stop=stop,
            on_surprise=lambda error: log_failure("event.failed", error),
        )
        if not finished:
            return EVENTS_EVERY_SECONDS
        self._metrics.events(finished)
        logger().info("events.handled", number=finished)
        return 0.0

    def _is_burst(self, site: Site) -> bool:
        """Return whether events are arriving in quick succession, so that handling should wait a while."""
        now = site.runtime.now()
        with site.store.reading() as tx:
            queue = webhook_events.queue(tx)
        if queue.oldest is None or queue.newest is None:
            return False
        return now - queue.newest < BURST_QUIET_SECONDS and now - queue.oldest < BURST_DELAY_MAX

    def _read_batches(self, site: Site, stop: Stop) -> float:
        if number := collectresults(site, stop=stop):
            logger().info("batches.read", number=number)
        return BATCHES_EVERY_SECONDS

    def _pull_campaigns(self, site: Site, stop: Stop) -> float:
        return pull_due_campaigns(site, stop, self._metrics.campaigns)

    def _prune(self, site: Site, stop: Stop) -> float:
        if forgotten := prune_database(site, stop):
            logger().info("housekeeping.done", forgotten=forgotten)
        return EVERY_SECONDS
