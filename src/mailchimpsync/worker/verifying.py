"""Compares both sides in full at intervals: once a week by default."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailchimpsync.actions import Site, createverification
from mailchimpsync.actions.runs.quiet_hours import is_quiet, seconds_until_quiet
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.store import Transaction
from mailchimpsync.store.runs import pauses, runs
from mailchimpsync.store.verify import verifications
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.loop import Stop
from mailchimpsync.worker.reporting import log_failure

CHECK_SECONDS = 60.0
RETRY_AFTER = timedelta(hours=6)
"""How long after an unfinished comparison, or one in another service, the next one starts."""

FIRST_AFTER = timedelta(days=1)
"""When a connection is compared for the first time, at the latest, after its first sync."""

SECONDS_MAX = 4 * 3_600.0
SECONDS_MIN = 60.0
BY = "the service"


def verify_due(site: Site, stop: Stop) -> float:
    """Compare all due connections, and return the seconds until the next check."""
    for link in site.configuration.connections:
        if stop():
            break
        now = site.runtime.now()
        with site.store.reading() as tx:
            is_due = _is_due(tx, link, now)
        if is_due:
            _verify(site, link, now, stop)
    return CHECK_SECONDS


def _is_due(tx: Transaction, link: Link, now: datetime) -> bool:
    """Return whether a comparison is due: never in quiet hours, during a pause, or while a run is in progress."""
    schedule, list_id = link.schedule, link.audience_id
    days = timedelta(days=schedule.verify_every_days)
    if not (schedule.enabled and days) or is_quiet(schedule, now) or pauses.is_paused(tx, list_id):
        return False
    first, last = runs.first_run(tx, list_id), runs.last_run(tx, list_id)
    begun = verifications.last_begun(tx, list_id)
    if first is None or last is None or last.finished_at is None:
        return False
    if begun is not None and now - begun < min(RETRY_AFTER, days):
        return False
    newest = verifications.newest_verification(tx, list_id)
    if newest is None:
        return now - first >= min(FIRST_AFTER, days)
    return now - newest.started_at >= days


def _verify(site: Site, link: Link, now: datetime, stop: Stop) -> None:
    seconds = max(SECONDS_MIN, seconds_until_quiet(link.schedule, now, SECONDS_MAX))
    try:
        [found] = createverification(site, group_id=link.group_id, max_time=seconds, by=BY, stop=stop)
    except MailchimpsyncError as error:
        log_failure("verify.failed", error, audience=link.audience_id)
        return
    report = logger().warning if found.unexplained else logger().info
    report(
        "verify.ends",
        audience=link.audience_id,
        subscribed=found.subscribed,
        in_group=found.in_group,
        explained=found.explained,
        unexplained=found.unexplained,
    )
