"""Mailchimp's own ids of contacts, which its web pages use."""

from __future__ import annotations

from collections.abc import Iterable

from mailchimpsync.actions.site import Site
from mailchimpsync.store.queries import persons


def mailchimp_contacts(site: Site, list_id: str, member_ids: Iterable[str | None]) -> dict[str, str]:
    """Return Mailchimp's `contact_id` for each member id, where our rows have it."""
    identities = [f"m:{member_id}" for member_id in member_ids if member_id]
    if not identities:
        return {}
    with site.store.reading() as tx:
        return persons.mailchimp_contacts(tx, list_id, identities)
