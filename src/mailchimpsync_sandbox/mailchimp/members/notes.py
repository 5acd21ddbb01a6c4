"""Notes and events of a member."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.call import check_types
from mailchimpsync_sandbox.mailchimp.http.problems import not_validated
from mailchimpsync_sandbox.mailchimp.members import store
from mailchimpsync_sandbox.mailchimp.times import read_time, stamp

if TYPE_CHECKING:
    import sqlite3

    from mailchimpsync_sandbox.mailchimp.http.call import Call

NOTE_LENGTH_MAX = 1000
_EVENT_NAME = re.compile(r"[A-Za-z0-9_-]{2,30}")


def _member(call: Call) -> sqlite3.Row:
    return store.get(call.world.db, call.audience.list_id, call.ids["subscriber_hash"])


def _shown(call: Call, member: sqlite3.Row, note: sqlite3.Row) -> dict[str, Any]:
    path = f"/lists/{member['list_id']}/members/{member['id']}/notes/{note['id']}"
    ids = {"list_id": member["list_id"], "email_id": member["id"], "contact_id": member["contact_id"]}
    own = {name: note[name] for name in ("id", "created_at", "created_by", "updated_at", "note")}
    return own | ids | {"_links": call.links(path)}


def list_notes(call: Call) -> dict[str, Any]:
    """`GET .../notes`, newest first."""
    member = _member(call)
    rows = call.world.db.all("SELECT * FROM note WHERE member = ? ORDER BY id DESC", member["pk"])
    path = f"/lists/{member['list_id']}/members/{member['id']}/notes"
    shown = [_shown(call, member, row) for row in rows]
    return call.collection("notes", shown, path, email_id=member["id"], list_id=member["list_id"])


def create_note(call: Call) -> dict[str, Any]:
    """`POST .../notes`; last_changed stays."""
    member, body = _member(call), call.required("note")
    check_types(body, {"note": str})
    if len(body["note"]) > NOTE_LENGTH_MAX:
        raise not_validated(("note", f"This value is too long. It should have {NOTE_LENGTH_MAX} characters or less."))
    number, now = call.world.db.next("note"), call.world.now()
    author = call.account.details["account_name"]
    values = (number, member["pk"], now, author, now, body["note"])
    call.world.db.run("INSERT INTO note VALUES (?, ?, ?, ?, ?, ?)", *values)
    row = call.world.db.all("SELECT * FROM note WHERE id = ?", number)[0]
    return _shown(call, member, row)


def list_events(call: Call) -> dict[str, Any]:
    """`GET .../events`, newest first."""
    member = _member(call)
    rows = call.world.db.all("SELECT body FROM event WHERE member = ? ORDER BY id DESC", member["pk"])
    path = f"/lists/{member['list_id']}/members/{member['id']}/events"
    return call.collection("events", [json.loads(row["body"]) for row in rows], path)


def create_event(call: Call) -> None:
    """`POST .../events`."""
    member, body = _member(call), call.required("name")
    check_types(body, {"name": str, "properties": dict, "occurred_at": str, "is_syncing": bool})
    if not _EVENT_NAME.fullmatch(body["name"]):
        raise not_validated(("name", "Event names have 2 to 30 letters, digits, dashes and underscores."))
    at = read_time(body.get("occurred_at")) or call.world.clock.now()
    event = {"occurred_at": stamp(at), "name": body["name"], "properties": body.get("properties") or {}}
    call.world.db.run("INSERT INTO event (member, body) VALUES (?, ?)", member["pk"], json.dumps(event))
