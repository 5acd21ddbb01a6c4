"""What a site with the PHP extension has: its setting and rows of its tables, by what is known of their forms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

MANAGED_JOB = {
    "id": "21",
    "domain_id": "1",
    "run_frequency": "Hourly",
    "name": "Call Mailchimpsync.Fetchandreconcile API",
    "api_entity": "Mailchimpsync",
    "api_action": "Fetchandreconcile",
    "is_active": "1",
}
SITE = "https://crm.example.org"
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
WEBHOOK = f"{SITE}/civicrm/mailchimpsync/webhook?secret={SECRET}"
BATCH_WEBHOOK = f"{SITE}/civicrm/mailchimpsync/batch-webhook?secret={SECRET}"


def serialise(value: Any) -> bytes:
    """Write a value as PHP's `serialize` does."""
    match value:
        case None:
            return b"N;"
        case bool():
            return b"b:%d;" % value
        case int():
            return b"i:%d;" % value
        case float():
            return b"d:%s;" % repr(value).encode()
        case str():
            return b's:%d:"%s";' % (len(value.encode()), value.encode())
        case dict():
            inside = b"".join(serialise(key) + serialise(one) for key, one in value.items())
            return b"a:%d:{%s}" % (len(value), inside)
        case other:
            raise TypeError(type(other))


def setting(
    key: str, list_id: str, group_id: int, interests: Mapping[str, int] | None = None, name: str = "Green Paths"
) -> dict[str, Any]:
    """Return the setting of a site with one account and one audience."""
    linked: dict[str, Any] = {"apiKey": key, "subscriptionGroup": group_id}
    if interests is not None:
        linked["interests"] = dict(interests)
    names = {"1111111111": "Topics: Walks", "2222222222": "Topics: Rides"}
    audience = {"name": "Newsletter", "interests": names, "webhook": WEBHOOK, "webhooks": [], "webhookFound": True}
    account = {"apiKey": key, "account_name": name, "email": "ann@example.org", "username": "ann"}
    hooks = {"batchWebhookSecret": SECRET, "batchWebhook": BATCH_WEBHOOK, "batchWebhookFound": True}
    return {"lists": {list_id: linked}, "accounts": {key: {**account, **hooks, "audiences": {list_id: audience}}}}


def cache_row(row_id: int, list_id: str, email: str | None, **columns: Any) -> dict[str, Any]:
    """Return a row of the cache table, as texts; `interests` are serialised in the form of version 1.0."""
    interests, groups = columns.pop("interests", None), columns.pop("groups", {})
    data = {"first_name": "", "last_name": "", "interests": interests or {}}
    member_id = hashlib.md5(email.lower().encode(), usedforsecurity=False).hexdigest() if email else None
    row = {
        "id": str(row_id),
        "mailchimp_list_id": list_id,
        "mailchimp_member_id": member_id,
        "mailchimp_email": email,
        "mailchimp_status": "subscribed" if email else None,
        "mailchimp_updated": "2026-01-01 10:00:00" if email else None,
        "mailchimp_data": serialise(data).decode() if email else None,
        "civicrm_data": None,
        "civicrm_groups": "|".join(f"{group};{status};2026-01-01 10:00:00" for group, status in groups.items()) or None,
        "civicrm_contact_id": None,
        "sync_status": "ok",
    }
    return {**row, **{name: value if value is None else str(value) for name, value in columns.items()}}


def as_text(value: Mapping[str, Any]) -> str:
    """Return the setting as it is stored."""
    return json.dumps(value)
