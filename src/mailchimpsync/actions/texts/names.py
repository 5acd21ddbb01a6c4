"""Names of interests, groups and contacts, for people to read; the configuration has only their ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError
from mailchimpsync.messages import Message, say
from mailchimpsync.store.site import names as stored
from mailchimpsync.store.site.names import NameKind

if TYPE_CHECKING:
    from mailchimpsync.mailchimp import Interest

TIME_LIMIT_SECONDS = 5

T = TypeVar("T")


@dataclass(frozen=True)
class Names:
    """Known names of interests and of their categories, by the interest's id; of groups and contacts, by number."""

    interests: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[int, str] = field(default_factory=dict)

    def full_interest(self, interest_id: str) -> str:
        """Return an interest's category and name; "" if they aren't known."""
        name, category = self.interests.get(interest_id, ""), self.categories.get(interest_id, "")
        return f"{category}: {name}" if name and category else name

    def knows_all_of(self, link: Link) -> bool:
        """Say whether every group and interest of a connection has a name."""
        return self.interests.keys() >= link.interests.keys() and self.groups.keys() >= set(link.connection.group_ids)


def kept_names(site: Site) -> Names:
    """Return the names of all interests and groups as they were last read; neither side is asked."""
    with site.store.reading() as tx:
        found = stored.known_names(tx)
    interests = [one for one in found if one.kind == NameKind.INTEREST]
    return Names(
        {one.key: one.name for one in interests},
        {int(one.key): one.name for one in found if one.kind == NameKind.GROUP},
        {one.key: one.category or "" for one in interests},
    )


def names_of(site: Site, link: Link) -> Names:
    """Ask both sides for the names of a connection's interests and groups, and keep them.

    For a side that can't be reached, the names are those that were kept before.
    """
    found: list[Interest] = _ask_or_default([], lambda: _interests(site, link)) if link.interests else []
    titles: dict[int, str] = _ask_or_default({}, lambda: _groups(site, link))
    with site.store.begin() as tx:
        stored.keep_interests(tx, {one.id: (one.category, one.name) for one in found}, site.runtime.now())
        stored.keep_groups(tx, titles, site.runtime.now())
    return kept_names(site)


def with_names(sentence: str, names: Names) -> str:
    """Return a message with known names in its values that are groups, interests or contacts; others as they are."""
    if not isinstance(sentence, Message):
        return sentence
    return Message(sentence.text, {key: _named(key, value, names) for key, value in sentence.values.items()})


def _named(key: str, value: Any, names: Names) -> Any:
    if isinstance(value, Message):
        return with_names(value, names)
    if key in ("contact", "merged"):
        person = names.contacts.get(value)
        return f"{person} ({value})" if person else value
    if key == "group":
        name = names.groups.get(int(value) if str(value).isdecimal() else 0)
    else:
        name = names.full_interest(value) if key == "interest" else ""
    return say("“%(name)s”", name=name) if name else value


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
