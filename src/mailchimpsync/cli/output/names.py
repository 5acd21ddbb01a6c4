"""Looks up the names of a connection's groups and interests, within a time limit."""

from __future__ import annotations

from mailchimpsync.actions import Names, Site, names_of
from mailchimpsync.config import Link

TIME_LIMIT_SECONDS = 2.0


def names_for(site: Site, *list_ids: str) -> Names:
    """Return the names of the groups and interests of these audiences' connections.

    Names that neither side provides in time are missing, and the ids are shown instead.
    """
    from mailchimpsync.actions import with_time_limit  # noqa: PLC0415 (it loads the clients, which `status` doesn't need)

    links = [one for one in site.configuration.connections if one.audience_id in list_ids]
    found = Names()
    with with_time_limit(site, TIME_LIMIT_SECONDS) as own:
        for link in links:
            found = _merged(found, titles_of(link), names_of(own, link))
    return found


def titles_of(link: Link) -> Names:
    """Return the names in the configuration itself: the title of the subscription group."""
    return Names(groups={link.group_id: link.group_title} if link.group_title else {})


def _merged(*some: Names) -> Names:
    interests: dict[str, str] = {}
    groups: dict[int, str] = {}
    categories: dict[str, str] = {}
    for one in some:
        interests |= one.interests
        groups |= one.groups
        categories |= one.categories
    return Names(interests, groups, categories)
