"""Finds the campaigns, and the activities they already have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from mailchimpsync.civicrm import (
    Kind,
    NewActivity,
    campaign_activities,
    campaign_activity,
    create_activity,
    existing_activities,
    sees_activities,
)
from mailchimpsync.errors import AccessError, Code, TransientError
from mailchimpsync.mailchimp import sent_campaigns
from mailchimpsync.messages import say
from mailchimpsync.store.site import campaigns
from mailchimpsync.sync.campaigns.activity_text import details_of, subject_of
from mailchimpsync.sync.campaigns.campaign_import import CampaignImport, ImportOptions, Row

SEARCH_BEFORE = timedelta(days=7)
"""How far before the last complete import to search: sending takes hours, and is reported only afterwards."""

SETTLE_SECONDS = 5.0
"""How long CiviCRM may still be working on an activity after its response was lost."""

COLUMNS = {Kind.SENT: "activity_id", Kind.OPENED: "opened_activity_id", Kind.CLICKED: "clicked_activity_id"}
"""The column that holds the activity of each kind."""


def usual_since(complete_at: datetime | None, now: datetime) -> datetime:
    """Return the default start of the search for campaigns."""
    return (complete_at or now) - SEARCH_BEFORE


def since_of(wanted: ImportOptions, usual: datetime) -> datetime | None:
    """Return the start of the search for campaigns; None: search all."""
    return None if wanted.everything else wanted.since or usual


def find_campaigns(task: CampaignImport, since: datetime | None) -> list[Row]:
    """Store the campaigns Mailchimp has sent, with their activities, and return those to process."""
    found = sent_campaigns(task.systems.mailchimp, task.list_id, since)
    rows = [
        {
            "list_id": task.list_id,
            "campaign_id": one.id,
            "subject": subject_of(one),
            "details": details_of(one),
            "sent_at": one.sent_at,
        }
        for one in found
    ]
    with task.transaction() as tx:
        campaigns.add_campaigns(tx, rows)
        open_rows = [Row(one) for one in campaigns.open_campaigns(tx, task.list_id, task.followed_since)]
    _adopt(task, open_rows)
    return _drop_deleted_activities(task, open_rows)


def activity_of(task: CampaignImport, row: Row, kind: Kind) -> int:
    """Return the campaign's activity of a kind, creating it if needed.

    Raises:
        AccessError: `CV_ACTIVITY_UNSEEN`, it was created and CiviCRM doesn't show it.
    """
    if (known := _known_activity(row, kind)) is not None:
        return known
    task.change(row, code=None)  # without the lease, none is created
    activity_id = _create_activity(task, row, kind)
    task.change(row, **{COLUMNS[kind]: activity_id})
    task.made.append(activity_id)
    if _in_civicrm(task, row, kind) is None:
        raise AccessError(
            Code.CV_ACTIVITY_UNSEEN,
            say("CiviCRM doesn't show activity %(id)s, which was just created", id=activity_id),
        )
    return activity_id


def _known_activity(row: Row, kind: Kind) -> int | None:
    known: int | None = getattr(row.stored, COLUMNS[kind])
    return known


def _adopt(task: CampaignImport, rows: Sequence[Row]) -> None:
    """Adopt existing activities: from a call that died, another database, or the PHP extension."""
    lacking = [row for row in rows if any(_known_activity(row, kind) is None for kind in task.wanted.kinds)]
    if not lacking:
        return
    known = campaign_activities(task.systems.civicrm, task.setup.field, [row.stored.campaign_id for row in lacking])
    with task.transaction() as tx:
        for row in lacking:
            missing = [kind for kind in Kind if _known_activity(row, kind) is None]
            there = {COLUMNS[kind]: known.get((row.stored.campaign_id, kind)) for kind in missing}
            fresh = {column: found for column, found in there.items() if found is not None}
            if fresh:
                task.change_within(tx, row, **fresh)


def _drop_deleted_activities(task: CampaignImport, rows: Sequence[Row]) -> list[Row]:
    """Close campaigns whose activities were permanently deleted."""
    ids = {row.stored.id: _known_activities(row) for row in rows}
    there = existing_activities(task.systems.civicrm, set().union(*ids.values()))
    gone = [row for row in rows if ids[row.stored.id] - there]
    if gone and not sees_activities(task.systems.civicrm):
        raise AccessError(Code.CV_ACTIVITY_UNSEEN, "CiviCRM doesn't show any activities to the API key's user")
    with task.transaction() as tx:
        for row in gone:
            task.change_within(tx, row, closed_at=task.now, code=Code.CV_ACTIVITY_GONE.value, progress=None)
    return [row for row in rows if row.stored.closed_at is None]


def _known_activities(row: Row) -> set[int]:
    return {known for kind in Kind if (known := _known_activity(row, kind)) is not None}


def _create_activity(task: CampaignImport, row: Row, kind: Kind) -> int:
    """Create an activity, unless it exists after all; if the response is lost, check whether it was created."""
    civicrm = task.systems.civicrm
    if (there := _in_civicrm(task, row, kind)) is not None:
        return there
    new = NewActivity(
        kind,
        row.stored.campaign_id,
        row.stored.subject,
        row.stored.details or "",
        task.setup.clock.wall_clock(row.stored.sent_at),
        task.setup.source_contact_id,
    )
    try:
        return create_activity(civicrm, task.setup.field, new)
    except TransientError as error:
        if not error.work_may_be_done or not civicrm.wait(SETTLE_SECONDS):
            raise
        if (found := _in_civicrm(task, row, kind)) is None:
            raise
        return found


def _in_civicrm(task: CampaignImport, row: Row, kind: Kind) -> int | None:
    return campaign_activity(task.systems.civicrm, task.setup.field, row.stored.campaign_id, kind)
