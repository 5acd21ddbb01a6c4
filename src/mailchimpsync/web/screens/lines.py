"""A row as tables show it: with its name, its reason, its interests by name, and where it is on both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimpsync.actions.entities.browse import Browsed
from mailchimpsync.actions.explained import explained
from mailchimpsync.model import GroupStatus
from mailchimpsync.web.links import contact_url, member_url
from mailchimpsync.web.screens.screen import Visit


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
