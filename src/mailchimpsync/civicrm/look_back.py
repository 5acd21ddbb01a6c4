"""Looking back: whether a site still shows what it showed before (DESIGN 3.4). Asked within another request."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from mailchimpsync.civicrm.client import CIVICRM, Call, Result, succeeded
from mailchimpsync.civicrm.times import to_utc
from mailchimpsync.errors import RemoteError
from mailchimpsync.http import odd

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
    """What to look for again, by id: history entries, and contacts, trashed ones too."""

    entries: Sequence[int] = ()
    contacts: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What is there: the groups' newest history entries, and of what was looked for, by id, the entries and contacts.

    A contact's value says whether it is in the trash.
    """

    newest: Sequence[Landmark]
    entries: Mapping[int, Landmark]
    contacts: Mapping[int, bool]


class _Entry(TypedDict):
    id: int
    contact_id: int
    group_id: int
    date: str


class _Contact(TypedDict):
    id: int
    is_deleted: bool


_ENTRIES = TypeAdapter(list[_Entry])
_CONTACTS = TypeAdapter(list[_Contact])
_ENTRY_FIELDS = list(_Entry.__annotations__)


def calls(group_ids: Collection[int], look_back: LookBack) -> dict[str, Call]:
    """Return the calls of a multi-call that look back."""
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
    if look_back.contacts:
        ids = [["id", "IN", list(look_back.contacts)], ["is_deleted", "IN", [True, False]]]
        found["contacts"] = ("Contact", "get", {"select": ["id", "is_deleted"], "where": ids})
    return found


def view_of(results: Mapping[str, Result | RemoteError], offset: timedelta) -> View:
    """Return what the calls found, on a site whose clock is `offset` ahead of UTC."""
    try:
        return View(
            newest=_landmarks(results, "newest", offset),
            entries={one.id: one for one in _landmarks(results, "entries", offset)},
            contacts={row["id"]: row["is_deleted"] for row in _CONTACTS.validate_python(_values(results, "contacts"))},
        )
    except ValidationError:
        raise odd(CIVICRM, "history or contacts without their fields") from None
    except ValueError:
        raise odd(CIVICRM, "the date of a history entry") from None


def _landmarks(results: Mapping[str, Result | RemoteError], name: str, offset: timedelta) -> list[Landmark]:
    rows = _ENTRIES.validate_python(_values(results, name))
    return [Landmark(row["id"], row["contact_id"], row["group_id"], to_utc(row["date"], offset)) for row in rows]


def _values(results: Mapping[str, Result | RemoteError], name: str) -> list[dict[str, object]]:
    return succeeded(results[name]).values if name in results else []
