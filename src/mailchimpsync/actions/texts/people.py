"""Who people are, by contact and member: their names and addresses as both sides had them when last read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailchimpsync.actions.site import Site
from mailchimpsync.store.queries import persons
from mailchimpsync.store.queries.persons import NamedPerson

Ids = tuple[int | None, str | None]
"""A contact's id in CiviCRM and a member's at Mailchimp, None where there is none."""


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """Some people of an audience."""

    by_contact: Mapping[int, NamedPerson]
    by_member: Mapping[str, NamedPerson]

    def find(self, ids: Ids) -> NamedPerson | None:
        """Return a person by member, or else by contact; None if they are unknown."""
        contact, member = ids
        return self.by_member.get(member or "") or self.by_contact.get(contact or 0)


def known_people(site: Site, list_id: str, people: Iterable[Ids]) -> KnownPeople:
    """Return what is known of people; neither side is asked."""
    wanted = list(people)
    contacts = {contact for contact, _member in wanted if contact}
    members = {member for _contact, member in wanted if member}
    with site.store.reading() as tx:
        rows = persons.named_people(tx, list_id, contacts, members)
    named_last = sorted(rows, key=lambda row: bool(row.name))
    return KnownPeople(
        {row.civicrm_contact_id: row for row in named_last if row.civicrm_contact_id},
        {row.mailchimp_member_id: row for row in rows if row.mailchimp_member_id},
    )
