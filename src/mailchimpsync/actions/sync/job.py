"""`Job.execute`: called by CiviCRM's cron; here it syncs the connections that are due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import RUN_SECONDS, SharedMaxTime
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.runs.reports import Report, in_wire_form, outcome_of_sync
from mailchimpsync.actions.runs.schedule import due, history_of
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.sync.fetchandreconcile import fetchandreconcile, is_data_run_due
from mailchimpsync.actions.time_limit import seconds_for_call
from mailchimpsync.config import Link
from mailchimpsync.runtime import Deadline, Progress
from mailchimpsync.store import Transaction


@action(
    "Job", Scope.RUN, name="execute", present=in_wire_form, helpers=("by", "progress", "stop"), judge=outcome_of_sync
)
def executejobs(
    site: Site,
    *,
    max_time: SharedMaxTime = RUN_SECONDS,
    by: str | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[Report]:
    """Sync the connections that are due by their schedule, as the service would.

    For sites where one cron line calls CiviCRM's jobs. Connections whose schedule is switched off are left out,
    and so are first syncs in quiet hours. The result is that of `Mailchimpsync.fetchandreconcile`, without entries for
    those.

    Raises:
        ConfigurationError: nothing is connected.
    """
    now = site.runtime.now()
    with site.store.reading() as tx:
        wanted = [link for link in find_links(site) if _is_due(tx, link, now)]
    deadline = Deadline.after(site.runtime, max(0, max_time), stop)
    reports: list[Report] = []
    for number, link in enumerate(wanted):
        if number and deadline.reached:
            break
        reports += fetchandreconcile(
            site,
            group_id=link.group_id,
            max_time=seconds_for_call(deadline, max_time),
            with_data=is_data_run_due(site, link),
            by=by,
            progress=progress,
            stop=stop,
        )
    return reports


def _is_due(tx: Transaction, link: Link, now: datetime) -> bool:
    at = due(link.schedule, history_of(tx, link.audience_id, now, None), now, link.audience_id)
    return at is not None and at <= now
