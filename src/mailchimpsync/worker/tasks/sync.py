"""Syncs a connection: one call of a run, whose outcome says when the next one may follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mailchimpsync.actions import Report, Site, fetchandreconcile
from mailchimpsync.actions.runs.schedule import Attempt, AttemptOutcome
from mailchimpsync.actions.sync.fetchandreconcile import is_data_run_due, is_full_run_due
from mailchimpsync.config import Link
from mailchimpsync.errors import EXIT_MORE_TO_DO, BusyError, Code, PausedError
from mailchimpsync.store import Transaction
from mailchimpsync.sync import Outcome
from mailchimpsync.worker.jobs import Stop
from mailchimpsync.worker.logs import logger
from mailchimpsync.worker.reporting import log_failure, log_report

_OUTCOMES = {Outcome.OUT_OF_TIME.value: AttemptOutcome.MORE, Outcome.HELD.value: AttemptOutcome.PERSON}


def sync(
    site: Site,
    link: Link,
    *,
    seconds: float,
    stop: Stop,
    still_due: Callable[[Transaction], bool],
    before: Attempt | None = None,
) -> Attempt:
    """Make one call of a run, and return how it ended; any error is logged, and is part of what is returned.

    Args:
        site: no other thread uses it.
        link: the connection.
        seconds: a longer run continues with the next call.
        stop: says whether to stop.
        still_due: asked once the lease is held; False: another process has synced meanwhile.
        before: the call before this one.
    """
    began = site.runtime.now()
    try:
        outcome = _call(site, link, began, seconds=seconds, stop=stop, still_due=still_due)
    except Exception as error:  # noqa: BLE001 (a failed run is tried again later, whatever the error)
        log_failure("run.failed", error, audience=link.audience_id)
        outcome = AttemptOutcome.FAILED
    failures = (before.failures if before else 0) + 1 if outcome is AttemptOutcome.FAILED else 0
    return Attempt(began, site.runtime.now(), outcome, failures)


def _call(
    site: Site,
    link: Link,
    began: datetime,
    *,
    seconds: float,
    stop: Stop,
    still_due: Callable[[Transaction], bool],
) -> AttemptOutcome:
    logger().info("run.begins", audience=link.audience_id, group=link.group_id, everything=is_full_run_due(site, link))
    [report] = fetchandreconcile(
        site,
        group_id=link.group_id,
        max_time=seconds,
        with_data=is_data_run_due(site, link),
        stop=stop,
        wait=False,
        still_due=still_due,
    )
    log_report(site, report, site.runtime.seconds_since(began))
    return outcome_of(report)


def outcome_of(report: Report) -> AttemptOutcome:
    """Return what a call's report means for the next call."""
    error = report.error
    if isinstance(error, PausedError):
        return AttemptOutcome.COMPLETE
    if error is None:
        return _OUTCOMES.get(report.outcome, AttemptOutcome.COMPLETE)
    if isinstance(error, BusyError) or error.code is Code.LEASE_LOST:
        return AttemptOutcome.BUSY
    return AttemptOutcome.FAILED if error.exit_code == EXIT_MORE_TO_DO else AttemptOutcome.PERSON
