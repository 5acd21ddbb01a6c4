"""Mailchimp's own ids of contacts, which its web pages use."""

from __future__ import annotations

from collections.abc import Iterable

from mailchimpsync.actions.site import Site
from mailchimpsync.store.changes import undo


def mailchimp_contacts(site: Site, list_id: str, member_ids: Iterable[str | None]) -> dict[str, str]:
    """Return Mailchimp's `contact_id` for each member id, where our rows have it."""
    identities = [f"m:{member_id}" for member_id in member_ids if member_id]
    if not identities:
        return {}
    with site.store.reading() as tx:
        rows = undo.rows_of_identities(tx, list_id, identities).values()
    return {row["mailchimp_member_id"]: row["mailchimp_contact_id"] for row in rows if row["mailchimp_contact_id"]}
