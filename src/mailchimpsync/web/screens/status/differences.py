"""The differences that a comparison of both sides found, with links to the people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import Site
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.config import Link
from mailchimpsync.sync.verify import VerificationResult, people_of
from mailchimpsync.web.screens.person_links import PersonLinks, people_links

KINDS: Mapping[str, Promise] = {
    "subscribed, not in the group": gettext_lazy("Subscribed at Mailchimp, but not in the group"),
    "in the group, not subscribed": gettext_lazy("In the group, but not subscribed at Mailchimp"),
    "interest ticked, not in its group": gettext_lazy("Interest ticked, but not in its group"),
    "in an interest's group, not ticked": gettext_lazy("In an interest's group, but not ticked"),
    "subscribed with an address that CiviCRM does not show": gettext_lazy(
        "Subscribed with an address that CiviCRM doesn't show"
    ),
    "linked interest that Mailchimp does not have, not compared": gettext_lazy(
        "Linked interest that Mailchimp does not have, not compared"
    ),
}
CAUSES: Mapping[str, Promise] = {
    "can't be synced": gettext_lazy("Can't be synced"),
    "as the connection's departure table says": gettext_lazy("Follows the connection's rules"),
    "refused so far, and tried again": gettext_lazy("Refused so far, will be tried again"),
    "due: the next run decides": gettext_lazy("Waiting for the next sync"),
    "held by the guard": gettext_lazy("Held for review"),
    "an update is on its way": gettext_lazy("An update is in progress"),
    "changed since the last run": gettext_lazy("Changed since the last sync"),
    "the contact, or one merged into it, had the address before": gettext_lazy(
        "A previous address of the contact or of one merged into it"
    ),
    "unknown": gettext_lazy("Unexplained"),
}


DIFFERENCES_PER_PAGE = 25


@dataclass(frozen=True)
class ShownDifference:
    """A difference on a screen."""

    kind: str | Promise
    cause: str | Promise
    why: str
    is_explained: bool
    who: PersonLinks
    name: str
    address: str | None
    status: str | None


def shown_differences(site: Site, link: Link, some: Sequence[Mapping[str, Any]]) -> list[ShownDifference]:
    """Return differences for a screen."""
    people = people_links(site, link, [(one["contact_id"], one["member_id"]) for one in some])
    return [_shown(one, who) for one, who in zip(some, people, strict=True)]


def counts_by_cause(found: VerificationResult) -> list[dict[str, Any]]:
    """Return the number of people by kind and cause of difference."""
    return [
        {
            "kind": KINDS.get(one["kind"], one["kind"]),
            "cause": CAUSES.get(one["cause"], one["cause"]),
            "why": _cause_text(one["code"]),
            "number": people_of(one) or one["count"],
            "is_explained": _is_explained(one),
        }
        for one in found.counts
    ]


def _shown(one: Mapping[str, Any], who: PersonLinks) -> ShownDifference:
    return ShownDifference(
        KINDS.get(one["kind"], one["kind"]),
        CAUSES.get(one["cause"], one["cause"]),
        _cause_text(one["code"]),
        _is_explained(one),
        who,
        one.get("name") or "",
        one["address"],
        one["status"],
    )


def _is_explained(one: Mapping[str, Any]) -> bool:
    return bool(one["cause"] != "unknown")


def _cause_text(code: str | None) -> str:
    return _(explain_code(code).sentence) if code else ""
