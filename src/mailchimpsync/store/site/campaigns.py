"""Campaigns that become activities: which, their progress, and recipients without a contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, delete, func, or_, select, update

from mailchimpsync.store.engine.dialect import ROWS_PER_STATEMENT, upsert
from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.schema import cache, campaign, campaign_import, campaign_recipient

NUMBER_SHOWN_MAX = 500


class StoredCampaign(NamedTuple):
    """A campaign.

    Attributes:
        campaign_id: Mailchimp's.
        details: of its activities, as HTML.
        progress: the position in the report being read.
        recipients: None: they have not all been read.
        unknown: how many of them have no contact.
        closed_at: when its activity was found to be permanently deleted.
        code: why the last attempt failed.
    """

    id: int
    list_id: str
    campaign_id: str
    subject: str
    details: str | None
    sent_at: datetime
    activity_id: int | None
    opened_activity_id: int | None
    clicked_activity_id: int | None
    progress: Mapping[str, Any] | None
    recipients: int | None
    unknown: int
    opened: int | None
    clicked: int | None
    acts_read_at: datetime | None
    closed_at: datetime | None
    code: str | None


class LastImport(NamedTuple):
    """The newest import; `complete_at`: when the newest complete one started."""

    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None
    complete_at: datetime | None


class LateRecipient(NamedTuple):
    """A recipient who had no contact when the campaign was read, and has one now; `id` is the recipient's row."""

    id: int
    campaign_key: int
    contact_id: int


def add_campaigns(tx: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add campaigns, all with the same columns; known ones stay as they are."""
    upsert(tx, campaign, rows, keys=("list_id", "campaign_id"), assign=lambda old, _new: [("list_id", old["list_id"])])


def open_campaigns(tx: Connection, list_id: str, followed_since: datetime) -> Sequence[StoredCampaign]:
    """Return the campaigns that aren't completely read, or were sent since a time; oldest first, no closed ones."""
    is_open = or_(
        campaign.c.recipients.is_(None), campaign.c.progress.is_not(None), campaign.c.sent_at >= followed_since
    )
    open_ones = campaign.c.list_id == list_id, campaign.c.closed_at.is_(None), is_open
    query = select_as(StoredCampaign, campaign).where(*open_ones)
    return fetch(tx, StoredCampaign, query.order_by(campaign.c.sent_at, campaign.c.id))


def newest_campaigns(tx: Connection, list_id: str, limit: int = NUMBER_SHOWN_MAX) -> Sequence[StoredCampaign]:
    """Return campaigns, the newest first."""
    query = select_as(StoredCampaign, campaign).where(campaign.c.list_id == list_id)
    return fetch(tx, StoredCampaign, query.order_by(campaign.c.sent_at.desc(), campaign.c.id.desc()).limit(limit))


class CampaignState(StrEnum):
    """The state of a campaign."""

    COMPLETE = "complete"
    UNFINISHED = "unfinished"
    FAILED = "failed"
    CLOSED = "closed"  # an activity was permanently deleted in CiviCRM


def state_of(row: StoredCampaign) -> CampaignState:
    """Return the state of a campaign."""
    if row.closed_at is not None:
        return CampaignState.CLOSED
    if row.code is not None:
        return CampaignState.FAILED
    is_read = row.recipients is not None and row.progress is None
    return CampaignState.COMPLETE if is_read else CampaignState.UNFINISHED


def count_by_state(tx: Connection, list_id: str) -> dict[str, int]:
    """Count an audience's campaigns by state, as `state_of` returns it."""
    is_read = and_(campaign.c.recipients.is_not(None), campaign.c.progress.is_(None))
    state = case(
        (campaign.c.closed_at.is_not(None), CampaignState.CLOSED.value),
        (campaign.c.code.is_not(None), CampaignState.FAILED.value),
        (is_read, CampaignState.COMPLETE.value),
        else_=CampaignState.UNFINISHED.value,
    )
    states = select(state.label("state")).where(campaign.c.list_id == list_id).subquery()
    query = select(states.c.state, func.count()).group_by(states.c.state)
    return {row.state: int(row[1]) for row in tx.execute(query)}


class CampaignTotals(NamedTuple):
    """How many campaigns are known, how many activities were created for them, and how many failed, by code."""

    campaigns: int
    activities: int
    failed: Mapping[str, int]


def tally(tx: Connection, list_id: str) -> CampaignTotals:
    """Return totals of an audience's campaigns; closed ones haven't failed."""
    made = [campaign.c.activity_id, campaign.c.opened_activity_id, campaign.c.clicked_activity_id]
    code = case((campaign.c.closed_at.is_(None), campaign.c.code))
    of_list = select(code.label("code"), *made).where(campaign.c.list_id == list_id).subquery()
    number = func.count()
    columns = (func.count(of_list.c[column.name]) for column in made)
    rows = tx.execute(select(of_list.c.code, number, *columns).group_by(of_list.c.code)).all()
    failed = {row[0]: int(row[1]) for row in rows if row[0] is not None}
    return CampaignTotals(sum(int(row[1]) for row in rows), sum(int(made) for row in rows for made in row[2:]), failed)


def change_campaign(tx: Connection, key: int, **values: Any) -> None:
    """Set columns of a campaign."""
    tx.execute(update(campaign).where(campaign.c.id == key).values(**values))


def add_unknown(tx: Connection, key: int, member_ids: Sequence[str]) -> None:
    """Store recipients without a contact; existing ones stay."""
    rows = [{"campaign_key": key, "member_id": member_id} for member_id in member_ids]
    upsert(
        tx,
        campaign_recipient,
        rows,
        keys=("campaign_key", "member_id"),
        assign=lambda old, _new: [("member_id", old["member_id"])],
    )


def count_unknown(tx: Connection, key: int) -> int:
    """Return how many recipients of a campaign are stored as without a contact."""
    query = select(func.count()).where(campaign_recipient.c.campaign_key == key)
    return int(tx.execute(query).scalar_one())


def late_recipients(tx: Connection, list_id: str, after: int, limit: int) -> list[LateRecipient]:
    """Return the next recipients after a row who have got a contact, of completely read campaigns."""
    query = (
        select_as(LateRecipient, campaign_recipient, contact_id=cache.c.civicrm_contact_id)
        .select_from(campaign_recipient)
        .join(campaign, campaign.c.id == campaign_recipient.c.campaign_key)
        .join(cache, cache.c.identity == "m:" + campaign_recipient.c.member_id)
        .where(
            campaign.c.list_id == list_id,
            campaign.c.recipients.is_not(None),
            campaign.c.closed_at.is_(None),
            cache.c.mailchimp_list_id == list_id,
            cache.c.civicrm_contact_id.is_not(None),
            campaign_recipient.c.id > after,
        )
        .order_by(campaign_recipient.c.id)
        .limit(limit)
    )
    return fetch(tx, LateRecipient, query)


def resolve_late_recipients(tx: Connection, key: int, recipient_ids: Sequence[int]) -> None:
    """Record that recipients of a campaign have a contact now."""
    gone = 0
    for start in range(0, len(recipient_ids), ROWS_PER_STATEMENT):
        some = recipient_ids[start : start + ROWS_PER_STATEMENT]
        gone += tx.execute(delete(campaign_recipient).where(campaign_recipient.c.id.in_(some))).rowcount
    tx.execute(update(campaign).where(campaign.c.id == key).values(unknown=campaign.c.unknown - gone))


def forget_unknown(tx: Connection, before: datetime, list_id: str | None = None) -> int:
    """Delete recipients without a contact of campaigns sent before a time, of one audience or of all.

    Their number stays known. Campaigns that aren't completely read are skipped.
    """
    old = select(campaign.c.id).where(campaign.c.sent_at < before, campaign.c.recipients.is_not(None))
    if list_id is not None:
        old = old.where(campaign.c.list_id == list_id)
    return tx.execute(delete(campaign_recipient).where(campaign_recipient.c.campaign_key.in_(old))).rowcount


def begin_import(tx: Connection, list_id: str, now: datetime) -> None:
    """Record that an import has started."""
    row = {"list_id": list_id, "begun_at": now, "ended_at": None, "outcome": None}
    upsert(tx, campaign_import, [row], keys=("list_id",))


def end_import(tx: Connection, list_id: str, now: datetime, outcome: str, *, is_complete: bool) -> None:
    """Record how an import ended; a complete one lets later ones skip what it has read."""
    complete = {"complete_at": campaign_import.c.begun_at} if is_complete else {}
    values = {"ended_at": now, "outcome": outcome, **complete}
    tx.execute(update(campaign_import).where(campaign_import.c.list_id == list_id).values(**values))


def last_import(tx: Connection, list_id: str) -> LastImport | None:
    """Return the state of an audience's newest import, or None before the first."""
    return fetch_one(tx, LastImport, select_as(LastImport, campaign_import).where(campaign_import.c.list_id == list_id))
