"""Imports campaigns at intervals, for the connections where this is turned on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from mailchimpsync.actions import Site, pullcampaigns
from mailchimpsync.actions.runs.quiet_hours import is_quiet, seconds_until_quiet
from mailchimpsync.config import Link
from mailchimpsync.errors import BusyError, Code
from mailchimpsync.store import Transaction
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import campaigns
from mailchimpsync.sync import Outcome
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.loop import Stop
from mailchimpsync.worker.reporting import log_failure

CHECK_SECONDS = 60.0
RETRY_AFTER = timedelta(hours=1)
"""How long after a failed or unfinished import the next one starts."""

CONTINUE_AFTER = timedelta(seconds=30)
"""The pause between two calls of one import, so that the connection's syncs and webhooks can run too."""

SECONDS_MAX = 120.0
SECONDS_MIN = 10.0


def pull_due_campaigns(site: Site, stop: Stop, count: Callable[[str], None]) -> float:
    """Import campaigns for all due connections; return the seconds until the next check.

    `count` is called with the outcome of each call.
    """
    again = CHECK_SECONDS
    for link in site.configuration.connections:
        if stop():
            break
        now = site.runtime.now()
        with site.store.reading() as tx:
            due = _due(tx, link, now)
        if due and (outcome := _pull(site, link, now, stop)) is not None:
            count(outcome)
            if outcome == Outcome.OUT_OF_TIME.value:
                again = CONTINUE_AFTER.total_seconds()
    return again


def _due(tx: Transaction, link: Link, now: datetime) -> bool:
    """Return whether an import is due: never in quiet hours, during a pause, or before the first complete sync."""
    how, list_id = link.campaigns, link.audience_id
    if not how.enabled or is_quiet(link.schedule, now):
        return False
    stored = runs.stored_status(tx, list_id)
    if stored.last_sync_time is None or stored.paused_at is not None:
        return False
    before = campaigns.last_import(tx, list_id)
    if before is None:
        return True
    if before.outcome == Outcome.DONE.value:
        return now - before.begun_at >= timedelta(hours=how.every_hours)
    wait = CONTINUE_AFTER if before.outcome == Outcome.OUT_OF_TIME.value else RETRY_AFTER
    return now - (before.ended_at or before.begun_at) >= wait


def _pull(site: Site, link: Link, now: datetime, stop: Stop) -> str | None:
    """Import one connection's campaigns; return the outcome, or None if another run was in progress."""
    seconds = max(SECONDS_MIN, seconds_until_quiet(link.schedule, now, SECONDS_MAX))
    [pulled] = pullcampaigns(site, group_id=link.group_id, max_time=seconds, stop=stop)
    error, imported = pulled.error, pulled.imported
    if isinstance(error, BusyError) or (error is not None and error.code is Code.LEASE_LOST):
        return None
    about = {"audience": link.audience_id, "seconds": round(site.runtime.seconds_since(now), 3)}
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
