"""Refusals that a test plants for changes of members, also in batches, with what the real service says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http import problems
from mailchimpsync_sandbox.mailchimp.http.dispatch import Answer, refusal
from mailchimpsync_sandbox.mailchimp.ids import member_id

if TYPE_CHECKING:
    from collections.abc import Callable

_BY_STATUS: dict[int, Callable[[], problems.Problem]] = {
    401: problems.key_invalid,
    403: lambda: problems.triggered("Forbidden"),
    429: lambda: problems.too_many_connections(10),
    500: problems.internal_error,
}


def refused_as_planted(planted: list[dict[str, Any]], path: str) -> Answer | None:
    """Return the refusal planted for an operation on a path, or None; and count it down."""
    for one in planted:
        address, times = one.get("address"), one.get("times")
        if times == 0 or (address is not None and member_id(address) not in path):
            continue
        if times is not None:
            one["times"] = times - 1
        return refusal(_BY_STATUS[one["status"]](), "")
    return None
