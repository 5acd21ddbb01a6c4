"""Checks for problems and sends alerts."""

from __future__ import annotations

from mailchimpsync.actions import watch, watch_webhooks
from mailchimpsync.worker.jobs import Work
from mailchimpsync.worker.logs import logger

SEND_SECONDS = 120.0
"""How long messages are sent before problems are checked again."""


def send_alerts(work: Work) -> float | None:
    """Record the problems that the store shows, and send alerts."""
    if sent := watch(work.site, seconds=SEND_SECONDS, stop=work.stop):
        logger().info("alerts.sent", number=sent)
    return None


def check_webhooks(work: Work) -> float | None:
    """Ask Mailchimp for its webhooks, and record what is wrong with them."""
    watch_webhooks(work.site, work.stop)
    return None
