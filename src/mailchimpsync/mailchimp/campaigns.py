"""Campaigns that were sent, to whom, and who opened them or clicked.

See docs/reference/mailchimp-behaviour.md#campaigns-and-reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NotRequired
from urllib.parse import quote

from pydantic import AwareDatetime, TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.mailchimp.client import MailchimpClient
from mailchimpsync.mailchimp.paging import Page, read_all


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign that was sent; its texts may be empty. `segment` describes the recipients, as HTML."""

    id: str
    list_id: str
    sent_at: datetime
    title: str
    subject: str
    from_name: str
    list_name: str
    archive_url: str
    segment: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient of a campaign; `id` is the member id, in the audience `list_id` if Mailchimp names it."""

    id: str
    list_id: str | None
    opened: bool = False
    clicked: bool = False


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """A page of a report; `total_items` counts all it is about."""

    total_items: int
    members: Sequence[Recipient]


class _Recipients(TypedDict):
    list_id: NotRequired[str | None]
    list_name: NotRequired[str | None]
    segment_text: NotRequired[str | None]


class _Settings(TypedDict):
    title: NotRequired[str | None]
    subject_line: NotRequired[str | None]
    from_name: NotRequired[str | None]


class _Campaign(TypedDict):
    id: str
    send_time: AwareDatetime
    archive_url: NotRequired[str | None]
    recipients: NotRequired[_Recipients]
    settings: NotRequired[_Settings]


class _Campaigns(Page):
    campaigns: list[_Campaign]


class _SentTo(TypedDict):
    email_id: str
    list_id: NotRequired[str | None]


class _SentToPage(Page):
    sent_to: list[_SentTo]


class _Act(TypedDict):
    action: NotRequired[str]


class _Activity(_SentTo):
    activity: NotRequired[list[_Act] | Any]  # PHP's other empty things where there is none


class _ActivityPage(Page):
    emails: list[_Activity]


_CAMPAIGNS = TypeAdapter(_Campaigns)
_SENT_TO = TypeAdapter(_SentToPage)
_ACTIVITY = TypeAdapter(_ActivityPage)

_FIELDS = (
    "id",
    "send_time",
    "archive_url",
    "recipients.list_id",
    "recipients.list_name",
    "recipients.segment_text",
    "settings.title",
    "settings.subject_line",
    "settings.from_name",
)


def sent_campaigns(client: MailchimpClient, list_id: str, since: datetime | None) -> list[Campaign]:
    """Return the campaigns sent to an audience, after `since` (aware) where that is given; none of another audience.

    Raises:
        EvidenceError: `MC_INCOMPLETE`, they could not all be read.
    """
    wanted: dict[str, str | int] = {"status": "sent", "list_id": list_id, "sort_field": "send_time", "sort_dir": "ASC"}
    if since is not None:
        wanted["since_send_time"] = since.astimezone(UTC).isoformat(timespec="seconds")
    fields = ",".join(f"campaigns.{field}" for field in _FIELDS)
    found = read_all(client, "/campaigns", _CAMPAIGNS, lambda page: page["campaigns"], fields, wanted=wanted)
    return [one for one in map(_campaign, found) if one.list_id == list_id]


def recipient_page(client: MailchimpClient, campaign_id: str, *, offset: int, count: int) -> RecipientPage:
    """Return one page of a campaign's recipients.

    Raises:
        RefusedError: `MC_NOT_FOUND`, Mailchimp has no report of such a campaign.
    """
    fields = "total_items,sent_to.email_id,sent_to.list_id"
    page = client.get(_path(campaign_id, "sent-to"), _SENT_TO, {"fields": fields, "count": count, "offset": offset})
    people = [Recipient(one["email_id"], one.get("list_id") or None) for one in page["sent_to"]]
    return RecipientPage(page["total_items"], people)


def activity_page(client: MailchimpClient, campaign_id: str, *, offset: int, count: int) -> RecipientPage:
    """Return one page of a campaign's recipients, with whether they opened it or clicked.

    A person who clicked has opened it, whatever their mail program reported to Mailchimp.

    Raises:
        RefusedError: as `recipient_page`.
    """
    fields = "total_items,emails.email_id,emails.list_id,emails.activity.action"
    path = _path(campaign_id, "email-activity")
    page = client.get(path, _ACTIVITY, {"fields": fields, "count": count, "offset": offset})
    return RecipientPage(page["total_items"], [_with_acts(one) for one in page["emails"]])


def _path(campaign_id: str, report: str) -> str:
    return f"/reports/{quote(campaign_id, safe='')}/{report}"


def _with_acts(one: _Activity) -> Recipient:
    acts = one.get("activity")
    actions = {act.get("action") for act in acts if isinstance(act, dict)} if isinstance(acts, list) else set()
    clicked = "click" in actions
    return Recipient(one["email_id"], one.get("list_id") or None, clicked or "open" in actions, clicked)


def _campaign(found: _Campaign) -> Campaign:
    recipients, settings = found.get("recipients", {}), found.get("settings", {})
    return Campaign(
        found["id"],
        recipients.get("list_id") or "",
        found["send_time"].astimezone(UTC),
        settings.get("title") or "",
        settings.get("subject_line") or "",
        settings.get("from_name") or "",
        recipients.get("list_name") or "",
        found.get("archive_url") or "",
        recipients.get("segment_text") or "",
    )
