"""Names of contacts, for people who look at rows."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from mailchimpsync.civicrm.http.client import CivicrmClient, Envelope
from mailchimpsync.civicrm.http.paging import IDS_MAX, Row, chunks, pages

_ESCAPED = re.compile(r"[%_\\]")


class _Contact(Row):
    display_name: str | None


_CONTACTS = TypeAdapter(Envelope[_Contact])


def display_names(client: CivicrmClient, contact_ids: Collection[int]) -> dict[int, str]:
    """Return the names of contacts by id, including the trash, without those deleted for good."""
    found: dict[int, str] = {}
    for some in chunks(sorted(contact_ids), IDS_MAX):
        where = [["id", "IN", list(some)], ["is_deleted", "IN", [True, False]]]
        for rows in pages(client, "Contact", _Contact, _CONTACTS, where):
            found.update({row["id"]: row["display_name"] or "" for row in rows})
    return found


class NamedContact(NamedTuple):
    """A contact and its name; `address` is the one that matched, if it was the address."""

    contact_id: int
    name: str
    address: str | None = None


class _Address(Row):
    contact_id: int
    email: str | None


_ADDRESSES = TypeAdapter(Envelope[_Address])


def contacts_like(client: CivicrmClient, part: str, limit: int) -> list[NamedContact]:
    """Return some contacts, not in the trash, with a part in their name or in an address of theirs."""
    pattern = "%" + _ESCAPED.sub(r"\\\g<0>", part) + "%"
    contacts = client.read(_CONTACTS, "Contact", "get", _some(_Contact, "display_name", pattern, limit))
    addresses = client.read(_ADDRESSES, "Email", "get", _some(_Address, "email", pattern, limit))
    owned = {row["contact_id"]: row["email"] for row in addresses}
    names = {row["id"]: row["display_name"] or "" for row in contacts}
    missing = display_names(client, owned.keys() - names.keys()) if owned.keys() - names.keys() else {}
    return [NamedContact(key, name, owned.get(key)) for key, name in sorted((names | missing).items())][:limit]


def _some(row: type[Row], field: str, pattern: str, limit: int) -> dict[str, Any]:
    alive = ["contact_id.is_deleted" if field == "email" else "is_deleted", "=", False]
    return {
        "select": list(row.__annotations__),
        "where": [[field, "LIKE", pattern], alive],
        "orderBy": {"id": "ASC"},
        "limit": limit,
    }
