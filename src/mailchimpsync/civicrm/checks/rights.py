"""Proof, permission by permission, of what a key's user may do in CiviCRM. It changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from mailchimpsync.civicrm.http.client import Call, CivicrmClient, Result
from mailchimpsync.errors import SMALLEST, AccessError, Code, RemoteError, Right, quoted
from mailchimpsync.messages import say

NO_CONTACT = 2_000_000_000
"""An id that no contact has: far beyond what a site counts up to, and within what every CiviCRM takes as an id."""

SEES_ALL: Call = ("Contact", "checkAccess", {"action": "update", "values": {"id": NO_CONTACT}})
"""Granted only to a user with “edit all contacts”: no ACL reaches a contact that does not exist.

Why that proves that nothing is hidden: docs/decisions/hidden-contacts.md.
"""

SEES_TRASH: Call = ("Contact", "get", {"select": ["id"], "where": [["is_deleted", "=", True]], "limit": 1})
"""Finds nothing without “access deleted contacts”, and nothing either where the trash is empty."""

SEES_ACTIVITIES: Call = ("Activity", "checkAccess", {"action": "create", "values": {"subject": ""}})
"""Granted to a user with “view all activities”."""

GROUPS_MAX = 100
"""In how many groups hidden contacts are counted."""


class RightState(StrEnum):
    """Whether a user has a right; `unknown` where nothing on this site would show the difference."""

    GRANTED = "granted"
    LACKING = "lacking"
    UNKNOWN = "unknown"


Results = Mapping[str, Result | RemoteError]
Rights = Mapping[Right, RightState]


def _look(entity: str) -> Call:
    return entity, "get", {"select": ["id"], "limit": 1}


def _may(entity: str, values: Mapping[str, object]) -> Call:
    return entity, "checkAccess", {"action": "create", "values": values}


_CALLS: Mapping[str, Call] = {
    "access": _look("Group"),
    "all": SEES_ALL,
    "add": _may("Contact", {"contact_type": "Individual"}),
    "activities": SEES_ACTIVITIES,
    "memberships": _look("Membership"),
    "donations": _look("Contribution"),
    "custom": _look("CustomField"),
    "fields": _may("CustomField", {"label": ""}),
    "types": _may("OptionValue", {"label": ""}),
    "trash": SEES_TRASH,
    "counted": (
        "Group",
        "get",
        {
            "select": ["id", "contact_count"],
            "where": [["saved_search_id", "IS NULL"], ["children", "IS EMPTY"]],
            "orderBy": {"id": "ASC"},
            "limit": GROUPS_MAX,
        },
    ),
    "shown": (
        "GroupContact",
        "get",
        {"select": ["group_id", "COUNT(id) AS shown"], "where": [["status", "=", "Added"]], "groupBy": ["group_id"]},
    ),
}


def prove_rights(client: CivicrmClient) -> Rights:
    """Return whether the key's user has each permission, in one request.

    Raises:
        AccessError: `CV_AUTH`, the key is not accepted. TransientError: CiviCRM can't be asked.
    """
    results = client.multi(_CALLS)
    rights = {right: prove(results) for right, prove in _PROOFS.items()}
    if rights[Right.ACCESS] is RightState.LACKING:  # CiviCRM refuses the rest then whatever else is granted
        rights |= {
            right: RightState.UNKNOWN for right, name in _AFTER_ACCESS.items() if not is_surely_granted(results[name])
        }
    return rights


def check_rights(client: CivicrmClient) -> Rights:
    """Check, when connecting, that the key's user has the smallest set of rights; return the state of all.

    Raises:
        AccessError: `CV_SEES_PART`, `CV_NO_PERMISSION`: some are missing; says which.
    """
    rights = prove_rights(client)
    if lacking := [right for right in SMALLEST if rights[right] is RightState.LACKING]:
        code = Code.CV_SEES_PART if lacking == [Right.EDIT] else Code.CV_NO_PERMISSION
        # Without “access CiviCRM” some of the others can't be told: the remedy then names all of them.
        known = lacking if rights[Right.ACCESS] is not RightState.LACKING else ()
        raise AccessError(
            code, say("The CiviCRM key's user lacks %(permissions)s", permissions=quoted(lacking)), lacking=known
        )
    return rights


def hidden_contacts(client: CivicrmClient) -> dict[int, int]:
    """Return, by group, how many contacts CiviCRM counts in it and does not show."""
    return hidden_by_group(client.multi({name: _CALLS[name] for name in ("counted", "shown")}))


def hidden_by_group(results: Results) -> dict[int, int]:
    """Return, by group, how many contacts CiviCRM counts and doesn't show; empty if not known."""
    counted, shown = results["counted"], results["shown"]
    if isinstance(counted, RemoteError) or isinstance(shown, RemoteError):
        return {}
    seen = {row.get("group_id"): row.get("shown") or 0 for row in shown.values}
    numbers = {row["id"]: row.get("contact_count") for row in counted.values}
    found = {key: number - seen.get(key, 0) for key, number in numbers.items() if isinstance(number, int)}
    return {key: number for key, number in found.items() if number > 0}


def is_granted(result: Result | RemoteError) -> bool:
    """Say whether `checkAccess` said yes; an error other than a refusal is raised."""
    if isinstance(result, AccessError):
        return False
    if isinstance(result, RemoteError):
        raise result
    return bool(result.values) and all(row.get("access") is True for row in result.values)


def is_surely_granted(result: Result | RemoteError) -> bool:
    """Say whether `checkAccess` said yes; no answer means no."""
    return not isinstance(result, RemoteError) and is_granted(result)


def is_shown(result: Result | RemoteError) -> bool:
    """Say whether a query found something."""
    return isinstance(result, Result) and any(row.get("id") for row in result.values)


def _checked(name: str) -> Callable[[Results], RightState]:
    """What `checkAccess` said."""
    return lambda results: RightState.GRANTED if is_granted(results[name]) else RightState.LACKING


def _proved_by_refusal(name: str) -> Callable[[Results], RightState]:
    """A query that is refused without the permission."""

    def prove(results: Results) -> RightState:
        if isinstance(results[name], AccessError):
            return RightState.LACKING
        return RightState.UNKNOWN if isinstance(results[name], RemoteError) else RightState.GRANTED

    return prove


def _proved_by_result(name: str) -> Callable[[Results], RightState]:
    """A query that finds nothing without the permission, or if there is nothing to find."""

    def prove(results: Results) -> RightState:
        return RightState.GRANTED if is_shown(results[name]) else RightState.UNKNOWN

    return prove


def _trash(results: Results) -> RightState:
    """A trashed contact is shown; or contacts are counted in a group and not shown, although no ACL hides them."""
    if _proved_by_result("trash")(results) is RightState.GRANTED:
        return RightState.GRANTED
    hides = is_surely_granted(results["all"]) and hidden_by_group(results)
    return RightState.LACKING if hides else RightState.UNKNOWN


def _view(results: Results) -> RightState:
    """“Edit all contacts” implies it; without that right, an ACL may show as much."""
    return RightState.GRANTED if is_granted(results["all"]) else RightState.UNKNOWN


_PROOFS: Mapping[Right, Callable[[Results], RightState]] = {
    Right.ACCESS: _proved_by_refusal("access"),
    Right.VIEW: _view,
    Right.EDIT: _checked("all"),
    Right.ADD: _checked("add"),
    Right.KEY: lambda _results: RightState.GRANTED,
    Right.TRASH: _trash,
    Right.ACTIVITIES: _checked("activities"),
    Right.MEMBERSHIPS: _proved_by_refusal("memberships"),
    Right.DONATIONS: _proved_by_refusal("donations"),
    Right.CUSTOM_DATA: _proved_by_result("custom"),
    Right.MAKE_FIELDS: _checked("fields"),
    Right.MAKE_TYPES: _checked("types"),
}
_AFTER_ACCESS: Mapping[Right, str] = {
    Right.ADD: "add",
    Right.ACTIVITIES: "activities",
    Right.MEMBERSHIPS: "memberships",
    Right.DONATIONS: "donations",
    Right.MAKE_FIELDS: "fields",
    Right.MAKE_TYPES: "types",
}
