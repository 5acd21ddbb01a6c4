"""Reading back what was written: statuses in groups, contacts, targets; thousands in one request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm.http.client import Call, CivicrmClient, Envelope, succeeded
from mailchimpsync.civicrm.http.paging import IDS_MAX, PAGE_ROWS, Row, Where, chunks, pages
from mailchimpsync.civicrm.http.unreadable_rows import UnreadableRow
from mailchimpsync.model import MCSYNC_METHOD

Place = tuple[int, int]
"""Contact id, group id."""


class _Status(Row):
    contact_id: int
    group_id: int
    status: str


class _Entry(_Status):
    method: str | None


class _Email(Row):
    contact_id: int
    email: str | None


_Contact = TypedDict("_Contact", {"id": int, "email_primary.email": str | None})

_STATUSES = TypeAdapter(Envelope[_Status])
_ENTRIES = TypeAdapter(Envelope[_Entry])
_EMAILS = TypeAdapter(Envelope[_Email])
_CONTACTS = TypeAdapter(Envelope[_Contact])


_NEWEST: Call = ("SubscriptionHistory", "get", {"select": ["id"], "orderBy": {"id": "DESC"}, "limit": 1})


def newest_entry(client: CivicrmClient) -> int:
    """Return the id after which new entries of the groups' history follow."""
    return max((int(row["id"]) for row in client.call(*_NEWEST)), default=0)


def statuses_and_newest_entry(
    client: CivicrmClient, wanted: Sequence[tuple[int, int, str]]
) -> tuple[set[tuple[int, int, str]], int]:
    """Return those of at most `IDS_MAX` statuses that are there, and the newest entry of the history, by one request.

    Others may be there too: that is for `lost_statuses` to find out, if a site cuts off its answers.
    """
    [where] = _at({(contact, group) for contact, group, _ in wanted})
    statuses = {"select": list(_Status.__annotations__), "where": where, "limit": PAGE_ROWS}
    found = client.multi({"there": ("GroupContact", "get", statuses), "newest": _NEWEST})
    rows = succeeded(found["there"]).values
    there = {(row.get("contact_id"), row.get("group_id"), row.get("status")) for row in rows}
    newest = max((int(row["id"]) for row in succeeded(found["newest"]).values), default=0)
    return {one for one in wanted if one in there}, newest


def lost_statuses(client: CivicrmClient, wanted: Sequence[tuple[int, int, str]], after: int) -> dict[Place, bool]:
    """Return the places without the status they were given, and whether it may be set again.

    `after` is the newest entry of the history before. If another user has made one since, it takes precedence: if ours
    came before, nothing was lost.
    """
    statuses = {(contact, group): status for contact, group, status in wanted}
    there = _statuses(client, statuses)
    lost = {place: status for place, status in statuses.items() if there.get(place) != status}
    if not lost:
        return {}
    entries = _entries(client, lost, after)
    found: dict[Place, bool] = {}
    for place, status in lost.items():
        others = [one for one in entries.get(place, ()) if one["method"] != MCSYNC_METHOD]
        ours = [one for one in entries.get(place, ()) if one["method"] == MCSYNC_METHOD and one["status"] == status]
        if not others:
            found[place] = True
        elif not ours or ours[0]["id"] > others[-1]["id"]:
            found[place] = False
    return found


def addresses_at(client: CivicrmClient, contact_ids: Collection[int]) -> set[tuple[int, str]]:
    """Return which contact has which address, normalised."""
    found: set[tuple[int, str]] = set()
    unread: list[UnreadableRow] = []
    for some in chunks(sorted(contact_ids), IDS_MAX):
        where: Where = [["contact_id", "IN", list(some)]]
        for rows in pages(client, "Email", _Email, _EMAILS, where, unreadable=unread, few=True):
            found.update((row["contact_id"], normalise_address(row["email"] or "")) for row in rows)
    return found


def contacts_without_address(client: CivicrmClient, contact_ids: Collection[int]) -> set[int]:
    """Return those of the contacts that are there, in the trash or not, and have no primary address."""
    found: set[int] = set()
    unread: list[UnreadableRow] = []
    for some in chunks(sorted(contact_ids), IDS_MAX):
        where: Where = [["id", "IN", list(some)], ["is_deleted", "IN", [True, False]]]
        for rows in pages(client, "Contact", _Contact, _CONTACTS, where, unreadable=unread):
            found.update(row["id"] for row in rows if not row["email_primary.email"])
    return found


def _statuses(client: CivicrmClient, places: Collection[Place]) -> dict[Place, str]:
    unread: list[UnreadableRow] = []
    return {
        (row["contact_id"], row["group_id"]): row["status"]
        for where in _at(places)
        for rows in pages(client, "GroupContact", _Status, _STATUSES, where, unreadable=unread)
        for row in rows
    }


def _entries(client: CivicrmClient, places: Collection[Place], after: int) -> Mapping[Place, list[_Entry]]:
    """Return the entries since then by place, oldest first."""
    found: dict[Place, list[_Entry]] = defaultdict(list)
    for where in _at(places):
        for rows in pages(client, "SubscriptionHistory", _Entry, _ENTRIES, [*where, ["id", ">", after]]):
            for row in rows:
                found[row["contact_id"], row["group_id"]].append(row)
    return found


def _at(places: Collection[Place]) -> list[Where]:
    groups = sorted({group for _, group in places})
    contacts = sorted({contact for contact, _ in places})
    return [[["group_id", "IN", groups], ["contact_id", "IN", list(some)]] for some in chunks(contacts, IDS_MAX)]
