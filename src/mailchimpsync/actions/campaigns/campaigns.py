"""`MailchimpsyncCampaign`: imported campaigns, and how complete they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import GroupIdOrId
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.store.site import campaigns
from mailchimpsync.store.site.campaigns import CampaignState, StoredCampaign


@dataclass(frozen=True, slots=True)
class ImportedCampaign:
    """An imported campaign; times are UTC, and numbers are None until they have been read.

    Attributes:
        recipients: how many people it was sent to.
        unknown: how many recipients have no contact.
        code: why the last attempt failed.
    """

    id: int
    list_id: str
    campaign_id: str
    subject: str
    sent_at: datetime
    state: CampaignState
    activity_id: int | None
    opened_activity_id: int | None
    clicked_activity_id: int | None
    recipients: int | None
    unknown: int
    opened: int | None
    clicked: int | None
    code: str | None


@action("MailchimpsyncCampaign", Scope.READ, name="get")
def getcampaigns(
    site: Site,
    *,
    group_id: GroupIdOrId = None,
    limit: Annotated[
        int, Field(description="The most campaigns to return for each connection, newest first.", ge=1, le=500)
    ] = 25,
) -> list[ImportedCampaign]:
    """Return the imported campaigns, with their activities in CiviCRM and the number of people they reached.

    `state` is complete, unfinished (the next import continues it), failed (see `code`), or closed (one of its
    activities was permanently deleted in CiviCRM, so it is left alone). `unknown` recipients have no contact.

    Raises:
        UsageError: no such group.
    """
    links = find_links(site, group_id)
    with site.store.reading() as tx:
        rows = [row for link in links for row in campaigns.newest_campaigns(tx, link.audience_id, limit)]
    return [_campaign(row) for row in rows]


def _campaign(row: StoredCampaign) -> ImportedCampaign:
    return ImportedCampaign(
        id=row.id,
        list_id=row.list_id,
        campaign_id=row.campaign_id,
        subject=row.subject,
        sent_at=row.sent_at,
        state=campaigns.state_of(row),
        activity_id=row.activity_id,
        opened_activity_id=row.opened_activity_id,
        clicked_activity_id=row.clicked_activity_id,
        recipients=row.recipients,
        unknown=row.unknown,
        opened=row.opened,
        clicked=row.clicked,
        code=row.code,
    )
