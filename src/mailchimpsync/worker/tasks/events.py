"""Handles what Mailchimp's webhooks have reported."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailchimpsync.actions import process_events
from mailchimpsync.store.site import webhook_events
from mailchimpsync.worker.jobs import Work
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.reporting import log_failure

SECONDS_MAX = 20.0
"""How long events are handled before the configuration is read again."""

BURST_SECONDS = 0.25
BURST_QUIET_SECONDS = timedelta(seconds=0.2)
BURST_DELAY_MAX = timedelta(seconds=15)
"""How long handling waits during a burst: Mailchimp waits for responses, and counts late ones."""


def handle_events(work: Work) -> float | None:
    """Handle the events that are due; they are called for again until none is waiting."""
    site = work.site
    if _is_burst(work, site.runtime.now()):
        return BURST_SECONDS
    finished = process_events(
        site,
        seconds=SECONDS_MAX,
        audience=work.audience,
        stop=work.stop,
        on_surprise=lambda error: log_failure("event.failed", error),
    )
    if finished:
        work.metrics.events(finished)
        logger().info("events.handled", number=finished)
        return 0.0
    with site.store.reading() as tx:
        due_at = webhook_events.next_due(tx, work.audience)
    return None if due_at is None else max(1.0, -site.runtime.seconds_since(due_at))


def _is_burst(work: Work, now: datetime) -> bool:
    """Return whether events are arriving in quick succession, so that handling should wait a while."""
    with work.site.store.reading() as tx:
        queue = webhook_events.queue(tx, work.audience)
    if queue.oldest is None or queue.newest is None:
        return False
    return now - queue.newest < BURST_QUIET_SECONDS and now - queue.oldest < BURST_DELAY_MAX
