"""What interests and groups are called, for people; the configuration knows them by number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from mailchimpsync.actions.patience import within
from mailchimpsync.actions.site import Site
from mailchimpsync.civicrm import display_names, groups
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.mailchimp import Interest, interests

PATIENCE_SECONDS = 5

T = TypeVar("T")


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
