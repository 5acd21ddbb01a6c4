"""Which connections a call means."""

from __future__ import annotations

from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import ConfigurationError, UsageError


def find_links(site: Site, group_id: int | None = None) -> list[Link]:
    """Return all connections, or the one with this subscription group.

    Raises:
        ConfigurationError: nothing is connected yet.
        UsageError: no connection has this group; names those there are.
    """
    links = list(site.configuration.connections)
    if not links:
        raise ConfigurationError("No audience is connected yet; run `mailchimpsync connect`.")
    if group_id is None:
        return links
    found = [link for link in links if link.group_id == group_id]
    if not found:
        known = ", ".join(f"{link.group_id} ({link.group_title or link.audience_id})" for link in links)
        raise UsageError(f"No connection has the subscription group {group_id}. There are: {known}.")
    return found
