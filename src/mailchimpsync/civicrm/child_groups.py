"""Groups within groups: CiviCRM mails the child groups of a mailing group too, but their contacts are not in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from mailchimpsync.civicrm.http.client import CIVICRM, CivicrmClient
from mailchimpsync.http import unreadable_answer


class _Group(TypedDict):
    id: int
    title: str
    children: list[int] | None  # real sites send the ids as text


_GROUPS = TypeAdapter(list[_Group])
GROUPS_MAX = 1_000


def child_groups(client: CivicrmClient, group_ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    """Return the titles of the groups that are directly within others, by the outer group; only where there are any.

    Raises:
        RemoteError: CiviCRM can't be asked.
    """
    outer = [one for one in _read(client, group_ids) if one["children"]]
    inner = {child for one in outer for child in one["children"] or ()}
    titles = {one["id"]: one["title"] for one in _read(client, inner)} if inner else {}
    return {one["id"]: tuple(titles.get(key, f"group {key}") for key in one["children"] or ()) for one in outer}


def _read(client: CivicrmClient, group_ids: Collection[int]) -> list[_Group]:
    where = [["id", "IN", sorted(group_ids)]]
    params = {"select": ["id", "title", "children"], "where": where, "limit": GROUPS_MAX}
    try:
        return _GROUPS.validate_python(client.call("Group", "get", params))
    except ValidationError:
        raise unreadable_answer(CIVICRM, "groups without their fields") from None
