"""What groups and interests of a connection are called, asked while somebody waits; without an answer, by number."""

from __future__ import annotations

from mailchimpsync.actions import Names, Site, names_of, with_time_limit
from mailchimpsync.config import Link

PATIENCE_SECONDS = 2.0


def names_for(site: Site, *list_ids: str) -> Names:
    """Return the names of what the connections of audiences link, as far as both sides tell them at once."""
    links = [one for one in site.configuration.connections if one.audience_id in list_ids]
    found = Names()
    with with_time_limit(site, PATIENCE_SECONDS) as own:
        for link in links:
            found = _together(found, titles_of(link), names_of(own, link))
    return found


def titles_of(link: Link) -> Names:
    """Return what the configuration itself knows: the title of the subscription group."""
    return Names(groups={link.group_id: link.group_title} if link.group_title else {})


def _together(*some: Names) -> Names:
    interests: dict[str, str] = {}
    groups: dict[int, str] = {}
    categories: dict[str, str] = {}
    for one in some:
        interests |= one.interests
        groups |= one.groups
        categories |= one.categories
    return Names(interests, groups, categories)
