"""Members: `/lists/{list_id}/members` and below."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.call import check_types
from mailchimpsync_sandbox.mailchimp.http.problems import bad_request, cannot_archive, not_validated
from mailchimpsync_sandbox.mailchimp.members import store, tagging
from mailchimpsync_sandbox.mailchimp.members.json import member_json, select_members
from mailchimpsync_sandbox.mailchimp.members.rules import Method, Write, write_member
from mailchimpsync_sandbox.mailchimp.times import bound
from mailchimpsync_sandbox.mailchimp.webhooks import webhooks

if TYPE_CHECKING:
    import sqlite3

    from mailchimpsync_sandbox.mailchimp.http.call import Call
    from mailchimpsync_sandbox.mailchimp.world import World

ARCHIVABLE = ("subscribed", "unsubscribed", "transactional")
DEEP = 10_000  # rows; from there on it is cheaper to remember the keys than to skip the rows again
SORT_FIELDS = ("timestamp_opt", "timestamp_signup", "last_changed")
VISIBLE = "m.status <> 'archived'"  # the very words of the partial index
_DEFAULT_ORDER = "m.pk"
_TALLIED = frozenset(("m.list_id = :list_id", "m.status = :status", VISIBLE))
_NOT_AN_ID = re.compile(r"[^0-9a-zA-Z]")
_MATCH_WORDS = {"any": " OR ", "all": " AND ", "none": " OR "}

Filters = tuple[list[str], dict[str, Any]]


def list_members(call: Call) -> str:
    """`GET /lists/{list_id}/members`, filters ANDed; archived members only when asked for.

    See docs/reference/mailchimp-behaviour.md#reading-members.
    """
    audience, question = call.audience, _question(call)
    parts = []
    if call.selection.has("members"):
        parts.append(f'"members":[{",".join(_page(call, question))}]')
    if call.selection.has("list_id"):
        parts.append(f'"list_id":"{audience.list_id}"')
    if call.selection.has("total_items"):
        parts.append(f'"total_items":{_total_items(call.world, question)}')
    if call.selection.has("_links"):
        links = call.links(f"/lists/{audience.list_id}/members", ("create", "POST"))
        parts.append(f'"_links":{store.compact(links)}')
    return "{" + ",".join(parts) + "}"


@dataclass(frozen=True)
class _Question:
    """Which members are asked for, in which order, in SQL over `m`.

    A plain one is answered by an index in the default order, and counted by the tally.
    """

    where: str
    values: dict[str, Any]
    order: str
    is_plain: bool


def _question(call: Call) -> _Question:
    conditions, values = member_filters(call)
    order = _order(call)
    is_plain = _TALLIED.issuperset(conditions) and order == _DEFAULT_ORDER
    return _Question(" AND ".join(conditions), values, order, is_plain)


def _page(call: Call, question: _Question) -> list[str]:
    (count, offset), selection = call.page(), call.selection.below("members")
    if question.is_plain and offset < DEEP:
        source = f"FROM member m WHERE {question.where} ORDER BY {question.order} LIMIT :count OFFSET :offset"
        values = question.values | {"count": count, "offset": offset}
        return select_members(call, call.audience, selection, source, values)
    keys = call.world.member_keys.of(question.where, question.order, question.values)
    page = store.compact(keys[offset : offset + count].tolist())
    source = "FROM json_each(:page) j CROSS JOIN member m ON m.pk = j.value ORDER BY j.key"
    return select_members(call, call.audience, selection, source, {"page": page})


def _total_items(world: World, question: _Question) -> int:
    if not question.is_plain:
        return len(world.member_keys.of(question.where, question.order, question.values))
    sql = f"SELECT COALESCE(sum(m.members), 0) FROM tally m WHERE {question.where}"  # noqa: S608 (own words)
    return int(world.db.named(sql, question.values)[0][0])


def member_filters(call: Call) -> Filters:
    """Return the conditions, in SQL over `m`, that the query asks for.

    Raises:
        Problem: 400, `unsubscribed_since` without `status=unsubscribed`, or an interest filter that is not whole.
    """
    query = call.query
    conditions, values = ["m.list_id = :list_id"], dict[str, Any](list_id=call.audience.list_id)
    if status := query.get("status"):
        conditions.append("m.status = :status")
        values["status"] = status
    elif call.world.options.hide_archived:
        conditions.append(VISIBLE)
    for name in ("email_type", "unique_email_id"):
        if query.get(name):
            conditions.append(f"m.{name} = :{name}")
            values[name] = query[name]
    if call.flag("vip_only"):
        conditions.append("m.vip")
    _add_date_filters(call, conditions, values)
    _add_interest_filter(call, conditions, values)
    return conditions, values


def _add_date_filters(call: Call, conditions: list[str], values: dict[str, Any]) -> None:
    for column in ("timestamp_opt", "last_changed"):
        for word, sign in (("since", ">"), ("before", "<")):
            name = f"{word}_{column}"
            if (at := bound(call.query.get(name))) is not None:
                conditions.append(f"m.{column} {sign} :{name}")
                values[name] = at
    if "unsubscribed_since" in call.query:
        if call.query.get("status") != "unsubscribed":
            raise bad_request("The unsubscribed_since parameter can only be used with status=unsubscribed.")
        if (at := bound(call.query["unsubscribed_since"])) is not None:
            conditions.append("m.last_changed > :unsubscribed_since")
            values["unsubscribed_since"] = at


def _add_interest_filter(call: Call, conditions: list[str], values: dict[str, Any]) -> None:
    given = [call.query.get(name) for name in ("interest_category_id", "interest_ids", "interest_match")]
    if not any(given):
        return
    _category, ids, match = given
    if not all(given) or match not in _MATCH_WORDS:
        raise bad_request("interest_category_id, interest_ids and interest_match must be used together.")
    terms = []
    for number, interest in enumerate((ids or "").split(",")):
        values[f"interest{number}"] = f'$."{_NOT_AN_ID.sub("", interest)}"'
        terms.append(f"COALESCE(m.interests -> :interest{number} = 'true', 0)")
    term = f"({_MATCH_WORDS[match].join(terms)})"
    conditions.append(f"NOT {term}" if match == "none" else term)


def _order(call: Call) -> str:
    direction = "DESC" if call.query.get("sort_dir", "").upper() == "DESC" else "ASC"
    field = call.query.get("sort_field")
    return f"m.{field} {direction}, m.pk" if field in SORT_FIELDS else _DEFAULT_ORDER


def get_member(call: Call) -> str:
    """`GET /lists/{list_id}/members/{subscriber_hash}`, archived ones too."""
    return member_json(call, call.audience, _named(call)["pk"])


def _named(call: Call) -> sqlite3.Row:
    return store.get(call.world.db, call.audience.list_id, call.ids["subscriber_hash"])


def _write(call: Call, method: Method, existing: sqlite3.Row | None) -> str:
    audience, body = call.audience, call.object()
    write = Write(call.world, audience, method, body, call.ip, call.flag("skip_merge_validation"))
    return member_json(call, audience, write_member(write, existing))


def create_member(call: Call) -> str:
    """`POST /lists/{list_id}/members`; an archived address is revived."""
    call.required("email_address", "status")
    address = str(call.object()["email_address"]).strip()
    return _write(call, "POST", store.by_address(call.world.db, call.audience.list_id, address))


def put_member(call: Call) -> str:
    """`PUT .../{subscriber_hash}`: change, or make under the hash of the body's address.

    See docs/reference/mailchimp-behaviour.md#who-a-member-is.
    """
    existing = store.find(call.world.db, call.audience.list_id, call.ids["subscriber_hash"])
    address = str(call.object().get("email_address") or "")
    if existing is None and address:
        other = store.by_address(call.world.db, call.audience.list_id, address)
        return _write(call, "PUT" if other is None else "POST", other)
    return _write(call, "PUT", existing)


def patch_member(call: Call) -> str:
    """`PATCH .../{subscriber_hash}`."""
    return _write(call, "PATCH", _named(call))


def archive_member(call: Call) -> None:
    """`DELETE .../{subscriber_hash}`: the member is archived, not gone."""
    member = _named(call)
    if member["status"] not in ARCHIVABLE:
        raise cannot_archive()
    archive(call.world, member)
    webhooks.announce(call.world, call.audience, member["pk"], member, "api")


def archive(world: World, member: sqlite3.Row) -> None:
    """Hide a member's status behind `archived`."""
    values = {"status": "archived", "status_before": member["status"], "last_changed": world.now()}
    store.update(world.db, member["pk"], values)


def delete_member(call: Call) -> None:
    """`POST .../actions/delete-permanent`: the address is never to come back by the API."""
    member = _named(call)
    erase(call.world, member)
    webhooks.announce(call.world, call.audience, member["pk"], member, "api")


def erase(world: World, member: sqlite3.Row) -> None:
    """Delete a member and remember only that the address is forgotten."""
    store.delete(world.db, member["pk"])
    world.db.run("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", member["list_id"], member["address"])


def list_tags(call: Call) -> dict[str, Any]:
    """`GET .../tags`."""
    member = _named(call)
    sql = (
        "SELECT s.id, s.name, t.added_at AS date_added FROM tagging t JOIN segment s ON s.id = t.segment"
        " WHERE t.member = ? ORDER BY s.id"
    )
    tags = [dict(row) for row in call.world.db.all(sql, member["pk"])]
    return call.collection("tags", tags, f"/lists/{member['list_id']}/members/{member['id']}/tags")


def post_tags(call: Call) -> None:
    """`POST .../tags`: add and remove by name; a tag sent again moves last_changed, none at all does not."""
    member, body = _named(call), call.object()
    check_types(body, {"tags": list, "is_syncing": bool})
    tags = {}
    for tag in body.get("tags") or []:
        if not isinstance(tag, dict) or tag.get("status") not in ("active", "inactive") or not tag.get("name"):
            raise not_validated(("tags", "Data did not match any of the schemas described in anyOf."))
        tags[str(tag["name"])] = tag["status"] == "active"
    changed = tagging.set_tags(call.world, member["list_id"], member["pk"], tags)
    if changed or any(tags.values()):
        store.update(call.world.db, member["pk"], {"last_changed": call.world.now()})
