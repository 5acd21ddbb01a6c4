"""Recipients who had no contact when their campaign was read, and have one now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mailchimpsync.civicrm import add_targets
from mailchimpsync.store.site import campaigns
from mailchimpsync.sync.campaigns.campaign_import import CampaignImport, Row

LATE_PER_STEP = 1_000


def add_late_recipients(task: CampaignImport, rows: Sequence[Row]) -> bool:
    """Add them to the targets of their campaigns' activities; return whether all are done before the time is over."""
    activities = {row.stored.id: row.stored.activity_id for row in rows if row.stored.activity_id is not None}
    after = 0
    while not task.deadline.reached:
        with task.systems.store.reading() as tx:
            found = campaigns.late_recipients(tx, task.list_id, after, LATE_PER_STEP)
        if not found:
            return True
        after = found[-1].id
        by_campaign: dict[int, list[campaigns.LateRecipient]] = defaultdict(list)
        for one in found:
            by_campaign[one.campaign_key].append(one)
        for key, some in by_campaign.items():
            if key in activities:
                _add(task, key, activities[key], some)
    return False


def _add(task: CampaignImport, key: int, activity_id: int, late: Sequence[campaigns.LateRecipient]) -> None:
    contacts = [one.contact_id for one in late]
    refused = add_targets(task.systems.civicrm, activity_id, task.setup.record_type, contacts)
    with task.transaction() as tx:
        campaigns.resolve_late_recipients(tx, key, [one.id for one in late if one.contact_id not in refused])
