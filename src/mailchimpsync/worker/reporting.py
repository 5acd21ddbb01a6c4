"""Log lines about runs and errors: numbers and codes, never names."""

from __future__ import annotations

from mailchimpsync.actions import Report, Site, getchanges
from mailchimpsync.errors import Code, MailchimpsyncError
from mailchimpsync.worker.logs import logger


def log_failure(event: str, error: Exception, **about: object) -> None:
    """Log an error: with its code if it is this package's own, else with its traceback."""
    if isinstance(error, MailchimpsyncError):
        logger().warning(event, code=error.code.value, what=error.what, **about)
    else:
        logger().error(event, code=Code.INTERNAL.value, what=type(error).__name__, exc_info=error, **about)


def log_report(site: Site, report: Report, seconds: float) -> None:
    """Log the outcome of a sync call, and the number of changes so far on each side."""
    about = {"audience": report.link.audience_id, "seconds": round(seconds, 3)}
    if report.error is not None:
        log_failure("run.failed", report.error, **about)
        return
    result = report.result
    if result is None:
        logger().info("run.ends", outcome=report.outcome, **about)
        return
    changes: dict[str, int] = {}
    for change in getchanges(site, [result.run_id]) if result.run_id else ():
        changes[change.side] = changes.get(change.side, 0) + change.count
    logger().info(
        "run.ends",
        outcome=report.outcome,
        run=result.run_id,
        stage=result.stage.value,
        updates_outstanding=result.updates_outstanding,
        changes=changes,
        **about,
    )
