"""Who somebody is: a contact in CiviCRM and a member at Mailchimp, with their pages there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailchimpsync.actions import Site
from mailchimpsync.actions.people.mailchimp_contacts import mailchimp_contacts
from mailchimpsync.config import Link
from mailchimpsync.web.links import contact_url, member_url

Ids = tuple[int | None, str | None]
"""A contact's id in CiviCRM and a member's at Mailchimp, where there is either."""


@dataclass(frozen=True, slots=True)
class PersonLinks:
    """Somebody on a screen."""

    contact_id: int | None
    contact_url: str | None
    member_url: str | None


def people_links(site: Site, link: Link | None, people: Sequence[Ids]) -> list[PersonLinks]:
    """Return people with their pages, as many as there were; without a connection nobody has one at Mailchimp."""
    known = mailchimp_contacts(site, link.audience_id, [member for _contact, member in people]) if link else {}
    return [
        PersonLinks(
            contact, contact_url(site, contact), member_url(site, link, known.get(member or "")) if link else None
        )
        for contact, member in people
    ]
