"""Mailchimp's own ids of contacts, by which its pages go."""

from __future__ import annotations

from collections.abc import Iterable

from mailchimpsync.actions.site import Site
from mailchimpsync.store.changes import undo


def mailchimp_contacts(site: Site, list_id: str, member_ids: Iterable[str | None]) -> dict[str, str]:
    """Return the `contact_id` at Mailchimp of members, by member id, as far as our rows know them."""
    identities = [f"m:{member_id}" for member_id in member_ids if member_id]
    if not identities:
        return {}
    with site.store.reading() as tx:
        rows = undo.rows_of_identities(tx, list_id, identities).values()
    return {row["mailchimp_member_id"]: row["mailchimp_contact_id"] for row in rows if row["mailchimp_contact_id"]}
