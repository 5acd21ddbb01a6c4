"""Compares both sides in full when it is time to: once a week, unless a connection says otherwise."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailchimpsync.actions import Site, createverification
from mailchimpsync.actions.runs.quiet_hours import is_quiet, seconds_until_quiet
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.store import Transaction
from mailchimpsync.store.runs import runs
from mailchimpsync.store.verify import verifications
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.loop import Stop
from mailchimpsync.worker.reporting import log_failure

LOOK_AGAIN_SECONDS = 60.0
TRY_AGAIN_AFTER = timedelta(hours=6)
"""How long after one that came to no end, or is at work in another service, the next one is begun."""

FIRST_AFTER = timedelta(days=1)
"""How long after its first sync a connection is compared for the first time, at the latest."""

SECONDS_MAX = 4 * 3_600.0
SECONDS_MIN = 60.0
BY = "the service"


def verify_what_is_due(site: Site, stop: Stop) -> float:
    """Compare the connections that are due, one after the other, and return when to look again."""
    for link in site.configuration.connections:
        if stop():
            break
        now = site.runtime.now()
        with site.store.reading() as tx:
            is_due = _is_due(tx, link, now)
        if is_due:
            _verify(site, link, now, stop)
    return LOOK_AGAIN_SECONDS


def _is_due(tx: Transaction, link: Link, now: datetime) -> bool:
    """Say whether it is time: never within the quiet time, nor while a run is under way."""
    schedule, list_id = link.schedule, link.audience_id
    days = timedelta(days=schedule.verify_every_days)
    if not (schedule.enabled and days) or is_quiet(schedule, now):
        return False
    first, last = runs.first_run(tx, list_id), runs.last_run(tx, list_id)
    begun = verifications.last_begun(tx, list_id)
    if first is None or last is None or last["finished_at"] is None:
        return False
    if begun is not None and now - begun < min(TRY_AGAIN_AFTER, days):
        return False
    newest = verifications.newest_verification(tx, list_id)
    if newest is None:
        return now - first >= min(FIRST_AFTER, days)
    return bool(now - newest["started_at"] >= days)


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
