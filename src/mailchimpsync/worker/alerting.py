"""Looks after alerts: every minute at the store, every hour at Mailchimp's webhooks."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailchimpsync.actions import Site, watch, watch_webhooks
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.loop import Stop

EVERY_SECONDS = 60.0
WEBHOOKS_EVERY = timedelta(hours=1)
SEND_SECONDS = 120.0
"""After so long the loop looks again before it sends further messages."""


class Alerting:
    """Remembers when the webhooks were looked at last; all else is in the store."""

    def __init__(self) -> None:
        self._webhooks_at: datetime | None = None

    def work(self, site: Site, stop: Stop) -> float:
        """Note and tell what is wrong, and return when to look again."""
        now = site.runtime.now()
        if self._webhooks_at is None:
            self._webhooks_at = now  # the service may not answer yet: the first look comes an hour after its start
        elif now - self._webhooks_at >= WEBHOOKS_EVERY:
            self._webhooks_at = now
            watch_webhooks(site, stop)
        if sent := watch(site, seconds=SEND_SECONDS, stop=stop):
            logger().info("alerts.sent", number=sent)
        return EVERY_SECONDS
