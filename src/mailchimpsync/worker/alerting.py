"""Checks for problems and sends alerts: the store every minute, Mailchimp's webhooks every hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailchimpsync.actions import Site, watch, watch_webhooks
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.loop import Stop

EVERY_SECONDS = 60.0
WEBHOOKS_EVERY = timedelta(hours=1)
SEND_SECONDS = 120.0
"""How long messages are sent before problems are checked again."""


class Alerting:
    """Remembers when the webhooks were last checked; everything else is in the store."""

    def __init__(self) -> None:
        self._webhooks_at: datetime | None = None

    def work(self, site: Site, stop: Stop) -> float:
        """Record problems and send alerts; return the seconds until the next check."""
        now = site.runtime.now()
        if self._webhooks_at is None:
            self._webhooks_at = now  # the service may not respond yet, so the first check comes an hour after the start
        elif now - self._webhooks_at >= WEBHOOKS_EVERY:
            self._webhooks_at = now
            watch_webhooks(site, stop)
        if sent := watch(site, seconds=SEND_SECONDS, stop=stop):
            logger().info("alerts.sent", number=sent)
        return EVERY_SECONDS
