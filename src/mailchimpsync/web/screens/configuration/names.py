"""Names of interests and groups, which the configuration keeps by number: asked for live, and kept for a while."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core.cache import cache
from django.utils.translation import gettext as _

from mailchimpsync.actions import hurried, interests_of, sized_groups
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.mailchimp import Interest
from mailchimpsync.web.screens.screen import Visit

SECONDS = 2.0
_KEPT_SECONDS, _FAILED_SECONDS = 600, 30


@dataclass(frozen=True)
class Names:
    """What interests and groups are called."""

    interests: dict[str, str] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)

    def interest(self, interest_id: str) -> str:
        """Return an interest's name, or what is known of it."""
        return self.interests.get(interest_id) or _("interest %(id)s") % {"id": interest_id}

    def group(self, group_id: int) -> str:
        """Return a group's title, or what is known of it."""
        return self.groups.get(group_id) or _("group %(id)s") % {"id": group_id}


def interest_name(one: Interest) -> str:
    """Return an interest's name with that of its category."""
    return f"{one.category}: {one.name}"


def known_names(visit: Visit, link: Link) -> Names | None:
    """Return the names, if they were asked for a short while ago."""
    found: Names | None = cache.get(_key(visit, link))
    return found


def names_of(visit: Visit, link: Link) -> Names:
    """Return the names; where a side is away, those of numbers."""
    if (known := known_names(visit, link)) is not None:
        return known
    names, seconds = _ask(visit, link)
    cache.set(_key(visit, link), names, seconds)
    return names


def _ask(visit: Visit, link: Link) -> tuple[Names, int]:
    if not link.interests:
        return Names(), _KEPT_SECONDS
    try:
        with hurried(visit.site, SECONDS) as site:
            boxes = {one.id: interest_name(one) for one in interests_of(site, link.account, link.audience_id)}
            return Names(boxes, {one.id: one.title for one in sized_groups(site)}), _KEPT_SECONDS
    except MailchimpsyncError:
        return Names(), _FAILED_SECONDS


def _key(visit: Visit, link: Link) -> str:
    return f"names:{visit.site.settings.home}:{visit.site.version}:{link.audience_id}"
