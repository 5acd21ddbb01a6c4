"""What interests and groups are called, for people; the configuration knows them by number."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.civicrm import display_names, groups
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.mailchimp import Interest, interests

PATIENCE_SECONDS = 5

T = TypeVar("T")

_GROUP, _INTEREST = re.compile(r"\bgroup (\d+)\b"), re.compile(r"\binterest (\w+)\b")
_FROM_TO = re.compile(r"\b(from|to) (\d+)\b")


@dataclass(frozen=True)
class Names:
    """Names of interests and of their categories by the interest's id, and of groups by number, as far as told."""

    interests: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)

    def knows_all_of(self, link: Link) -> bool:
        """Say whether nothing that a connection names stays without a name."""
        return self.interests.keys() >= link.interests.keys() and self.groups.keys() >= set(link.connection.group_ids)


def names_of(site: Site, link: Link) -> Names:
    """Ask both sides what a connection's interests and groups are called; who can't be reached tells nothing."""
    boxes: list[Interest] = _or_else([], lambda: _interests(site, link)) if link.interests else []
    return Names(
        {one.id: one.name for one in boxes},
        _or_else({}, lambda: _groups(site, link)),
        {one.id: one.category for one in boxes},
    )


def with_names(text: str, names: Names) -> str:
    """Return a sentence with groups and interests by their names where those are known, else by their ids."""

    def group(found: re.Match[str]) -> str:
        title = names.groups.get(int(found[1]))
        return f"group “{title}”" if title else found[0]

    def interest(found: re.Match[str]) -> str:
        name, category = names.interests.get(found[1]), names.categories.get(found[1])
        return f"interest “{category}: {name}”" if name and category else found[0]

    return _INTEREST.sub(interest, _GROUP.sub(group, text))


def with_names_of_change(text: str, names: Names) -> str:
    """Return a sentence about a change of the configuration likewise, also where a group is set to another one."""

    def number(found: re.Match[str]) -> str:
        title = names.groups.get(int(found[2]))
        return f"{found[1]} “{title}” ({found[2]})" if title else found[0]

    is_about_groups = "subscription group from" in text or "group of interest" in text
    return with_names(_FROM_TO.sub(number, text) if is_about_groups else text, names)


def name_of_contact(site: Site, contact_id: int) -> str | None:
    """Ask CiviCRM what a contact is called; None if it can't be reached, or doesn't know them."""
    return _or_else(None, lambda: _contact(site, contact_id))


def _contact(site: Site, contact_id: int) -> str | None:
    with within(site.civicrm(), PATIENCE_SECONDS) as client:
        return display_names(client, [contact_id]).get(contact_id)


def _interests(site: Site, link: Link) -> list[Interest]:
    with within(site.mailchimp(link.account), PATIENCE_SECONDS) as client:
        return interests(client, link.audience_id)


def _groups(site: Site, link: Link) -> dict[int, str]:
    with within(site.civicrm(), PATIENCE_SECONDS) as client:
        return {group.id: group.title for group in groups(client, link.connection.group_ids).values()}


def _or_else(otherwise: T, ask: Callable[[], T]) -> T:
    try:
        return ask()
    except MailchimpsyncError:
        return otherwise
