"""Segments, of which the static ones are tags (docs/reference/mailchimp-behaviour.md#tags-and-segments)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.call import check_types
from mailchimpsync_sandbox.mailchimp.http.problems import bad_request, not_found
from mailchimpsync_sandbox.mailchimp.http.selection import Selection
from mailchimpsync_sandbox.mailchimp.members import store, tagging
from mailchimpsync_sandbox.mailchimp.members.json import select_members
from mailchimpsync_sandbox.mailchimp.times import bound

if TYPE_CHECKING:
    import sqlite3

    from mailchimpsync_sandbox.mailchimp.http.call import Call

ADDRESSES_MAX = 500
_TYPES: dict[str, type | tuple[type, ...]] = {"name": str, "static_segment": list, "options": dict}
# What the API leaves out of members as segments show them (subset: ListMembers3).
_LEFT_OUT = ("tags", "tags_count", "contact_id", "web_id", "source", "consents_to_one_to_one_messaging")
_BARE = Selection(None, {name: {} for name in _LEFT_OUT})


def _shown(call: Call, segment: sqlite3.Row) -> dict[str, Any]:
    sql = (
        "SELECT count(*) FROM tagging t JOIN member m ON m.pk = t.member"
        " WHERE t.segment = ? AND m.status = 'subscribed'"
    )
    answer = {
        "id": segment["id"],
        "name": segment["name"],
        "member_count": call.world.db.value(sql, segment["id"]),
        "type": segment["type"],
        "created_at": segment["created_at"],
        "updated_at": segment["updated_at"],
    }
    if segment["type"] == "saved":
        answer["options"] = json.loads(segment["options"])
    path = f"/lists/{segment['list_id']}/segments/{segment['id']}"
    links = call.links(path, ("update", "PATCH"), ("delete", "DELETE"))
    return answer | {"list_id": segment["list_id"], "_links": links}


def list_segments(call: Call) -> dict[str, Any]:
    """`GET .../segments`, by type and by dates of making and change."""
    list_id = call.audience.list_id
    rows = call.world.db.all("SELECT * FROM segment WHERE list_id = ? ORDER BY id", list_id)
    shown = [_shown(call, row) for row in rows if _wanted(call, row)]
    return call.collection("segments", shown, f"/lists/{list_id}/segments", list_id=list_id)


def _wanted(call: Call, segment: sqlite3.Row) -> bool:
    if call.query.get("type") not in (None, "", segment["type"]):
        return False
    for name in ("created_at", "updated_at"):
        since, before = bound(call.query.get(f"since_{name}")), bound(call.query.get(f"before_{name}"))
        if (since and segment[name] <= since) or (before and segment[name] >= before):
            return False
    return True


def _named(call: Call) -> sqlite3.Row:
    sql = "SELECT * FROM segment WHERE list_id = ? AND id = ?"
    row = call.world.db.one(sql, call.audience.list_id, call.ids["segment_id"])
    if row is None:
        raise not_found()
    return row


def get_segment(call: Call) -> dict[str, Any]:
    """`GET .../segments/{segment_id}`."""
    return _shown(call, _named(call))


def create_segment(call: Call) -> dict[str, Any]:
    """`POST .../segments`: with `static_segment` a tag (its name free), with `options` a saved segment."""
    body, list_id = call.required("name"), call.audience.list_id
    check_types(body, _TYPES)
    kind = "static" if "static_segment" in body else "saved"
    if kind == "static" and tagging.tag_id(call.world, list_id, body["name"], create=False) is not None:
        raise bad_request("Sorry, that tag already exists.")
    options = json.dumps(body.get("options") or {"match": "any", "conditions": []})
    number = tagging.new_segment(call.world, list_id, body["name"], kind, options)
    call.ids["segment_id"] = str(number)
    _put_members(call, number, body.get("static_segment") or [], [])
    return _shown(call, _named(call))


def change_segment(call: Call) -> dict[str, Any]:
    """`PATCH .../segments/{segment_id}`: a given `static_segment` replaces all members."""
    segment, body = _named(call), call.object()
    check_types(body, _TYPES)
    sql = "UPDATE segment SET name = ?, options = ?, updated_at = ? WHERE id = ?"
    options = json.dumps(body["options"]) if "options" in body else segment["options"]
    call.world.db.run(sql, body.get("name") or segment["name"], options, call.world.now(), segment["id"])
    if "static_segment" in body:
        call.world.db.run("DELETE FROM tagging WHERE segment = ?", segment["id"])
        _put_members(call, segment["id"], body["static_segment"], [])
    return _shown(call, _named(call))


def delete_segment(call: Call) -> None:
    """`DELETE .../segments/{segment_id}`."""
    call.world.db.run("DELETE FROM segment WHERE id = ?", _named(call)["id"])


def write_members(call: Call) -> dict[str, Any]:
    """`POST .../segments/{segment_id}`: add and remove by address; unknown ones are told of."""
    segment, body = _named(call), call.object()
    check_types(body, {"members_to_add": list, "members_to_remove": list})
    to_add, to_remove = body.get("members_to_add") or [], body.get("members_to_remove") or []
    if max(len(to_add), len(to_remove)) > ADDRESSES_MAX:
        raise bad_request(
            f"Maximum allowed member items exceeded, please provide at most {ADDRESSES_MAX} items"
            " in members_to_add field or members_to_remove field"
        )
    added, removed, unknown = _put_members(call, segment["id"], to_add, to_remove)
    errors = [{"email_addresses": unknown, "error": "Email addresses do not exist on the list"}] if unknown else []
    return {
        "members_added": added,
        "members_removed": removed,
        "errors": errors,
        "total_added": len(added),
        "total_removed": len(removed),
        "error_count": len(unknown),
        "_links": call.links(f"/lists/{segment['list_id']}/segments/{segment['id']}"),
    }


def _put_members(
    call: Call, segment: int, to_add: list[str], to_remove: list[str]
) -> tuple[list[Any], list[Any], list[str]]:
    world, unknown, done = call.world, list[str](), dict[bool, list[Any]]({True: [], False: []})
    for adding, addresses in ((True, to_add), (False, to_remove)):
        for address in addresses:
            member = store.by_address(world.db, call.audience.list_id, str(address))
            if member is None:
                unknown.append(str(address))
            elif (tagging.add_to_segment if adding else tagging.take_out)(world, member["pk"], segment):
                store.update(world.db, member["pk"], {"last_changed": world.now()})
                done[adding].append(_member(call, member["pk"]))
    return done[True], done[False], unknown


def _member(call: Call, pk: int) -> dict[str, Any]:
    text = select_members(call, call.audience, _BARE, "FROM member m WHERE m.pk = :pk", {"pk": pk})[0]
    member: dict[str, Any] = json.loads(text)
    return member


def list_members(call: Call) -> dict[str, Any]:
    """`GET .../segments/{segment_id}/members`: subscribed ones, others by `include_...`."""
    segment, (count, offset) = _named(call), call.page()
    shown = ["subscribed", *(s for s in ("cleaned", "transactional", "unsubscribed") if call.flag(f"include_{s}"))]
    names = ", ".join(f":status{number}" for number in range(len(shown)))
    source = f"FROM member m JOIN tagging t ON t.member = m.pk WHERE t.segment = :segment AND m.status IN ({names})"
    values = {"segment": segment["id"]} | {f"status{number}": status for number, status in enumerate(shown)}
    page = values | {"count": count, "offset": offset}
    texts = select_members(call, call.audience, _BARE, f"{source} ORDER BY m.pk LIMIT :count OFFSET :offset", page)
    total = call.world.db.named(f"SELECT count(*) {source}", values)[0][0]
    links = call.links(f"/lists/{segment['list_id']}/segments/{segment['id']}/members", ("create", "POST"))
    return {"members": [json.loads(text) for text in texts], "total_items": total, "_links": links}


def add_member(call: Call) -> dict[str, Any]:
    """`POST .../segments/{segment_id}/members`."""
    segment, body = _named(call), call.required("email_address")
    member = store.by_address(call.world.db, call.audience.list_id, str(body["email_address"]))
    if member is None:
        raise not_found()
    _put_members(call, segment["id"], [member["email_address"]], [])
    return _member(call, member["pk"])


def remove_member(call: Call) -> None:
    """`DELETE .../segments/{segment_id}/members/{subscriber_hash}`."""
    segment = _named(call)
    member = store.get(call.world.db, call.audience.list_id, call.ids["subscriber_hash"])
    if not tagging.take_out(call.world, member["pk"], segment["id"]):
        raise not_found()
    store.update(call.world.db, member["pk"], {"last_changed": call.world.now()})


def search_tags(call: Call) -> dict[str, Any]:
    """`GET .../tag-search`: tags whose name begins with `name`, in any case."""
    sql = "SELECT id, name FROM segment WHERE list_id = ? AND type = 'static' ORDER BY name"
    start = call.query.get("name", "").lower()
    rows = call.world.db.all(sql, call.audience.list_id)
    tags = [dict(row) for row in rows if row["name"].lower().startswith(start)]
    return {"tags": tags, "total_items": len(tags)}
