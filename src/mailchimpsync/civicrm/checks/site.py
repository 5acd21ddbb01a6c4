"""Proof that a site is the configured one, and that its key sees what is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.civicrm.checks import landmarks as back
from mailchimpsync.civicrm.checks import visibility
from mailchimpsync.civicrm.checks.landmarks import LandmarkView, LookBack
from mailchimpsync.civicrm.checks.rights import SEES_ALL, is_granted
from mailchimpsync.civicrm.checks.visibility import SEES_NOTHING, Visibility
from mailchimpsync.civicrm.http.client import CIVICRM, Call, CivicrmClient, Result, succeeded
from mailchimpsync.civicrm.http.unreadable_rows import UnreadableRow, readable_values
from mailchimpsync.civicrm.site_clock import SiteClock
from mailchimpsync.civicrm.times import offset_of
from mailchimpsync.errors import AccessError, Code, EvidenceError, RemoteError, Right, quoted
from mailchimpsync.http import unreadable_answer
from mailchimpsync.messages import say

GROUPS_MAX = 1_000

_Group = TypedDict(
    "_Group",
    {
        "id": int,
        "title": str,
        "is_active": bool,
        "is_hidden": bool,
        "saved_search_id": int | None,
        "group_type:name": list[str] | None,
    },
)
_GROUP = TypeAdapter(_Group)
_GROUP_FIELDS = list(_Group.__annotations__)
_GROUPS_WANTED: dict[str, Any] = {"select": _GROUP_FIELDS, "limit": GROUPS_MAX}
_CLOCK: Call = ("Contact", "get", {"select": ["id", "NOW() AS now"], "limit": 1})
"""Any entity gives the time; this one needs no permission beyond those of a sync."""


@dataclass(frozen=True, slots=True)
class Group:
    """A CiviCRM group; `types` are names such as `Mailing List`; the contacts of a smart one are found by a search."""

    id: int
    title: str
    is_active: bool = True
    is_hidden: bool = False
    is_smart: bool = False
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteCheck:
    """What was proved: `clock` is how its times are read; `view` is what was found looking back.

    `visibility` says what can be seen of contacts that are not there any more.
    """

    clock: SiteClock
    groups: Mapping[int, Group]
    view: LandmarkView | None = None
    visibility: Visibility = SEES_NOTHING


def site(
    client: CivicrmClient, group_ids: Sequence[int], now: datetime | None = None, *, look_back: LookBack | None = None
) -> SiteCheck:
    """Check, in one request, the key's rights, the clock and the groups; the first group is the subscription group.

    `now` (aware) is our time; None reads the client's clock when the answer arrives, which is better after retries.
    With `look_back` the same request asks for what was seen before; what that means is for the caller to say.

    Raises:
        AccessError: `CV_NO_PERMISSION`: the key has no user, or its user sees no contact but its own, or no groups.
        CiviCRM
            answers such a user with empty lists, which must not be taken for the truth. `CV_SEES_PART`: it may see some
            contacts only, so hidden contacts can't be told from those that are gone.
        EvidenceError: `CV_CLOCK`, `CV_GROUP_GONE`, `CV_GROUP_INACTIVE`, `CV_GROUP_SMART`.
    """
    again = back.calls(group_ids, look_back) if look_back is not None else {}
    results = client.multi({**_identity_calls(), **_about(group_ids), **visibility.CALLS, **again})
    _check_sees_all(results["all"])
    _other_contact(results)
    clock = _clock(client, results["clock"], now)
    groups = _usable_groups(results["groups"], group_ids)
    view = back.view_of(results, clock.offset, look_back) if look_back is not None else None
    return SiteCheck(clock, groups, view, visibility.visibility_of(results))


def site_changes(client: CivicrmClient, group_ids: Sequence[int], since: str) -> SiteCheck:
    """Return, in one small request, clock and groups, and in which seconds contacts and groups changed since a time.

    It proves that the key's user sees every contact, as changes of hidden ones would be missed.

    Raises:
        AccessError: `CV_SEES_PART`.
        EvidenceError: as `site`.
    """
    results = client.multi({"all": SEES_ALL, **_about(group_ids), **back.change_calls(group_ids, since)})
    _check_sees_all(results["all"])
    clock = _clock(client, results["clock"], None)
    groups = _usable_groups(results["groups"], group_ids)
    modified, history = back.seconds_of_changes(since, results)
    return SiteCheck(clock, groups, LandmarkView((), {}, {}, modified=modified, history=history))


def site_clock(client: CivicrmClient) -> SiteClock:
    """Return how the site's times are read.

    Raises:
        EvidenceError: `CV_CLOCK`, no time zone explains the difference; `CV_TIME_ZONE`, not the configured one.
        AccessError: `CV_NO_PERMISSION`.
    """
    return _clock(client, client.multi({"clock": _CLOCK})["clock"], None)


def groups(client: CivicrmClient, group_ids: Collection[int]) -> dict[int, Group]:
    """Return those of some groups that CiviCRM shows, whatever their state."""
    ids = list(group_ids)
    found: dict[int, Group] = {}
    for start in range(0, len(ids), GROUPS_MAX):
        some = ids[start : start + GROUPS_MAX]
        params = {**_GROUPS_WANTED, "where": [["id", "IN", some]]}
        found |= _groups_asked(client.call("Group", "get", params), some)
    return found


def mailing_groups(client: CivicrmClient) -> list[Group]:
    """Return the groups a connection can use: active mailing groups that are not smart, by title.

    A group that can't be read is left out.
    """
    params = {
        "select": _GROUP_FIELDS,
        "where": [
            ["group_type:name", "CONTAINS", "Mailing List"],
            ["is_active", "=", True],
            ["is_hidden", "=", False],
        ],
        "orderBy": {"title": "ASC"},
        "limit": GROUPS_MAX,
    }
    return [group for group in _groups(client.call("Group", "get", params))[0] if not group.is_smart]


def groups_like(client: CivicrmClient, given: str) -> list[Group]:
    """Return the groups with a title, or, where it is a number, with this id; of any kind and state."""
    named: list[Any] = [["title", "=", given], *([["id", "=", int(given)]] if given.isdecimal() else [])]
    return _groups(client.call("Group", "get", {**_GROUPS_WANTED, "where": [["OR", named]]}))[0]


def _identity_calls() -> dict[str, Call]:
    """Return the calls that show the key's own contact, and whether it sees others."""
    return {
        "me": ("Contact", "get", {"select": ["id"], "where": [["id", "=", "user_contact_id"]], "limit": 1}),
        "some": ("Contact", "get", {"select": ["id"], "orderBy": {"id": "ASC"}, "limit": 2}),
        "all": SEES_ALL,
    }


def _about(group_ids: Collection[int]) -> dict[str, Call]:
    return {"clock": _CLOCK, "groups": ("Group", "get", {**_GROUPS_WANTED, "where": [["id", "IN", list(group_ids)]]})}


def _clock(client: CivicrmClient, answer: Result | RemoteError, now: datetime | None) -> SiteClock:
    try:
        at, shown = now or client.runtime.now(), _site_now(answer)
        return SiteClock(offset_of(shown, at), at, client.time_zone, shown=shown)
    except ValueError:
        raise unreadable_answer(CIVICRM, "the site's clock") from None


def _other_contact(results: Mapping[str, Result | RemoteError]) -> int:
    """Return the id of a contact that is not ours, as proof that the key's user sees contacts."""
    me = [row.get("id") for row in succeeded(results["me"]).values]
    if not me:
        raise AccessError(Code.CV_NO_PERMISSION, "The CiviCRM key's user isn't allowed to see contacts")
    others = [row["id"] for row in succeeded(results["some"]).values if row.get("id") not in {None, *me}]
    if not others:
        raise AccessError(Code.CV_NO_PERMISSION, "The CiviCRM key's user can't see any contact except its own")
    return int(others[0])


def _check_sees_all(result: Result | RemoteError) -> None:
    if not is_granted(result):
        raise AccessError(
            Code.CV_SEES_PART,
            say("The CiviCRM key's user lacks %(permissions)s", permissions=quoted([Right.EDIT])),
            lacking=[Right.EDIT],
        )


def _site_now(result: Result | RemoteError) -> str:
    values = succeeded(result).values
    if not values:
        raise AccessError(Code.CV_NO_PERMISSION, "The CiviCRM key's user isn't allowed to read the site's clock")
    now = values[0].get("now")
    if not isinstance(now, str):
        raise unreadable_answer(CIVICRM, "Contact without the site's clock")
    return now


def _usable_groups(answer: Result | RemoteError, group_ids: Collection[int]) -> dict[int, Group]:
    """Return the groups of a connection. One that is gone, smart, disabled or hidden is an error."""
    groups = _groups_asked(succeeded(answer).values, group_ids)
    for group_id in group_ids:
        _check_group(group_id, groups.get(group_id))
    return groups


def _groups_asked(values: list[dict[str, Any]], group_ids: Collection[int]) -> dict[int, Group]:
    """Return groups by id. One that can't be read is an error: it is not gone."""
    found, unread = _groups(values)
    for one in unread:
        if one.id is None or one.id in group_ids:
            raise unreadable_answer(CIVICRM, str(one))
    return {group.id: group for group in found}


def _groups(values: list[dict[str, Any]]) -> tuple[list[Group], list[UnreadableRow]]:
    """Return the groups that can be read, and the others."""
    return readable_values(values, _group, "Group")


def _group(value: Any) -> Group:
    row = _GROUP.validate_python(value)
    return Group(
        row["id"],
        row["title"],
        row["is_active"],
        row["is_hidden"],
        row["saved_search_id"] is not None,
        tuple(row["group_type:name"] or ()),
    )


def _check_group(group_id: int, group: Group | None) -> None:
    if group is None:
        raise EvidenceError(Code.CV_GROUP_GONE, say("CiviCRM shows no group %(id)s", id=group_id))
    if group.is_smart:
        raise EvidenceError(
            Code.CV_GROUP_SMART, say("Group %(id)s “%(title)s” is a smart group", id=group_id, title=group.title)
        )
    if not group.is_active:
        raise EvidenceError(
            Code.CV_GROUP_INACTIVE, say("Group %(id)s “%(title)s” is disabled", id=group_id, title=group.title)
        )
    if group.is_hidden:
        raise EvidenceError(
            Code.CV_GROUP_INACTIVE, say("Group %(id)s “%(title)s” is hidden", id=group_id, title=group.title)
        )
