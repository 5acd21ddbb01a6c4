"""`GET /search-members`: by address or name, in one audience or all.

See docs/reference/mailchimp-behaviour.md#searching-members.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.problems import bad_request
from mailchimpsync_sandbox.mailchimp.http.selection import EVERYTHING
from mailchimpsync_sandbox.mailchimp.members.json import select_members

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.http.call import Call
    from mailchimpsync_sandbox.mailchimp.world import Audience

FOUND_MAX = 30
_EXACT = "m.address = :query"
_FULL = (
    "instr(m.address, :query) OR instr(lower(COALESCE(m.merge_fields ->> '$.FNAME', '') || ' ' ||"
    " COALESCE(m.merge_fields ->> '$.LNAME', '')), :query)"
)


def search_members(call: Call) -> dict[str, Any]:
    """Return exact matches of the address, and all that have the words in address or name; archived ones not."""
    query = call.query.get("query", "").strip().lower()
    if not query:
        raise bad_request("The query parameter is required.")
    audiences = _audiences(call)
    answer = {key: _found(call, audiences, key, query) for key in ("exact_matches", "full_search")}
    return answer | {"_links": call.links("/search-members")}


def _audiences(call: Call) -> list[Audience]:
    if list_id := call.query.get("list_id"):
        return [call.world.audience(list_id, call.account.account_id)]
    rows = call.world.db.all("SELECT list_id FROM audience WHERE account_id = ?", call.account.account_id)
    return [call.world.audience(row["list_id"]) for row in rows]


def _found(call: Call, audiences: list[Audience], key: str, query: str) -> dict[str, Any]:
    condition = _EXACT if key == "exact_matches" else _FULL
    where = f"m.list_id = :list_id AND m.status <> 'archived' AND ({condition})"
    members, total = list[Any](), 0
    for audience in audiences:
        values = {"list_id": audience.list_id, "query": query}
        source = f"FROM member m WHERE {where} ORDER BY m.pk LIMIT {FOUND_MAX - len(members)}"
        members += [json.loads(text) for text in select_members(call, audience, EVERYTHING, source, values)]
        total += call.world.db.named(f"SELECT count(*) FROM member m WHERE {where}", values)[0][0]  # noqa: S608 (own words)
    return {"members": members, "total_items": total}
