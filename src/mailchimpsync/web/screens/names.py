"""Names of interests and groups, as they were last read from both sides; the id if there is no name."""

from __future__ import annotations

from django.core.cache import cache
from django.utils.translation import gettext as _

from mailchimpsync.actions import Names, Site, kept_names, names_of, with_time_limit
from mailchimpsync.config import Link
from mailchimpsync.web.screens.screen import Visit

_KEPT_SECONDS = 60
_AT_ONCE_SECONDS = 2.0


def known_names(site: Site, link: Link) -> Names | None:
    """Return the names of interests and groups as last read; None if one of the connection is missing.

    Missing names that were just asked for aren't asked for again within a minute.
    """
    found: Names | None = cache.get(_key(site, link))
    if found is None and (kept := kept_names(site)).knows_all_of(link):
        cache.set(_key(site, link), kept, _KEPT_SECONDS)
        return kept
    return found


def fetch_names(site: Site, link: Link) -> Names:
    """Read the names from both sides, and keep them."""
    found = names_of(site, link)
    cache.set(_key(site, link), found, _KEPT_SECONDS)
    return found


def names_at_once(visit: Visit, link: Link) -> Names:
    """Return the names as last read, or read them with a short time limit."""
    if (known := known_names(visit.site, link)) is not None:
        return known
    with with_time_limit(visit.site, _AT_ONCE_SECONDS) as site:
        return fetch_names(site, link)


def interest_name(names: Names, interest_id: str) -> str:
    """Return an interest's category and name, or its id."""
    name = names.interests.get(interest_id)
    if name is None:
        return _("interest %(id)s") % {"id": interest_id}
    return f"{names.categories[interest_id]}: {name}"


def group_name(names: Names, group_id: int) -> str:
    """Return a group's title, or its id."""
    return names.groups.get(group_id) or _("group %(id)s") % {"id": group_id}


def _key(site: Site, link: Link) -> str:
    groups = "-".join(map(str, link.connection.group_ids))
    return f"names:{site.settings.place}:{link.audience_id}:{groups}:{'-'.join(link.interests)}"
