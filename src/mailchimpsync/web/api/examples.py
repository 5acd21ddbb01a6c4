"""Examples of calls for the OpenAPI document: what a call of each action may look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimpsync.actions.api.description import Action

SUCCESS: dict[str, Any] = {"is_error": 0, "version": 3, "count": 2, "values": {"inputCount": 2, "affected": 1}}
FAILURE: dict[str, Any] = {
    "is_error": 1,
    "version": 3,
    "error_code": "USAGE",
    "error_message": "Mailchimpsync.abortsync: group_id: it is required.",
}

_AUDIENCE = "a1b2c3d4e5"
_USUAL: Mapping[str, Any] = {
    "address": "ann@example.org",
    "api_key": "Green Paths",
    "config": {"connections": [{"account": "Green Paths", "audience_id": _AUDIENCE, "group_id": 8}]},
    "contact_id": [11, 12],
    "data": {"status": "unsubscribed"},
    "group": "Autumn appeal",
    "group_id": 8,
    "id": 5,
    "mailchimp_list_id": _AUDIENCE,
    "person": "ann@example.org",
    "process": "add_webhook",
    "run_id": 12,
}
"""What a required parameter may be, by its name."""

_OPTIONAL: Mapping[str, Mapping[str, Any]] = {
    "Mailchimpsync.erase": {"confirm": False},
    "Mailchimpsync.fetchandreconcile": {"group_id": 8, "max_time": 60},
    "Mailchimpsync.getruns": {"group_id": 8, "limit": 10},
    "Mailchimpsync.getstatus": {"group_id": 8},
    "Mailchimpsync.pausesync": {"reason": "CiviCRM is being upgraded"},
    "Mailchimpsync.previewdata": {"contact_ids": [11]},
    "Mailchimpsync.updateconfig": {"confirm": False},
    "Mailchimpsync.updatewebhook": {"list_id": _AUDIENCE},
    "MailchimpsyncCache.get": {"mailchimp_list_id": _AUDIENCE, "sync_status": "fail", "limit": 25},
    "MailchimpsyncCache.getcount": {"mailchimp_list_id": _AUDIENCE, "sync_status": "fail"},
    "MailchimpsyncJournal.get": {"group_id": 8, "since": "2026-11-01T00:00:00Z", "limit": 25},
    "MailchimpsyncPlan.create": {"group_id": 8},
    "MailchimpsyncVerification.create": {"group_id": 8},
}
"""Parameters that are not required, but show what an action is for."""


def example_of(action: Action) -> dict[str, Any]:
    """Return parameters with which an action can be called."""
    fields = action.parameters.model_fields
    required = {name: _USUAL[name] for name, field in fields.items() if field.is_required()}
    return {**required, **_OPTIONAL.get(action.title, {})}
