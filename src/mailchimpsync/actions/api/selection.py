"""Finds the connections that a call is about."""

from __future__ import annotations

from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import Code, ConfigurationError, UsageError
from mailchimpsync.messages import say


def find_links(site: Site, group_id: int | None = None) -> list[Link]:
    """Return all connections, or the one with this subscription group.

    Raises:
        ConfigurationError: nothing is connected yet.
        UsageError: no connection has this group; names the existing groups.
    """
    links = list(site.configuration.connections)
    if not links:
        raise ConfigurationError(say("No audience is connected yet. Run `mailchimpsync connect`."))
    if group_id is None:
        return links
    found = [link for link in links if link.group_id == group_id]
    if not found:
        known = ", ".join(f"{link.group_id} ({link.group_title or link.audience_id})" for link in links)
        raise UsageError(
            say(
                "No connection has the subscription group %(id)s. Connected groups: %(known)s.",
                id=group_id,
                known=known,
            )
        )
    return found


def find_audience(site: Site, list_id: str) -> Link:
    """Return the connection of an audience.

    Raises:
        ConfigurationError: nothing is connected yet.
        UsageError: the audience is not connected; names the connected ones.
    """
    links = find_links(site)
    for link in links:
        if link.audience_id == list_id:
            return link
    known = ", ".join(f"{link.audience_id} ({link.audience_name or link.title})" for link in links)
    raise UsageError(
        say("The audience %(id)s is not connected. Connected audiences: %(known)s.", id=list_id, known=known),
        code=Code.UNKNOWN,
    )
