"""Which campaigns there are, and which activities they have already."""

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
from mailchimpsync.store.site import campaigns
from mailchimpsync.sync.campaigns.words import details_of, subject_of
from mailchimpsync.sync.campaigns.work import CampaignImport, ImportOptions, Row

LOOK_BACK = timedelta(days=7)
"""How far a campaign is looked for before the last complete import: it is sent for hours, and told of only then."""

SETTLE_SECONDS = 5.0
"""How long CiviCRM may still be at work on an activity after the answer was lost."""

COLUMNS = {Kind.SENT: "activity_id", Kind.OPENED: "opened_activity_id", Kind.CLICKED: "clicked_activity_id"}
"""Where the activity of a kind is kept."""


def usual_since(complete_at: datetime | None, now: datetime) -> datetime:
    """Return since when campaigns are looked for, unless somebody says otherwise."""
    return (complete_at or now) - LOOK_BACK


def since_of(wanted: ImportOptions, usual: datetime) -> datetime | None:
    """Return since when campaigns are looked for; None: all there are."""
    return None if wanted.everything else wanted.since or usual


def find_campaigns(task: CampaignImport, since: datetime | None) -> list[Row]:
    """Note the campaigns Mailchimp has sent, with their activities, and return those that are to be worked on."""
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
        open_rows = [dict(row) for row in campaigns.open_campaigns(tx, task.list_id, task.followed_since)]
    _adopt(task, open_rows)
    return _drop_deleted_activities(task, open_rows)


def activity_of(task: CampaignImport, row: Row, kind: Kind) -> int:
    """Return the campaign's activity of a kind, made if there is none.

    Raises:
        AccessError: `CV_ACTIVITY_UNSEEN`, it was made and CiviCRM does not show it.
    """
    column = COLUMNS[kind]
    if row[column] is None:
        task.change(row, code=None)  # whoever has lost the lease makes none
        activity_id = _create_activity(task, row, kind)
        task.change(row, **{column: activity_id})
        task.made.append(activity_id)
        if _in_civicrm(task, row, kind) is None:
            raise AccessError(Code.CV_ACTIVITY_UNSEEN, f"CiviCRM does not show activity {activity_id}, just made")
    return int(row[column])


def _adopt(task: CampaignImport, rows: Sequence[Row]) -> None:
    """Take the activities that are there: of a call that died, of another database, of the PHP extension."""
    lacking = [row for row in rows if any(row[COLUMNS[kind]] is None for kind in task.wanted.kinds)]
    if not lacking:
        return
    known = campaign_activities(task.systems.civicrm, task.ground.field, [row["campaign_id"] for row in lacking])
    with task.transaction() as tx:
        for row in lacking:
            there = {COLUMNS[kind]: known.get((row["campaign_id"], kind)) for kind in Kind}
            fresh = {column: found for column, found in there.items() if found is not None and row[column] is None}
            if fresh:
                task.change_within(tx, row, **fresh)


def _drop_deleted_activities(task: CampaignImport, rows: Sequence[Row]) -> list[Row]:
    """Leave campaigns alone whose activities were deleted for good."""
    ids = {row["id"]: {row[column] for column in COLUMNS.values()} - {None} for row in rows}
    there = existing_activities(task.systems.civicrm, set().union(*ids.values()))
    gone = [row for row in rows if ids[row["id"]] - there]
    if gone and not sees_activities(task.systems.civicrm):
        raise AccessError(Code.CV_ACTIVITY_UNSEEN, "CiviCRM shows the key's user no activities")
    with task.transaction() as tx:
        for row in gone:
            task.change_within(tx, row, closed_at=task.now, code=Code.CV_ACTIVITY_GONE.value, progress=None)
    return [row for row in rows if row["closed_at"] is None]


def _create_activity(task: CampaignImport, row: Row, kind: Kind) -> int:
    """Make an activity, unless it is there after all; where the answer is lost, look whether it was made."""
    civicrm = task.systems.civicrm
    if (there := _in_civicrm(task, row, kind)) is not None:
        return there
    new = NewActivity(
        kind,
        row["campaign_id"],
        row["subject"],
        row["details"] or "",
        task.ground.clock.wall_clock(row["sent_at"]),
        task.ground.source_contact_id,
    )
    try:
        return create_activity(civicrm, task.ground.field, new)
    except TransientError as error:
        if not error.work_may_be_done or not civicrm.wait(SETTLE_SECONDS):
            raise
        if (found := _in_civicrm(task, row, kind)) is None:
            raise
        return found


def _in_civicrm(task: CampaignImport, row: Row, kind: Kind) -> int | None:
    return campaign_activity(task.systems.civicrm, task.ground.field, row["campaign_id"], kind)
