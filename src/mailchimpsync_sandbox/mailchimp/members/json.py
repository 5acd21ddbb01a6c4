"""Members as JSON text, put together by SQLite, since pages of a thousand must be quick."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.selection import EVERYTHING, Selection
from mailchimpsync_sandbox.mailchimp.ids import WEB_ID_BASE

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.http.call import Call
    from mailchimpsync_sandbox.mailchimp.world import Audience

TAGS_LISTED_MAX = 50

LINK_PLACES = (  # relation, method, place below the member ("" itself, None its collection)
    ("self", "GET", ""),
    ("parent", "GET", None),
    ("update", "PATCH", ""),
    ("upsert", "PUT", ""),
    ("delete", "DELETE", ""),
    ("activity", "GET", "/activity"),
    ("goals", "GET", "/goals"),
    ("notes", "GET", "/notes"),
    ("events", "POST", "/events"),
    ("delete_permanent", "POST", "/actions/delete-permanent"),
)


def _text(name: str, expression: str | None = None) -> str:
    return f""" ',"{name}":' || json_quote({expression or "m." + name})"""


def _raw(name: str, expression: str | None = None) -> str:
    return f""" ',"{name}":' || {expression or "m." + name}"""


def _given(condition: str, expression: str) -> str:
    return f" CASE WHEN {condition} THEN {expression} ELSE '' END"


_FULL_NAME = "trim((m.merge_fields ->> '$.FNAME') || ' ' || (m.merge_fields ->> '$.LNAME'))"
_TAGS = f"""(SELECT json_group_array(json_object('id', id, 'name', name)) FROM (
    SELECT s.id, s.name FROM tagging t JOIN segment s ON s.id = t.segment
    WHERE t.member = m.pk AND s.type = 'static' ORDER BY s.id LIMIT {TAGS_LISTED_MAX}))"""  # noqa: S608 (a number of our own)
_TAGS_COUNT = "(SELECT count(*) FROM tagging t WHERE t.member = m.pk)"
_LAST_NOTE = """COALESCE((SELECT ',"last_note":' || json_object('note_id', n.id, 'created_at', n.created_at,
    'created_by', n.created_by, 'note', n.note) FROM note n WHERE n.member = m.pk ORDER BY n.id DESC LIMIT 1), '')"""

# In the order of the API's own answers; each gives `,"name":value` or nothing.
FIELDS: dict[str, str] = {
    "id": _text("id"),
    "email_address": _text("email_address"),
    "unique_email_id": _text("unique_email_id"),
    "contact_id": _text("contact_id"),
    "full_name": _text("full_name", f"COALESCE({_FULL_NAME}, '')"),
    "web_id": _raw("web_id", f"(m.pk + {WEB_ID_BASE})"),
    "email_type": _text("email_type"),
    "status": _text("status"),
    "unsubscribe_reason": _given("m.status = 'unsubscribed'", _text("unsubscribe_reason", "m.reason")),
    "consents_to_one_to_one_messaging": _raw("consents_to_one_to_one_messaging", "'true'"),
    "merge_fields": _raw("merge_fields"),
    "interests": _given("m.interests <> '{}'", _raw("interests")),
    "stats": _raw("stats", """'{"avg_open_rate":0,"avg_click_rate":0}'"""),
    "ip_signup": _text("ip_signup"),
    "timestamp_signup": _text("timestamp_signup"),
    "ip_opt": _text("ip_opt"),
    "timestamp_opt": _text("timestamp_opt"),
    "member_rating": _raw("member_rating", "'2'"),
    "last_changed": _text("last_changed"),
    "language": _text("language"),
    "vip": _raw("vip", "iif(m.vip, 'true', 'false')"),
    "email_client": _raw("email_client", "'\"\"'"),
    "location": _raw("location"),
    "marketing_permissions": _given("m.permissions <> ''", _raw("marketing_permissions", "m.permissions")),
    "last_note": _LAST_NOTE,
    "source": _text("source"),
    "tags_count": _raw("tags_count", _TAGS_COUNT),
    "tags": _raw("tags", _TAGS),
    "list_id": _text("list_id"),
    "_links": _raw("_links", "replace(:links, '{id}', m.id)"),
}

_NAMES = tuple(FIELDS)


@lru_cache(maxsize=128)
def _expression(names: tuple[str, ...]) -> str:
    if not names:
        return "'{}'"
    return "'{' || substr(" + " || ".join(FIELDS[name] for name in names) + ", 2) || '}'"


@lru_cache(maxsize=256)
def _links(base_url: str, list_id: str) -> str:
    collection = f"{base_url}/lists/{list_id}/members"
    links = [
        {
            "rel": relation,
            "href": collection if place is None else f"{collection}/{{id}}{place}",
            "method": method,
            "targetSchema": f"{base_url.removesuffix('/3.0')}/schema/3.0/Definitions/Lists/Members/Response.json",
        }
        for relation, method, place in LINK_PLACES
    ]
    return json.dumps(links, separators=(",", ":"))


def select_members(
    call: Call, audience: Audience, selection: Selection, source: str, values: dict[str, Any]
) -> list[str]:
    """Return members as JSON texts; `source` is the statement from FROM on, naming the members `m`."""
    names = _NAMES if selection == EVERYTHING else tuple(name for name in FIELDS if selection.has(name))
    values = values | {"links": _links(call.base_url, audience.list_id)}
    # Only expressions of this module and placeholders go into the statement.
    rows = call.world.db.named(f"SELECT {_expression(names)} {source}", values)
    texts = [row[0] for row in rows]
    if selection.is_shallow():
        return texts
    return [json.dumps(selection.apply(json.loads(text)), separators=(",", ":")) for text in texts]


def member_json(call: Call, audience: Audience, pk: int) -> str:
    """Return one member as the caller selected it."""
    return select_members(call, audience, call.selection, "FROM member m WHERE m.pk = :pk", {"pk": pk})[0]
