"""What contacts are called, for people who look at rows."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import TypeAdapter

from mailchimpsync.civicrm.client import CivicrmClient, Envelope
from mailchimpsync.civicrm.paging import IDS_MAX, Row, chunks, pages


class _Contact(Row):
    display_name: str | None


_CONTACTS = TypeAdapter(Envelope[_Contact])


def display_names(client: CivicrmClient, contact_ids: Collection[int]) -> dict[int, str]:
    """Return the names of contacts by id, those in the trash too; who was deleted for good is left out."""
    found: dict[int, str] = {}
    for some in chunks(sorted(contact_ids), IDS_MAX):
        where = [["id", "IN", list(some)], ["is_deleted", "IN", [True, False]]]
        for rows in pages(client, "Contact", _Contact, _CONTACTS, where):
            found.update({row["id"]: row["display_name"] or "" for row in rows})
    return found
