"""A person on a screen: name and address, with links to the contact in CiviCRM and the member at Mailchimp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailchimpsync.actions import Site
from mailchimpsync.actions.texts.people import Ids, KnownPeople, known_people
from mailchimpsync.config import Link
from mailchimpsync.web.links import contact_url, member_url

NOBODY_KNOWN = KnownPeople({}, {})


@dataclass(frozen=True, slots=True)
class PersonLinks:
    """A person on a screen; `row_id` is that of their page, None if they have no row."""

    name: str
    address: str | None
    row_id: int | None
    contact_id: int | None
    contact_url: str | None
    member_url: str | None


def people_links(site: Site, link: Link | None, people: Sequence[Ids]) -> list[PersonLinks]:
    """Return each person, in the same order; without a connection, nothing but contacts is known."""
    known = known_people(site, link.audience_id, people) if link else NOBODY_KNOWN
    return [_shown(site, link, known, ids) for ids in people]


def _shown(site: Site, link: Link | None, known: KnownPeople, ids: Ids) -> PersonLinks:
    row, contact = known.find(ids), ids[0]
    at_mailchimp = member_url(site, link, row.mailchimp_contact_id) if link and row and ids[1] else None
    return PersonLinks(
        row.name if row else "",
        row.address if row else None,
        row.id if row else None,
        contact,
        contact_url(site, contact),
        at_mailchimp,
    )
