"""Names of interests, groups and contacts, for people to read; the configuration has only their ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError

if TYPE_CHECKING:
    from mailchimpsync.mailchimp import Interest

TIME_LIMIT_SECONDS = 5

T = TypeVar("T")

_GROUP, _INTEREST = re.compile(r"\bgroup (\d+)\b"), re.compile(r"\binterest (\w+)\b")
_FROM_TO = re.compile(r"\b(from|to) (\d+)\b")


@dataclass(frozen=True)
class Names:
    """Known names of interests and of their categories, by the interest's id, and of groups, by number."""

    interests: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)

    def full_interest(self, interest_id: str) -> str:
        """Return an interest's category and name; "" if they aren't known."""
        name, category = self.interests.get(interest_id, ""), self.categories.get(interest_id, "")
        return f"{category}: {name}" if name and category else name

    def knows_all_of(self, link: Link) -> bool:
        """Say whether every group and interest of a connection has a name."""
        return self.interests.keys() >= link.interests.keys() and self.groups.keys() >= set(link.connection.group_ids)


def names_of(site: Site, link: Link) -> Names:
    """Ask both sides for the names of a connection's interests and groups; a side that can't be reached adds none."""
    found: list[Interest] = _ask_or_default([], lambda: _interests(site, link)) if link.interests else []
    return Names(
        {one.id: one.name for one in found},
        _ask_or_default({}, lambda: _groups(site, link)),
        {one.id: one.category for one in found},
    )


def with_names(text: str, names: Names) -> str:
    """Return a sentence with ids of groups and interests replaced by their names, where those are known."""

    def group(found: re.Match[str]) -> str:
        title = names.groups.get(int(found[1]))
        return f"group “{title}”" if title else found[0]

    def interest(found: re.Match[str]) -> str:
        name, category = names.interests.get(found[1]), names.categories.get(found[1])
        return f"interest “{category}: {name}”" if name and category else found[0]

    return _INTEREST.sub(interest, _GROUP.sub(group, text))


def with_names_of_change(text: str, names: Names) -> str:
    """Do the same for a change of the configuration, including one that sets a group to another group."""

    def number(found: re.Match[str]) -> str:
        title = names.groups.get(int(found[2]))
        return f"{found[1]} “{title}” ({found[2]})" if title else found[0]

    is_about_groups = "subscription group from" in text or "group of interest" in text
    return with_names(_FROM_TO.sub(number, text) if is_about_groups else text, names)


def name_of_contact(site: Site, contact_id: int) -> str | None:
    """Ask CiviCRM for a contact's name; None if CiviCRM can't be reached or doesn't know the contact."""
    return _ask_or_default(None, lambda: _contact(site, contact_id))


def _contact(site: Site, contact_id: int) -> str | None:
    from mailchimpsync.civicrm import display_names  # noqa: PLC0415 (`status` contacts neither side)

    with within(site.civicrm(), TIME_LIMIT_SECONDS) as client:
        return display_names(client, [contact_id]).get(contact_id)


def _interests(site: Site, link: Link) -> list[Interest]:
    from mailchimpsync.mailchimp import interests  # noqa: PLC0415 (likewise)

    with within(site.mailchimp(link.account), TIME_LIMIT_SECONDS) as client:
        return interests(client, link.audience_id)


def _groups(site: Site, link: Link) -> dict[int, str]:
    from mailchimpsync.civicrm import groups  # noqa: PLC0415 (likewise)

    with within(site.civicrm(), TIME_LIMIT_SECONDS) as client:
        return {group.id: group.title for group in groups(client, link.connection.group_ids).values()}


def _ask_or_default(default: T, ask: Callable[[], T]) -> T:
    try:
        return ask()
    except MailchimpsyncError:
        return default
