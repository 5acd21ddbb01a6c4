"""A row as tables show it: with its name, its reason, its interests by name, and where it is on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.cache import cache

from mailchimpsync.actions import Names, Site, names_of
from mailchimpsync.actions.entities.browse import Browsed
from mailchimpsync.actions.explained import explained
from mailchimpsync.config import Link
from mailchimpsync.model import GroupStatus
from mailchimpsync.web.links import contact_url, member_url
from mailchimpsync.web.screens.screen import Visit

_NAMES_KEPT_SECONDS = 86_400
_NO_NAMES_KEPT_SECONDS = 300


def line_of(visit: Visit, browsed: Browsed, row: Mapping[str, Any], *, is_brief: bool = False) -> dict[str, Any]:
    """Return a row with what a template needs besides; a brief one without the interests that neither side has.

    Templates take their time: those interests were most of the page.
    """
    interests = browsed.interests.get(row["id"], ())
    if is_brief:
        interests = [one for one in interests if one.is_ticked or one.group_status == GroupStatus.ADDED]
    data = row["mailchimp_data"] or {}
    entry = explained(row["reason"]) if row["reason"] else None
    return {
        "row": row,
        "name": " ".join(filter(None, (data.get("first_name"), data.get("last_name")))),
        "why": entry.sentence if entry else "",
        "interests": interests,
        "contact_url": contact_url(visit.site, row["civicrm_contact_id"]),
        "member_url": member_url(visit.site, browsed.link, row["mailchimp_contact_id"]),
    }


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
