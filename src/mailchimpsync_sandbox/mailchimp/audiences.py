"""Audiences: `/lists` and `/lists/{list_id}`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.call import check_types
from mailchimpsync_sandbox.mailchimp.http.problems import not_validated
from mailchimpsync_sandbox.mailchimp.ids import short_id
from mailchimpsync_sandbox.mailchimp.times import bound

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.documents import Document
    from mailchimpsync_sandbox.mailchimp.http.call import Call
    from mailchimpsync_sandbox.mailchimp.world import Audience, World

LISTS_MAX = 1000
REQUIRED = ("name", "contact", "permission_reminder", "campaign_defaults")
CONTACT_REQUIRED = ("company", "address1", "city", "country")
TYPES: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "contact": dict,
    "permission_reminder": str,
    "use_archive_bar": bool,
    "campaign_defaults": dict,
    "notify_on_subscribe": str,
    "notify_on_unsubscribe": str,
    "email_type_option": bool,
    "double_optin": bool,
    "marketing_permissions": bool,
}
DEFAULT_MERGE_FIELDS: tuple[Document, ...] = (
    {"tag": "FNAME", "name": "First Name", "type": "text"},
    {"tag": "LNAME", "name": "Last Name", "type": "text"},
    {"tag": "ADDRESS", "name": "Address", "type": "address"},
    {"tag": "PHONE", "name": "Phone Number", "type": "phone"},
)
_ZERO_STATS = (
    "member_count_since_send",
    "unsubscribe_count_since_send",
    "cleaned_count_since_send",
    "avg_sub_rate",
    "avg_unsub_rate",
    "target_sub_rate",
    "open_rate",
    "click_rate",
)


def list_audiences(call: Call) -> dict[str, Any]:
    """`GET /lists`, newest last, with the filters by date of creation and by a member's address."""
    rows = call.world.db.all(
        "SELECT list_id FROM audience WHERE account_id = ? ORDER BY rowid", call.account.account_id
    )
    audiences = [call.world.audience(row["list_id"]) for row in rows]
    shown = [_shown(call, audience) for audience in audiences if _wanted(call, audience)]
    if call.query.get("sort_field") == "date_created":
        shown.sort(key=lambda one: one["date_created"], reverse=call.query.get("sort_dir", "").upper() == "DESC")
    constraints = {"may_create": True, "max_instances": LISTS_MAX, "current_total_instances": len(rows)}
    return call.collection("lists", shown, "/lists") | {"constraints": constraints}


def _wanted(call: Call, audience: Audience) -> bool:
    created = audience.details["date_created"]
    since, before = bound(call.query.get("since_date_created")), bound(call.query.get("before_date_created"))
    if (since and created <= since) or (before and created >= before):
        return False
    if address := call.query.get("email"):
        sql = "SELECT 1 FROM member WHERE list_id = ? AND address = ? AND status <> 'archived'"
        return call.world.db.one(sql, audience.list_id, address.lower()) is not None
    return True


def get_audience(call: Call) -> dict[str, Any]:
    """`GET /lists/{list_id}`."""
    return _shown(call, call.audience)


def create_audience(call: Call) -> dict[str, Any]:
    """`POST /lists`."""
    body = call.required(*REQUIRED)
    _check(body)
    list_id = short_id("list", call.world.db.next("list"))
    save_audience(call.world, call.account.account_id, list_id, body)
    add_merge_fields(call.world, list_id, DEFAULT_MERGE_FIELDS)
    return _shown(call, call.world.audience(list_id))


def change_audience(call: Call) -> dict[str, Any]:
    """`PATCH /lists/{list_id}`."""
    audience, body = call.audience, call.object()
    _check(body)
    details = audience.details | {name: body[name] for name in TYPES if name in body}
    call.world.db.run("UPDATE audience SET body = ? WHERE list_id = ?", json.dumps(details), audience.list_id)
    call.world.changed(audience.list_id)
    return _shown(call, call.audience)


def delete_audience(call: Call) -> None:
    """`DELETE /lists/{list_id}`, with all that belongs to it."""
    world, audience = call.world, call.audience
    for category in world.documents.all("category", audience.list_id):
        world.documents.remove_all("interest", category["id"])
    for kind in ("category", "merge_field", "webhook"):
        world.documents.remove_all(kind, audience.list_id)
    world.db.run("DELETE FROM audience WHERE list_id = ?", audience.list_id)
    for table in ("tally", "forgotten"):
        world.db.run(f"DELETE FROM {table} WHERE list_id = ?", audience.list_id)  # noqa: S608 (two fixed names)
    world.changed(audience.list_id)


def _check(body: dict[str, Any]) -> None:
    check_types(body, TYPES)
    contact = body.get("contact")
    if contact is not None and (missing := [name for name in CONTACT_REQUIRED if not contact.get(name)]):
        raise not_validated(*((f"contact.{name}", "This value should not be blank.") for name in missing))


def save_audience(world: World, account_id: str, list_id: str, given: dict[str, Any]) -> None:
    """Make an audience without any fields, or change the details of the one that has this id."""
    number = world.db.next("list_web_id")
    details = {
        "name": list_id,
        "contact": dict.fromkeys(("company", "address1", "address2", "city", "state", "zip", "country", "phone"), ""),
        "permission_reminder": "You signed up on our site.",
        "use_archive_bar": True,
        "campaign_defaults": {"from_name": "", "from_email": "", "subject": "", "language": "en"},
        "notify_on_subscribe": "",
        "notify_on_unsubscribe": "",
        "date_created": world.now(),
        "list_rating": 0,
        "email_type_option": False,
        "subscribe_url_short": f"http://eepurl.test/{list_id}",
        "subscribe_url_long": f"https://charity.list-manage.test/subscribe?id={list_id}",
        "beamer_address": f"{list_id}@inbound.test",
        "visibility": "prv",
        "double_optin": False,
        "has_welcome": False,
        "marketing_permissions": False,
        "modules": [],
    }
    details |= {name: value for name, value in given.items() if name in details}
    sql = "INSERT INTO audience VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"
    world.db.run(sql, list_id, account_id, number, json.dumps(details))
    world.changed(list_id)


def add_merge_fields(world: World, list_id: str, fields: tuple[Document, ...] | list[Document]) -> None:
    """Give a new audience its merge fields."""
    for number, field in enumerate(fields, start=1):
        document = new_merge_field(list_id, number, field)
        world.documents.put("merge_field", list_id, number, document)
    world.changed(list_id)


def new_merge_field(list_id: str, number: int, given: Document) -> Document:
    """Return a merge field with what was not given filled in; a tag is invented if there is none."""
    defaults: dict[str, Document] = {"text": {"size": 25}, "date": {"date_format": "MM/DD/YYYY"}}
    options = defaults.get(given["type"], {})
    return {
        "merge_id": number,
        "tag": given.get("tag") or f"MMERGE{number}",
        "name": given.get("name") or given.get("tag") or f"MMERGE{number}",
        "type": given["type"],
        "required": given.get("required", False),
        "default_value": given.get("default_value", ""),
        "public": given.get("public", False),
        "display_order": given.get("display_order", number + 1),
        "options": options | (given.get("options") or {}),
        "help_text": given.get("help_text", ""),
        "list_id": list_id,
    }


def _shown(call: Call, audience: Audience) -> dict[str, Any]:
    answer = {"id": audience.list_id, "web_id": audience.web_id} | audience.details
    answer["stats"] = _stats(call, audience)
    links = (("update", "PATCH"), ("batch-sub-members", "POST"), ("delete", "DELETE"))
    answer["_links"] = call.links(f"/lists/{audience.list_id}", *links)
    return answer


def _stats(call: Call, audience: Audience) -> dict[str, Any]:
    db, key = call.world.db, audience.list_id
    counts = {row["status"]: row["members"] for row in db.all("SELECT * FROM tally WHERE list_id = ?", key)}
    total = {"total_contacts": sum(counts.values())} if call.flag("include_total_contacts") else {}
    return {
        "member_count": counts.get("subscribed", 0),
        **total,
        "unsubscribe_count": counts.get("unsubscribed", 0),
        "cleaned_count": counts.get("cleaned", 0),
        **dict.fromkeys(_ZERO_STATS, 0),
        "campaign_count": db.value(
            "SELECT count(*) FROM document WHERE kind = 'campaign' AND parent = ?", audience.account_id
        ),
        "campaign_last_sent": "",
        "merge_field_count": len(audience.merge_fields),
        "last_sub_date": _last(call, key, "subscribed"),
        "last_unsub_date": _last(call, key, "unsubscribed"),
    }


def _last(call: Call, list_id: str, status: str) -> str:
    sql = "SELECT last_changed FROM member WHERE list_id = ? AND status = ? ORDER BY last_changed DESC LIMIT 1"
    return str(call.world.db.value(sql, list_id, status) or "")
