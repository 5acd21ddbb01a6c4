"""Looks up the names of connections' groups and interests: as last read, else from both sides within a time limit."""

from __future__ import annotations

from mailchimpsync.actions import Names, Site, kept_names, names_of
from mailchimpsync.config import Link

TIME_LIMIT_SECONDS = 2.0


def names_for(site: Site, *list_ids: str) -> Names:
    """Return the names of groups and interests; both sides are asked only if one of these connections' is missing.

    Names that neither side provides in time are missing, and the ids are shown instead.
    """
    from mailchimpsync.actions import with_time_limit  # noqa: PLC0415 (it loads the clients, which `status` doesn't need)

    links = [one for one in site.configuration.connections if one.audience_id in list_ids]
    found = kept_names(site)
    for link in links:
        if not found.knows_all_of(link):
            with with_time_limit(site, TIME_LIMIT_SECONDS) as own:
                found = names_of(own, link)
    titles = {link.group_id: link.group_title for link in links if link.group_title}
    return Names(found.interests, titles | dict(found.groups), found.categories)


def titles_of(link: Link) -> Names:
    """Return the names in the configuration itself: the title of the subscription group."""
    return Names(groups={link.group_id: link.group_title} if link.group_title else {})
