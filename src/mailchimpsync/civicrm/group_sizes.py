"""How many contacts are in each of many groups, for showing only."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from mailchimpsync.civicrm.http.client import CIVICRM, CivicrmClient
from mailchimpsync.http import unreadable_answer


class _Size(TypedDict):
    group_id: int
    size: int


_SIZES = TypeAdapter(list[_Size])


def group_sizes(client: CivicrmClient, group_ids: Collection[int]) -> dict[int, int]:
    """Return how many contacts were added to each of some groups and are not in the trash, in one request.

    Raises:
        TransientError, AccessError: CiviCRM can't be asked.
    """
    if not group_ids:
        return {}
    params = {
        "select": ["group_id", "COUNT(id) AS size"],
        "where": [
            ["group_id", "IN", list(group_ids)],
            ["status", "=", "Added"],
            ["contact_id.is_deleted", "=", False],
        ],
        "groupBy": ["group_id"],
    }
    try:
        found = _SIZES.validate_python(client.call("GroupContact", "get", params))
    except ValidationError:
        raise unreadable_answer(CIVICRM, "the numbers of contacts in groups") from None
    sizes = {one["group_id"]: one["size"] for one in found}
    return {group_id: sizes.get(group_id, 0) for group_id in group_ids}
