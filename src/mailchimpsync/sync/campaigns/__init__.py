"""Sent campaigns become activities in CiviCRM, with the recipients as targets.

See docs/reference/php-extension.md#campaigns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from mailchimpsync.civicrm import prepare_campaigns
from mailchimpsync.errors import EvidenceError, MailchimpsyncError, RefusedError
from mailchimpsync.runtime import Deadline, NoProgress, Progress
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import campaigns
from mailchimpsync.sync.campaigns.campaign_import import CampaignImport, ImportOptions, Row
from mailchimpsync.sync.campaigns.find import find_campaigns, since_of, usual_since
from mailchimpsync.sync.campaigns.late_recipients import add_late_recipients
from mailchimpsync.sync.campaigns.read import is_given_up, read_campaign, record_failure
from mailchimpsync.sync.lease.lease import owned_lease
from mailchimpsync.sync.lease.pausing import refuse_while_paused
from mailchimpsync.sync.options import Outcome, Systems

__all__ = ["ImportOptions", "ImportResult", "import_campaigns"]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """Result of a call: the outcome, activities created, how many campaigns were processed, and failures by code.

    `outcome` is `done` or `out of time`; the next call continues.
    """

    list_id: str
    outcome: Outcome
    activity_ids: Sequence[int]
    campaigns: int
    failed: Mapping[str, int]


def import_campaigns(
    systems: Systems, list_id: str, deadline: Deadline, wanted: ImportOptions, progress: Progress | None = None
) -> ImportResult:
    """Import an audience's campaigns, continuing where an earlier call stopped. A failing campaign affects no other.

    A campaign that has failed in `FAILED_IMPORTS_MAX` imports is skipped, and counted as failed, until a call asks for
    campaigns of its age.

    The call holds the connection's lease, so that no run changes the contacts of members meanwhile.

    Raises:
        BusyError: a run, or another import, is in progress on the audience.
        PausedError: someone has paused the connection.
        AccessError: an API key lacks permission: `CV_NO_CAMPAIGN_TYPES`, `CV_ACTIVITY_UNSEEN`, or one of the usual
            codes.
        TransientError: a side can't be reached.
    """
    refuse_while_paused(systems.store, list_id)
    with owned_lease(systems, list_id, deadline) as lease:
        try:
            return _import(systems, lease, deadline, wanted, progress or NoProgress())
        except MailchimpsyncError as error:
            with suppress(MailchimpsyncError):  # the first error is the one to report
                _end(systems, lease, error.code.value, is_complete=False)
            raise


def _import(
    systems: Systems, lease: runs.Lease, deadline: Deadline, wanted: ImportOptions, progress: Progress
) -> ImportResult:
    list_id, now = lease.list_id, systems.runtime.now()
    with systems.store.begin() as tx:
        runs.renew_lease(tx, lease)
        before = campaigns.last_import(tx, list_id)
        campaigns.begin_import(tx, list_id, now)
    task = CampaignImport(
        systems, lease, list_id, wanted, deadline, progress, prepare_campaigns(systems.civicrm, wanted.kinds)
    )
    usual = usual_since(before.complete_at if before else None, now)
    since = since_of(wanted, usual)
    outcome = Outcome.DONE if _work(task, find_campaigns(task, since)) else Outcome.OUT_OF_TIME
    is_complete = outcome is Outcome.DONE and (since is None or since <= usual)
    _end(systems, lease, outcome.value, is_complete=is_complete)
    return ImportResult(list_id, outcome, tuple(task.made), task.complete, dict(task.failed))


def _work(task: CampaignImport, rows: Sequence[Row]) -> bool:
    """Process all campaigns, oldest first; return whether all are done before the time is over."""
    for row in rows:
        code = row.stored.code
        if code is not None and is_given_up(task, row) and not task.wanted.reaches(row.stored.sent_at):
            task.failed[code] += 1
        elif task.deadline.reached or not _work_on(task, row):
            return False
    if not add_late_recipients(task, rows):
        return False
    with task.transaction() as tx:
        campaigns.forget_unknown(tx, task.followed_since, task.list_id)
    return True


def _work_on(task: CampaignImport, row: Row) -> bool:
    try:
        if not read_campaign(task, row):
            return False
    except (RefusedError, EvidenceError) as error:
        record_failure(task, row, error.code)
        return True
    task.complete += 1
    if row.stored.code is not None:
        task.change(row, code=None)
    return True


def _end(systems: Systems, lease: runs.Lease, outcome: str, *, is_complete: bool) -> None:
    now = systems.runtime.now()
    with systems.store.begin() as tx:
        runs.renew_lease(tx, lease)
        campaigns.end_import(tx, lease.list_id, now, outcome, is_complete=is_complete)
