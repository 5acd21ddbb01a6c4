"""Merge fields of an audience (docs/reference/mailchimp-behaviour.md#merge-fields)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.audiences import new_merge_field
from mailchimpsync_sandbox.mailchimp.http.call import check_types
from mailchimpsync_sandbox.mailchimp.http.problems import bad_request, not_validated

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.documents import Document
    from mailchimpsync_sandbox.mailchimp.http.call import Call

FIELDS_MAX = 30
TYPES = ("text", "number", "address", "phone", "date", "url", "imageurl", "radio", "dropdown", "birthday", "zip")
_TAG = re.compile(r"[A-Z0-9_]{1,10}")
_CHANGEABLE = ("tag", "name", "required", "default_value", "public", "display_order", "options", "help_text")


def _shown(call: Call, field: Document) -> dict[str, Any]:
    path = f"/lists/{field['list_id']}/merge-fields/{field['merge_id']}"
    return field | {"_links": call.links(path, ("update", "PATCH"), ("delete", "DELETE"))}


def list_fields(call: Call) -> dict[str, Any]:
    """`GET .../merge-fields`, without the address itself."""
    list_id, query = call.audience.list_id, call.query
    shown = [
        _shown(call, field)
        for field in call.world.documents.all("merge_field", list_id)
        if query.get("type") in (None, "", field["type"])
        and ("required" not in query or call.flag("required") == field["required"])
    ]
    return call.collection("merge_fields", shown, f"/lists/{list_id}/merge-fields", list_id=list_id)


def _named(call: Call) -> Document:
    return call.world.documents.get("merge_field", call.audience.list_id, call.ids["merge_id"])


def get_field(call: Call) -> dict[str, Any]:
    """`GET .../merge-fields/{merge_id}`."""
    return _shown(call, _named(call))


def create_field(call: Call) -> dict[str, Any]:
    """`POST .../merge-fields`; every member has it empty, or with its default."""
    audience, body, world = call.audience, call.required("name", "type"), call.world
    _check(call, body)
    if len(audience.merge_fields) >= FIELDS_MAX:
        raise bad_request(f"This list already has the maximum of {FIELDS_MAX} merge fields.")
    number = max((field["merge_id"] for field in audience.merge_fields.values()), default=0) + 1
    field = new_merge_field(audience.list_id, number, body)
    world.documents.put("merge_field", audience.list_id, number, field)
    sql = "UPDATE member SET merge_fields = json_set(merge_fields, ?, ?) WHERE list_id = ?"
    world.db.run(sql, f"$.{field['tag']}", field["default_value"], audience.list_id)
    world.changed(audience.list_id)
    return _shown(call, field)


def change_field(call: Call) -> dict[str, Any]:
    """`PATCH .../merge-fields/{merge_id}`; a new tag takes the values along."""
    field, body, world = _named(call), call.object(), call.world
    _check(call, body)
    changed = field | {name: body[name] for name in _CHANGEABLE if name in body}
    changed["options"] = field["options"] | (body.get("options") or {})
    world.documents.put("merge_field", field["list_id"], field["merge_id"], changed)
    if changed["tag"] != field["tag"]:
        sql = (
            "UPDATE member SET merge_fields = json_remove("
            "json_set(merge_fields, ?, json(merge_fields -> ?)), ?) WHERE list_id = ?"
        )
        old, new = f"$.{field['tag']}", f"$.{changed['tag']}"
        world.db.run(sql, new, old, old, field["list_id"])
    world.changed(field["list_id"])
    return _shown(call, changed)


def delete_field(call: Call) -> None:
    """`DELETE .../merge-fields/{merge_id}`, with all values."""
    field, world = _named(call), call.world
    world.documents.remove("merge_field", field["list_id"], field["merge_id"])
    sql = "UPDATE member SET merge_fields = json_remove(merge_fields, ?) WHERE list_id = ?"
    world.db.run(sql, f"$.{field['tag']}", field["list_id"])
    world.changed(field["list_id"])


def _check(call: Call, body: Document) -> None:
    check_types(body, {"tag": str, "name": str, "type": str, "required": bool, "default_value": str, "options": dict})
    if body.get("type") not in (None, *TYPES):
        raise not_validated(("type", "Data did not match any of the schemas described in anyOf."))
    tag = body.get("tag")
    if tag and not _TAG.fullmatch(tag):
        raise not_validated(("tag", "Merge tags have at most 10 of the characters A-Z, 0-9 and _."))
    other = call.audience.merge_fields.get(tag or "")
    if other is not None and str(other["merge_id"]) != call.ids.get("merge_id"):
        raise bad_request(f'A Merge Field with the tag "{tag}" already exists for this list.')
