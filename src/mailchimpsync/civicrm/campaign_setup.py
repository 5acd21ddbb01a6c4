"""What CiviCRM needs before campaigns can be kept in it: activity types, and a custom field with the campaign's id.

The names are those of the PHP extension (docs/reference/php-extension.md#campaigns), so that a site that had it keeps
its activities.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mailchimpsync.civicrm.checks.rights import SEES_ACTIVITIES, is_granted
from mailchimpsync.civicrm.checks.site import site_clock
from mailchimpsync.civicrm.http.client import CIVICRM, Call, CivicrmClient, Result, succeeded
from mailchimpsync.civicrm.site_clock import SiteClock
from mailchimpsync.errors import AccessError, Code, RemoteError, Right, quoted
from mailchimpsync.http import unreadable_answer
from mailchimpsync.messages import say

FIELD_GROUP = "Mailchimp_Campaign"
FIELD = "Mailchimp_Campaign_ID"


class Kind(StrEnum):
    """What an activity says about its targets; the name of its type."""

    SENT = "mailchimp_campaign_sent"
    OPENED = "mailchimp_campaign_opened"
    CLICKED = "mailchimp_campaign_clicked"


LABELS: Mapping[Kind, str] = {
    Kind.SENT: "Mailchimp Campaign Sent",
    Kind.OPENED: "Mailchimp Campaign Opened",
    Kind.CLICKED: "Mailchimp Campaign Clicked",
}


@dataclass(frozen=True, slots=True)
class CampaignSetup:
    """What activities are made with.

    Attributes:
        field: the custom field's name in the API, `Group.Field`.
        record_type: the number that makes a contact of an activity its target.
        source_contact_id: the key's own contact, who adds the activities.
        clock: how the site's times are written.
    """

    field: str
    record_type: int
    source_contact_id: int
    clock: SiteClock


def prepare_campaigns(client: CivicrmClient, kinds: Collection[Kind]) -> CampaignSetup:
    """Create missing activity types and the custom field, and return what activities are made with.

    Raises:
        AccessError: `CV_RIGHT_MISSING`, the key's user isn't allowed to see and make activities.
        `CV_NO_CAMPAIGN_TYPES`,
            something else is missing, and the user may not make it.
    """
    found = client.multi(_questions())
    if not is_granted(found["activities"]):
        what = say("The CiviCRM key's user lacks %(permissions)s", permissions=quoted([Right.ACTIVITIES]))
        raise AccessError(Code.CV_RIGHT_MISSING, what, lacking=[Right.ACTIVITIES])
    types = succeeded(found["types"]).values
    missing = [kind for kind in kinds if kind not in {row.get("name") for row in types}]
    if missing:
        _making(
            say("the activity types %(names)s", names=", ".join(missing)),
            lambda: _make_types(client, found["groups"], missing),
        )
    field = _field_of(found["field"])
    if field is None:
        _making(say("the custom field %(name)s for activities", name=FIELD), lambda: _make_field(client))
        field = f"{FIELD_GROUP}.{FIELD}"
    return CampaignSetup(
        field,
        int(_first(found["targets"], "value", "the record type of activities' targets")),
        int(_first(found["me"], "id", "the key's own contact")),
        site_clock(client),
    )


def missing_setup(client: CivicrmClient, kinds: Collection[Kind]) -> list[str]:
    """Return the names of the activity types, and of the custom field, that are not there."""
    found = client.multi(_questions())
    there = {row.get("name") for row in succeeded(found["types"]).values}
    missing = [kind.value for kind in kinds if kind not in there]
    return missing if _field_of(found["field"]) else [*missing, FIELD]


def _questions() -> dict[str, Call]:
    of_types = [["option_group_id:name", "=", "activity_type"], ["name", "IN", list(Kind)]]
    of_targets = [["option_group_id:name", "=", "activity_contacts"], ["name", "=", "Activity Targets"]]
    of_field = [["name", "=", FIELD], ["custom_group_id.extends", "=", "Activity"]]
    return {
        "types": ("OptionValue", "get", {"select": ["name"], "where": of_types}),
        "groups": ("OptionGroup", "get", {"select": ["id"], "where": [["name", "=", "activity_type"]]}),
        "targets": ("OptionValue", "get", {"select": ["value"], "where": of_targets}),
        "field": ("CustomField", "get", {"select": ["custom_group_id.name"], "where": of_field, "limit": 1}),
        "activities": SEES_ACTIVITIES,
        "me": ("Contact", "get", {"select": ["id"], "where": [["id", "=", "user_contact_id"]], "limit": 1}),
    }


def _field_of(found: Result | RemoteError) -> str | None:
    values = succeeded(found).values
    return f"{values[0]['custom_group_id.name']}.{FIELD}" if values else None


def _first(found: Result | RemoteError, name: str, what: str) -> Any:
    values = succeeded(found).values
    if not values or not values[0].get(name):
        raise unreadable_answer(CIVICRM, f"no answer to {what}")
    return values[0][name]


def _making(what: str, make: Callable[[], None]) -> None:
    try:
        make()
    except AccessError as error:
        why = say("CiviCRM lacks %(what)s, and the key's user isn't allowed to create them", what=what)
        raise AccessError(Code.CV_NO_CAMPAIGN_TYPES, why, status=error.status, detail=error.detail) from error


def _make_types(client: CivicrmClient, groups: Result | RemoteError, kinds: Collection[Kind]) -> None:
    group_id = int(_first(groups, "id", "the option group of activity types"))
    params = {
        "records": [{"name": kind.value, "label": LABELS[kind]} for kind in kinds],
        "defaults": {"option_group_id": group_id, "is_active": True},
        "match": ["option_group_id", "name"],
    }
    client.call("OptionValue", "save", params, idempotent=True)


def _make_field(client: CivicrmClient) -> None:
    group = {"name": FIELD_GROUP, "title": "Mailchimp campaign", "extends": "Activity", "style": "Inline"}
    made = client.call("CustomGroup", "save", {"records": [group], "match": ["name"]}, idempotent=True)
    if not made or not made[0].get("id"):
        raise unreadable_answer(CIVICRM, "CustomGroup.save without an id")
    field = {
        "custom_group_id": int(made[0]["id"]),
        "name": FIELD,
        "label": "Mailchimp campaign id",
        "data_type": "String",
        "html_type": "Text",
        "is_searchable": True,
        "is_view": True,
    }
    params = {"records": [field], "match": ["custom_group_id", "name"]}
    client.call("CustomField", "save", params, idempotent=True)
