"""`POST /lists/{list_id}`: up to 500 members in one call (docs/reference/mailchimp-behaviour.md#writing-members)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.call import check_types
from mailchimpsync_sandbox.mailchimp.http.problems import Problem, bad_request, not_validated
from mailchimpsync_sandbox.mailchimp.members import store, tagging
from mailchimpsync_sandbox.mailchimp.members.json import member_json
from mailchimpsync_sandbox.mailchimp.members.rules import Write, write_member

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.http.call import Call


class _RowError(Exception):
    """A row that can't be written, for a reason specific to this call."""

    def __init__(self, message: str, code: str = "ERROR_GENERIC") -> None:
        super().__init__(message)
        self.code = code


def write_members(call: Call) -> dict[str, Any]:
    """Create or change members one by one; refusals are reported, the rest is done."""
    audience, body = call.audience, call.object()
    check_types(body, {"members": list, "update_existing": bool, "sync_tags": bool})
    members, limit = body.get("members"), call.world.options.bulk_max
    if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
        raise not_validated(("members", "This value should be an array of members."))
    if len(members) > limit:
        raise bad_request(
            f"Maximum allowed member items exceeded, please provide at most {limit} items in members field"
        )
    answer: dict[str, Any] = {"new_members": [], "updated_members": [], "errors": []}
    seen: set[str] = set()
    for member in members:
        try:
            _write_row(call, member, seen, answer)
        except (Problem, _RowError) as error:
            answer["errors"].append(_error(member, error))
    totals = (("total_created", "new_members"), ("total_updated", "updated_members"), ("error_count", "errors"))
    answer |= {name: len(answer[key]) for name, key in totals}
    return answer | {"_links": call.links(f"/lists/{audience.list_id}")}


def _write_row(call: Call, member: dict[str, Any], seen: set[str], answer: dict[str, Any]) -> None:
    audience, db = call.audience, call.world.db
    address = str(member.get("email_address") or "").strip()
    if address.lower() in seen:
        if call.flag("skip_duplicate_check"):
            return
        raise _RowError(f"{address} appears more than once in this request.")
    seen.add(address.lower())
    existing = store.by_address(db, audience.list_id, address)
    is_live = existing is not None and existing["status"] != "archived"
    if is_live and not call.body.get("update_existing"):
        message = f"{address} is already a list member, do you want to update? please provide update_existing:true"
        raise _RowError(f"{message} in the request body", "ERROR_CONTACT_EXISTS")
    tags = [str(tag) for tag in member.get("tags") or []]
    write = Write(call.world, audience, "PUT", member, call.ip, call.flag("skip_merge_validation"))
    pk = write_member(write, existing)
    if is_live and call.body.get("sync_tags"):
        _keep_only(call, pk, tags)
    answer["updated_members" if is_live else "new_members"].append(json.loads(member_json(call, audience, pk)))


def _keep_only(call: Call, pk: int, tags: list[str]) -> None:
    sql = "SELECT s.name FROM tagging t JOIN segment s ON s.id = t.segment WHERE t.member = ?"
    kept = {tag.lower() for tag in tags}
    others = [row["name"] for row in call.world.db.all(sql, pk) if row["name"].lower() not in kept]
    if tagging.set_tags(call.world, call.audience.list_id, pk, dict.fromkeys(others, False)):
        store.update(call.world.db, pk, {"last_changed": call.world.now()})


def _error(member: dict[str, Any], error: Problem | _RowError) -> dict[str, Any]:
    code = error.code if isinstance(error, _RowError) else "ERROR_GENERIC"
    field, message = error.errors[0] if isinstance(error, Problem) and error.errors else ("", "")
    return {
        "email_address": str(member.get("email_address") or ""),
        "error": str(error),
        "error_code": code,
        "field": field,
        "field_message": message,
    }
