"""Whether a site still shows what it showed before, asked as part of another request.

See docs/decisions/proof-before-removal.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.civicrm import modified
from mailchimpsync.civicrm.http.client import Call, Result, succeeded
from mailchimpsync.civicrm.http.unreadable_rows import readable_values
from mailchimpsync.civicrm.modified import Seconds
from mailchimpsync.civicrm.times import to_utc
from mailchimpsync.errors import RemoteError
from mailchimpsync.model import MCSYNC_METHOD

ENTRIES_REMEMBERED = 20
"""How many of the newest history entries are remembered: a backup that is older by one of them is noticed."""


class Landmark(NamedTuple):
    """A history entry to be found again; `date` is aware, in UTC."""

    id: int
    contact_id: int
    group_id: int
    date: datetime


@dataclass(frozen=True, slots=True)
class LookBack:
    """What to look for again, by id: history entries, and contacts, trashed ones too.

    `own_group`: the group whose newest entry that we made ourselves is looked for. `modified_since`: the time, as the
    site shows it, from which to list the seconds in which contacts and the groups' history changed.
    """

    entries: Sequence[int] = ()
    contacts: Sequence[int] = ()
    own_group: int | None = None
    modified_since: str | None = None


@dataclass(frozen=True, slots=True)
class LandmarkView:
    """What is there: the groups' newest history entries, and of what was looked for, by id, the entries and contacts.

    A contact's value says whether it is in the trash. An entry that can't be read is in `unread`. `own` is the newest
    entry that we made ourselves. `modified`, `history`: in which seconds contacts were modified, and the history of the
    groups got entries, if the site says so.
    """

    newest: Sequence[Landmark]
    entries: Mapping[int, Landmark]
    contacts: Mapping[int, bool]
    unread: frozenset[int] = frozenset()
    own: Landmark | None = None
    modified: Seconds | None = None
    history: Seconds | None = None


class _Entry(TypedDict):
    id: int
    contact_id: int
    group_id: int
    date: str


class _Contact(TypedDict):
    id: int
    is_deleted: bool


_ENTRY = TypeAdapter(_Entry)
_CONTACT = TypeAdapter(_Contact)
_ENTRY_FIELDS = list(_Entry.__annotations__)


def calls(group_ids: Collection[int], look_back: LookBack) -> dict[str, Call]:
    """Return the calls that look for landmarks, as part of a multi-call."""
    newest = {
        "select": _ENTRY_FIELDS,
        "where": [["group_id", "IN", list(group_ids)]],
        "orderBy": {"id": "DESC"},
        "limit": ENTRIES_REMEMBERED,
    }
    found: dict[str, Call] = {"newest": ("SubscriptionHistory", "get", newest)}
    if look_back.entries:
        where = [["id", "IN", list(look_back.entries)]]
        found["entries"] = ("SubscriptionHistory", "get", {"select": _ENTRY_FIELDS, "where": where})
    if look_back.own_group is not None:
        ours = [["group_id", "=", look_back.own_group], ["method", "=", MCSYNC_METHOD]]
        own = {"select": _ENTRY_FIELDS, "where": ours, "orderBy": {"id": "DESC"}, "limit": 1}
        found["own"] = ("SubscriptionHistory", "get", own)
    if look_back.contacts:
        ids = [["id", "IN", list(look_back.contacts)], ["is_deleted", "IN", [True, False]]]
        found["contacts"] = ("Contact", "get", {"select": ["id", "is_deleted"], "where": ids})
    if look_back.modified_since is not None:
        found |= change_calls(group_ids, look_back.modified_since)
    return found


def view_of(results: Mapping[str, Result | RemoteError], offset: timedelta, look_back: LookBack) -> LandmarkView:
    """Return what the calls found, on a site whose clock is `offset` ahead of UTC; unreadable rows are ignored.

    Raises:
        TransientError: `CV_ODD_ANSWER`, most rows can't be read.
    """

    def landmark(value: object) -> Landmark:
        row = _ENTRY.validate_python(value)
        return Landmark(row["id"], row["contact_id"], row["group_id"], to_utc(row["date"], offset))

    newest, _ = readable_values(_values(results, "newest"), landmark, "SubscriptionHistory")
    entries, odd = readable_values(_values(results, "entries"), landmark, "SubscriptionHistory")
    contacts, odd_contacts = readable_values(_values(results, "contacts"), _CONTACT.validate_python, "Contact")
    there = {row["id"]: row["is_deleted"] for row in contacts}
    there |= {one.id: True for one in odd_contacts if one.id is not None}
    unread = frozenset(one.id for one in odd if one.id is not None)
    own, _ = readable_values(_values(results, "own"), landmark, "SubscriptionHistory")
    seconds = seconds_of_changes(look_back.modified_since or "", results)
    return LandmarkView(newest, {one.id: one for one in entries}, there, unread, own[0] if own else None, *seconds)


def change_calls(group_ids: Collection[int], since: str) -> dict[str, Call]:
    """Return the calls that ask in which seconds contacts and the history of groups changed."""
    return {"modified": modified.call(since), "history": modified.history_call(group_ids, since)}


def seconds_of_changes(
    since: str, results: Mapping[str, Result | RemoteError]
) -> tuple[Seconds | None, Seconds | None]:
    """Return what those calls found."""
    return (
        modified.seconds_of(since, modified.CONTACTS, results.get("modified")),
        modified.seconds_of(since, modified.HISTORY, results.get("history")),
    )


def _values(results: Mapping[str, Result | RemoteError], name: str) -> list[dict[str, object]]:
    return succeeded(results[name]).values if name in results else []
