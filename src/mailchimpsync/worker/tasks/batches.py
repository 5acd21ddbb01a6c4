"""Reads the results of finished batches.

Mailchimp also reports them by webhook; this is for webhooks that get lost (docs/decisions/polling-batches.md).
"""

from __future__ import annotations

from mailchimpsync.actions import collectresults
from mailchimpsync.store.changes import batches
from mailchimpsync.worker.jobs import Work
from mailchimpsync.worker.logs import logger

EVERY_SECONDS = 30.0


def read_batches(work: Work) -> float | None:
    """Read the results of all batches that are finished; those that aren't are asked about again."""
    if number := collectresults(work.site, stop=work.stop):
        logger().info("batches.read", number=number)
    with work.site.store.reading() as tx:
        return EVERY_SECONDS if batches.lists_with_open_batches(tx) else None
