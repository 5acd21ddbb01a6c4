"""What Mailchimp says, as records on contacts: a set of custom fields, and a search for people who can't be synced.

The set has several records for each contact, because only then CiviCRM leaves the contact's `modified_date` as it is
(docs/decisions/what-mailchimp-says.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from mailchimpsync.civicrm.checks.site import site_clock
from mailchimpsync.civicrm.http.client import CivicrmClient, Envelope
from mailchimpsync.civicrm.http.isolation import send_in_halves
from mailchimpsync.civicrm.http.pace import paced
from mailchimpsync.civicrm.http.paging import IDS_MAX, chunks
from mailchimpsync.civicrm.times import to_site
from mailchimpsync.errors import AccessError, Code, RefusedError, Right
from mailchimpsync.messages import say

GROUP, TITLE = "What_Mailchimp_says", "What Mailchimp says"
SEARCH = "mailchimpsync_cannot_be_synced"
MENU = "mailchimpsync_service_cannot_be_synced"
SEARCH_LABEL = "Cannot Be Synced with Mailchimp"

RECORDS_FIRST, RECORDS_MAX = 100, 500
"""Records in the first request, and in one at most."""

_ENTITY = f"Custom_{GROUP}"
_DAY = len("YYYY-MM-DD")
_TEXT_MAX = 255
_FIELDS: Mapping[str, tuple[str, str]] = {
    "audience_id": ("Audience ID", "String"),
    "audience": ("Audience", "String"),
    "status": ("Status at Mailchimp", "String"),
    "since": ("Since", "Date"),
    "why_not": ("Why it cannot be synced", "String"),
}
_COLUMNS: Mapping[str, str] = {
    "entity_id.sort_name": "Contact",
    **{name: label for name, (label, _) in _FIELDS.items() if name != "audience_id"},
}
_OURS = [["name", "=", GROUP]]
_DELETED = TypeAdapter(Envelope[Any])  # CiviCRM answers with ids instead of rows


class ContactRecord(NamedTuple):
    """What Mailchimp says of a contact in one audience; `since` is when the status became so, aware."""

    contact_id: int
    status: str | None
    since: datetime | None
    why_not: str | None


def has_records(client: CivicrmClient) -> bool:
    """Return whether the set is there, and the key's user may use it.

    Raises:
        TransientError, AccessError: CiviCRM can't be asked.
    """
    return bool(client.call("CustomGroup", "get", {"select": ["name"], "where": _OURS}))


def time_difference(client: CivicrmClient) -> timedelta:
    """Return what the site's clock is ahead of UTC, if records can be written.

    Raises:
        AccessError: `CV_RIGHT_MISSING`, the set isn't there, or the key's user may not see it.
        EvidenceError, TransientError: CiviCRM can't be asked, or its clock is wrong.
    """
    if not has_records(client):
        what = say("CiviCRM shows the key's user no fields for what Mailchimp says")
        raise AccessError(Code.CV_RIGHT_MISSING, what, lacking=[Right.CUSTOM_DATA])
    return site_clock(client).offset


def count_records(client: CivicrmClient) -> int:
    """Return how many records there are; 0 without the set. Raises as `has_records`."""
    return client.count(_ENTITY, []) if has_records(client) else 0


def save_records(
    client: CivicrmClient, audience: tuple[str, str], records: Sequence[ContactRecord], ahead: timedelta
) -> dict[ContactRecord, RefusedError]:
    """Make or correct the records of contacts for an audience (id and name); return those that CiviCRM refused.

    Raises:
        TransientError, AccessError: some of them may have been saved; repeating it changes nothing.
    """

    def save(some: Sequence[ContactRecord]) -> None:
        params = {"records": [_row(audience, one, ahead) for one in some], "match": ["entity_id", "audience_id"]}
        client.call(_ENTITY, "save", params, idempotent=True)

    pace = client.pace("contact records", RECORDS_FIRST, RECORDS_MAX)
    refused = paced(client.runtime, pace, records, lambda some: send_in_halves(some, save))
    return dict(chain.from_iterable(one.items() for one in refused))


def delete_records(client: CivicrmClient, audience_id: str, contact_ids: Sequence[int]) -> None:
    """Delete the records of contacts for an audience; repeating it changes nothing. Raises as `save_records`."""
    for some in chunks(contact_ids, IDS_MAX):
        where = [["audience_id", "=", audience_id], ["entity_id", "IN", list(some)]]
        client.read(_DELETED, _ENTITY, "delete", {"where": where}, idempotent=True)


def install_records(client: CivicrmClient) -> bool:
    """Make or correct the set, and the search if the site has SearchKit; return whether the set is new.

    Raises:
        AccessError: `CV_RIGHT_MISSING`, the key's user lacks “administer CiviCRM”.
        TransientError: CiviCRM doesn't respond; call it again.
    """
    is_new = not has_records(client)
    group = {"name": GROUP, "title": TITLE, "extends": "Contact", "is_multiple": True, "style": "Tab with table"}
    [made] = client.call("CustomGroup", "save", {"records": [group], "match": ["name"]}, idempotent=True)
    fields = [
        {
            "name": name,
            "label": label,
            "data_type": kind,
            "html_type": "Select Date" if kind == "Date" else "Text",
            "in_selector": name in _COLUMNS,
        }
        for name, (label, kind) in _FIELDS.items()
    ]
    read_only = {"is_view": True, "is_searchable": True}
    params = {
        "records": fields,
        "defaults": {"custom_group_id": made["id"], **read_only},
        "match": ["custom_group_id", "name"],
    }
    client.call("CustomField", "save", params, idempotent=True)
    if _has_search_kit(client):
        _install_search(client)
    return is_new


def remove_records(client: CivicrmClient) -> bool:
    """Delete the search, the set and all records; return whether it was there. Raises as `install_records`."""
    client.call("Navigation", "delete", {"where": [["name", "=", MENU]]}, idempotent=True)
    if _has_search_kit(client):
        client.call("SavedSearch", "delete", {"where": [["name", "=", SEARCH]]}, idempotent=True)
    return bool(client.read(_DELETED, "CustomGroup", "delete", {"where": _OURS}, idempotent=True))


def _row(audience: tuple[str, str], record: ContactRecord, ahead: timedelta) -> dict[str, Any]:
    audience_id, name = audience
    return {
        "entity_id": record.contact_id,
        "audience_id": audience_id,
        "audience": name[:_TEXT_MAX],
        "status": record.status,
        "since": to_site(record.since, ahead)[:_DAY] if record.since else None,
        "why_not": record.why_not[:_TEXT_MAX] if record.why_not else None,
    }


def _has_search_kit(client: CivicrmClient) -> bool:
    return bool(client.call("Entity", "get", {"select": ["name"], "where": [["name", "=", "SearchDisplay"]]}))


def _install_search(client: CivicrmClient) -> None:
    named = {"name": SEARCH, "label": SEARCH_LABEL}
    query = {"version": 4, "select": [*_COLUMNS], "where": [["why_not", "IS NOT EMPTY"]]}
    search = {**named, "api_entity": _ENTITY, "api_params": query}
    [made] = client.call("SavedSearch", "save", {"records": [search], "match": ["name"]}, idempotent=True)
    display = {**named, "saved_search_id": made["id"], "type": "table", "settings": _settings()}
    params = {"records": [display], "match": ["saved_search_id", "name"]}
    client.call("SearchDisplay", "save", params, idempotent=True)
    place = {"select": ["id"], "where": [["name", "=", "Mailings"], ["is_active", "=", True]]}
    parents = client.call("Navigation", "get", place)
    entry = {
        "name": MENU,
        "label": SEARCH_LABEL,
        "url": f"civicrm/search#/display/{SEARCH}/{SEARCH}",
        "parent_id": parents[0]["id"] if parents else None,
        "permission": ["access all custom data"],
        "is_active": True,
    }
    client.call("Navigation", "save", {"records": [entry], "match": ["name"]}, idempotent=True)


def _settings() -> dict[str, Any]:
    columns: list[dict[str, Any]] = [
        {"type": "field", "key": key, "label": label, "sortable": True} for key, label in _COLUMNS.items()
    ]
    columns[0]["link"] = {"entity": "Contact", "action": "view", "join": "entity_id"}
    return {"limit": 50, "pager": {"show_count": True}, "sort": [["entity_id.sort_name", "ASC"]], "columns": columns}
