"""Compares both sides in full at intervals: once a week by default."""

from __future__ import annotations

from datetime import datetime

from mailchimpsync.actions import createverification
from mailchimpsync.actions.runs.quiet_hours import seconds_until_quiet
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.worker.due import is_verification_due
from mailchimpsync.worker.jobs import Work
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.reporting import log_failure

SECONDS_MAX = 4 * 3_600.0
SECONDS_MIN = 60.0
BY = "the service"


def verify(work: Work) -> float | None:
    """Compare both sides of the connections that are due."""
    for link in work.links():
        if work.stop():
            break
        now = work.site.runtime.now()
        with work.site.store.reading() as tx:
            is_due = is_verification_due(tx, link, now)
        if is_due:
            _verify(work, link, now)
    return None


def _verify(work: Work, link: Link, now: datetime) -> None:
    seconds = max(SECONDS_MIN, seconds_until_quiet(link.schedule, now, SECONDS_MAX))
    try:
        [found] = createverification(work.site, group_id=link.group_id, max_time=seconds, by=BY, stop=work.stop)
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
