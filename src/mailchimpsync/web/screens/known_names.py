"""What interests and groups are called, as long as both sides were asked for it lately."""

from __future__ import annotations

from django.core.cache import cache

from mailchimpsync.actions import Names, Site, names_of
from mailchimpsync.config import Link

_NAMES_KEPT_SECONDS = 86_400
_NO_NAMES_KEPT_SECONDS = 300


def known_names(link: Link) -> Names | None:
    """Return what a connection's interests and groups are called, if both sides were asked lately."""
    found: Names | None = cache.get(_key(link))
    return found


def learn_names(site: Site, link: Link) -> None:
    """Ask both sides, and keep what they say for a day; where one does not tell, for some minutes."""
    found = names_of(site, link)
    is_complete = found.interests.keys() >= link.interests.keys()
    cache.set(_key(link), found, _NAMES_KEPT_SECONDS if is_complete else _NO_NAMES_KEPT_SECONDS)


def _key(link: Link) -> str:
    return f"names:{link.audience_id}:{link.group_id}:{'-'.join(link.interests)}"
