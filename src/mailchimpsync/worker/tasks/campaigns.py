"""Imports campaigns at intervals, for the connections where this is turned on."""

from __future__ import annotations

from datetime import datetime

from mailchimpsync.actions import pullcampaigns
from mailchimpsync.actions.runs.quiet_hours import seconds_until_quiet
from mailchimpsync.config import Link
from mailchimpsync.errors import BusyError, Code
from mailchimpsync.sync import Outcome
from mailchimpsync.worker.due import IMPORT_CONTINUE_AFTER, is_import_due
from mailchimpsync.worker.jobs import Work
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.reporting import log_failure

SECONDS_MAX = 120.0
SECONDS_MIN = 10.0


def import_campaigns(work: Work) -> float | None:
    """Import campaigns for the connections that are due; an import that ran out of time goes on soon."""
    again = None
    for link in work.links():
        if work.stop():
            break
        now = work.site.runtime.now()
        with work.site.store.reading() as tx:
            due = is_import_due(tx, link, now)
        if due and (outcome := _import(work, link, now)) is not None:
            work.metrics.campaigns(outcome)
            if outcome == Outcome.OUT_OF_TIME.value:
                again = IMPORT_CONTINUE_AFTER.total_seconds()
    return again


def _import(work: Work, link: Link, now: datetime) -> str | None:
    """Import one connection's campaigns; return the outcome, or None if another run was in progress."""
    seconds = max(SECONDS_MIN, seconds_until_quiet(link.schedule, now, SECONDS_MAX))
    [pulled] = pullcampaigns(work.site, group_id=link.group_id, max_time=seconds, stop=work.stop)
    error, imported = pulled.error, pulled.imported
    if isinstance(error, BusyError) or (error is not None and error.code is Code.LEASE_LOST):
        return None
    about = {"audience": link.audience_id, "seconds": round(work.site.runtime.seconds_since(now), 3)}
    if error is not None:
        log_failure("campaigns.failed", error, **about)
    elif imported is not None:
        made, failed = len(imported.activity_ids), dict(imported.failed)
        logger().info(
            "campaigns.ends",
            outcome=pulled.outcome,
            campaigns=imported.campaigns,
            activities=made,
            failed=failed,
            **about,
        )
    return pulled.outcome
