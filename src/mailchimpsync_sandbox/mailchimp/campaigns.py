"""Campaigns and their reports: what was put in by the control interface.

See docs/reference/mailchimp-behaviour.md#campaigns-and-reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.times import bound

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.documents import Document
    from mailchimpsync_sandbox.mailchimp.http.call import Call


def list_campaigns(call: Call) -> dict[str, Any]:
    """`GET /campaigns`, by type, status, audience, folder, member, and dates."""
    campaigns = [one for one in call.world.documents.all("campaign", call.account.account_id) if _wanted(call, one)]
    if (field := call.query.get("sort_field")) in ("create_time", "send_time"):
        descending = call.query.get("sort_dir", "").upper() == "DESC"
        campaigns.sort(key=lambda one: str(one.get(field, "")), reverse=descending)
    shown = [one | {"_links": call.links(f"/campaigns/{one['id']}")} for one in campaigns]
    return call.collection("campaigns", shown, "/campaigns")


def _wanted(call: Call, campaign: Document) -> bool:
    query = call.query
    recipients, settings = campaign.get("recipients", {}), campaign.get("settings", {})
    found = {"type": campaign.get("type"), "status": campaign.get("status")}
    found |= {"list_id": recipients.get("list_id"), "folder_id": settings.get("folder_id")}
    if any(query.get(name) not in (None, "", value) for name, value in found.items()):
        return False
    if (member := query.get("member_id")) and not _was_sent(call, campaign["id"], member):
        return False
    for name in ("send_time", "create_time"):
        at = str(campaign.get(name, ""))
        since, before = bound(query.get(f"since_{name}")), bound(query.get(f"before_{name}"))
        if (since and at <= since) or (before and (not at or at >= before)):
            return False
    return True


def _was_sent(call: Call, campaign_id: str, member: str) -> bool:
    return any(one["email_id"] == member for one in call.world.documents.all("sent_to", campaign_id))


def _campaign(call: Call) -> Document:
    return call.world.documents.get("campaign", call.account.account_id, call.ids["campaign_id"])


def list_sent_to(call: Call) -> dict[str, Any]:
    """`GET /reports/{campaign_id}/sent-to`."""
    return _report(call, "sent_to", call.world.documents.all("sent_to", _campaign(call)["id"]))


def list_email_activity(call: Call) -> dict[str, Any]:
    """`GET /reports/{campaign_id}/email-activity`; `since` leaves out older acts."""
    since = bound(call.query.get("since"))
    emails = call.world.documents.all("email_activity", _campaign(call)["id"])
    if since:
        for one in emails:
            one["activity"] = [act for act in one["activity"] if act["timestamp"] > since]
    return _report(call, "emails", emails)


def _report(call: Call, key: str, items: list[Document]) -> dict[str, Any]:
    campaign_id = call.ids["campaign_id"]
    path = f"/reports/{campaign_id}/{'sent-to' if key == 'sent_to' else 'email-activity'}"
    shown = [one | {"_links": call.links(f"{path}/{one['email_id']}")} for one in items]
    return call.collection(key, shown, path, campaign_id=campaign_id)
