"""Every kind of person a charity has on its lists, the awkward ones too."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mailchimpsync_sandbox.world.builders import SyncedPerson, WorldBuilder

LONG_AGO, MONTHS_AGO, LAST_WEEK, RECENTLY = 400.0, 90.0, 7.0, 2.0


class Case(NamedTuple):
    """A kind of person: a description, how many in 5,000, and the function that adds one."""

    description: str
    per_5000: int
    write: Callable[[WorldBuilder], None]


def agreeing(builder: WorldBuilder) -> None:
    """Subscribed on both sides, with the same interests."""
    person, interests = builder.person(), builder.some_interests()
    contact_id = builder.contact(person, added=LONG_AGO, interests=interests)
    builder.member(person, LONG_AGO, interests=interests)
    builder.agreed.append(SyncedPerson(person, contact_id, interests))


def _only_civicrm(builder: WorldBuilder) -> None:
    builder.contact(builder.person(), added=LAST_WEEK, interests=builder.some_interests())


def _only_mailchimp(builder: WorldBuilder) -> None:
    builder.member(builder.person(), LAST_WEEK, interests=builder.some_interests())


def _known_but_not_in_group(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person)
    builder.member(person, LAST_WEEK, interests=builder.some_interests())


def _left_at_mailchimp(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person, added=LONG_AGO)
    builder.member(person, LAST_WEEK, status="unsubscribed", unsubscribed_by="user")


def _removed_in_civicrm(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person, added=LONG_AGO, removed=RECENTLY)
    builder.member(person, MONTHS_AGO)


def _returned_at_mailchimp(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person, added=LONG_AGO, removed=MONTHS_AGO)
    builder.member(person, LAST_WEEK)


def _back_in_civicrm(builder: WorldBuilder) -> None:
    """A person who unsubscribed and was re-added by staff: Mailchimp will ask for confirmation."""
    person = builder.person()
    builder.contact(person, added=RECENTLY)
    builder.member(person, MONTHS_AGO, status="unsubscribed", unsubscribed_by="user")


def _interests_newer_in_civicrm(builder: WorldBuilder) -> None:
    person, interests = builder.person(), builder.some_interests()
    builder.contact(person, added=LONG_AGO, interests=interests, interests_added=RECENTLY)
    builder.member(person, MONTHS_AGO)


def _interests_newer_at_mailchimp(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person, added=LONG_AGO, interests=builder.some_interests())
    builder.member(person, RECENTLY, interests=builder.some_interests())


def _bounced(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person, added=LONG_AGO)
    builder.member(person, LAST_WEEK, status="cleaned")


def _bounced_and_added_again(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person, added=RECENTLY)
    builder.member(person, MONTHS_AGO, status="cleaned")


def _archived(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person, added=RECENTLY)
    builder.member(person, MONTHS_AGO, status="archived", status_before="subscribed")


def _pending(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person, added=LAST_WEEK)
    builder.member(person, LAST_WEEK, status="pending")


def _on_hold(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person, added=LAST_WEEK, emails=[{"email": person.address, "on_hold": 1}])


def _one_of_two_on_hold(builder: WorldBuilder) -> None:
    person, other = builder.person(), builder.person()
    builder.contact(person, added=LAST_WEEK, emails=[{"email": person.address, "on_hold": 1}, other.address])


def _do_not_email(builder: WorldBuilder) -> None:
    builder.contact(builder.person(), added=LAST_WEEK, do_not_email=True)


def _opted_out(builder: WorldBuilder) -> None:
    builder.contact(builder.person(), added=LAST_WEEK, is_opt_out=True)


def _deceased(builder: WorldBuilder) -> None:
    builder.contact(builder.person(), added=LAST_WEEK, is_deceased=True)


def _no_address(builder: WorldBuilder) -> None:
    builder.contact(builder.person(), added=LAST_WEEK, emails=[])


def _bad_address(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person, added=LAST_WEEK, emails=[person.address.replace("@", " at ")])


def _shared_address(builder: WorldBuilder) -> None:
    one, other = builder.person(), builder.person()
    builder.contact(one, added=MONTHS_AGO)
    builder.contact(other, added=LAST_WEEK, emails=[one.address])


def _two_addresses(builder: WorldBuilder) -> None:
    """One contact who is two members."""
    one, other = builder.person(), builder.person()
    builder.contact(one, added=LONG_AGO, emails=[{"email": one.address, "is_primary": True}, other.address])
    builder.member(one, LONG_AGO)
    builder.member(other, MONTHS_AGO)


def _upper_case(builder: WorldBuilder) -> None:
    person, interests = builder.person(), builder.some_interests()
    builder.contact(person, added=LONG_AGO, interests=interests)
    builder.member(person, LONG_AGO, interests=interests, email_address=person.address.upper())


def _forgotten(builder: WorldBuilder) -> None:
    """Erased at Mailchimp for good, and still in the group."""
    person = builder.person()
    builder.contact(person, added=LAST_WEEK)
    builder.member(person, MONTHS_AGO)
    builder.at_mailchimp(person.address, "delete", "admin")


def _trashed(builder: WorldBuilder) -> None:
    person = builder.person()
    builder.contact(person, added=LONG_AGO, is_deleted=True)
    builder.member(person, MONTHS_AGO, status="unsubscribed", unsubscribed_by="admin")


def _merged(builder: WorldBuilder) -> None:
    person, double = builder.person(), builder.person()
    kept = builder.contact(person, added=LONG_AGO)
    gone = builder.contact(person, emails=[double.address])
    builder.member(double, LONG_AGO)
    builder.merge(kept, gone)


CASES = (
    Case("in the group in CiviCRM, unknown at Mailchimp", 240, _only_civicrm),
    Case("subscribed at Mailchimp, unknown in CiviCRM", 150, _only_mailchimp),
    Case("subscribed at Mailchimp, contact not in the group", 40, _known_but_not_in_group),
    Case("unsubscribed at Mailchimp last week", 60, _left_at_mailchimp),
    Case("removed from the group by staff two days ago", 50, _removed_in_civicrm),
    Case("removed long ago, signed up again at Mailchimp", 15, _returned_at_mailchimp),
    Case("unsubscribed at Mailchimp, added again by staff", 12, _back_in_civicrm),
    Case("interests changed by staff", 40, _interests_newer_in_civicrm),
    Case("interests changed at Mailchimp", 40, _interests_newer_at_mailchimp),
    Case("mail bounced last week (cleaned)", 15, _bounced),
    Case("mail bounced, added again by staff", 6, _bounced_and_added_again),
    Case("archived at Mailchimp, added again by staff", 8, _archived),
    Case("has not confirmed the sign-up yet (pending)", 10, _pending),
    Case("address on hold in CiviCRM", 8, _on_hold),
    Case("first address on hold, second one good", 4, _one_of_two_on_hold),
    Case("marked “do not email”", 4, _do_not_email),
    Case("opted out of bulk mail", 5, _opted_out),
    Case("deceased", 3, _deceased),
    Case("without an address", 7, _no_address),
    Case("with an address that can't be one", 2, _bad_address),
    Case("two people with one mailbox", 6, _shared_address),
    Case("one person with two addresses", 6, _two_addresses),
    Case("written in capitals at Mailchimp", 12, _upper_case),
    Case("erased at Mailchimp for good", 2, _forgotten),
    Case("in CiviCRM's trash", 3, _trashed),
    Case("two contacts merged into one", 4, _merged),
)
