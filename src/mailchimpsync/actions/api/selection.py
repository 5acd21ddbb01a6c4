"""Which connections a call means."""

from __future__ import annotations

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.messages import say
from mailchimpsync.config import Link
from mailchimpsync.errors import Code, ConfigurationError, UsageError


def find_links(site: Site, group_id: int | None = None) -> list[Link]:
    """Return all connections, or the one with this subscription group.

    Raises:
        ConfigurationError: nothing is connected yet.
        UsageError: no connection has this group; names those there are.
    """
    links = list(site.configuration.connections)
    if not links:
        raise ConfigurationError(say("No audience is connected yet; run `mailchimpsync connect`."))
    if group_id is None:
        return links
    found = [link for link in links if link.group_id == group_id]
    if not found:
        known = ", ".join(f"{link.group_id} ({link.group_title or link.audience_id})" for link in links)
        raise UsageError(f"No connection has the subscription group {group_id}. There are: {known}.")
    return found


def find_audience(site: Site, list_id: str) -> Link:
    """Return the connection of an audience.

    Raises:
        ConfigurationError: nothing is connected yet.
        UsageError: the audience is not connected; names those that are.
    """
    links = find_links(site)
    for link in links:
        if link.audience_id == list_id:
            return link
    known = ", ".join(f"{link.audience_id} ({link.audience_name or link.title})" for link in links)
    raise UsageError(
        say("The audience %(id)s is not connected. There are: %(known)s.", id=list_id, known=known), code=Code.UNKNOWN
    )
