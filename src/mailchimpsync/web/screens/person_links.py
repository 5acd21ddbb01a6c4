"""Links to a person: the contact in CiviCRM and the member at Mailchimp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailchimpsync.actions import Site
from mailchimpsync.actions.people.mailchimp_contacts import mailchimp_contacts
from mailchimpsync.config import Link
from mailchimpsync.web.links import contact_url, member_url

Ids = tuple[int | None, str | None]
"""A contact's id in CiviCRM and a member's at Mailchimp, None where there is none."""


@dataclass(frozen=True, slots=True)
class PersonLinks:
    """A person on a screen."""

    contact_id: int | None
    contact_url: str | None
    member_url: str | None


def people_links(site: Site, link: Link | None, people: Sequence[Ids]) -> list[PersonLinks]:
    """Return links for each person, in the same order; without a connection there are none to Mailchimp."""
    known = mailchimp_contacts(site, link.audience_id, [member for _contact, member in people]) if link else {}
    return [
        PersonLinks(
            contact, contact_url(site, contact), member_url(site, link, known.get(member or "")) if link else None
        )
        for contact, member in people
    ]
