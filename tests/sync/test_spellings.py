"""One mailbox is one person, whichever form of its address the two systems have."""

from __future__ import annotations

import pytest

from support.world import NEWS, World

UNICODE, ASCII = "info@müller.de", "info@xn--mller-kva.de"


@pytest.mark.parametrize(("in_civicrm", "at_mailchimp"), [(UNICODE, ASCII), (ASCII, UNICODE), (UNICODE, UNICODE)])
def test_a_domain_in_ascii_and_in_its_own_letters_is_one_person_and_an_opt_out_counts(
    world: World, in_civicrm: str, at_mailchimp: str
) -> None:
    world.member(at_mailchimp)
    ann = world.contact(in_civicrm, {NEWS: 20})
    contacts = len(world.civicrm.dump("Contact"))
    world.sync()
    assert (len(world.rows()), len(world.members()), len(world.civicrm.dump("Contact"))) == (1, 1, contacts)
    world.pass_time(3_600)
    world.act(at_mailchimp, "unsubscribe")

    world.sync()
    world.pass_time(3_600)
    world.sync(everything=True)

    assert world.in_group(ann) == "Removed"
    assert {one["status"] for one in world.members().values()} == {"unsubscribed"}


def test_a_new_member_is_sent_in_the_form_that_every_mail_system_knows(world: World) -> None:
    ann = world.contact(UNICODE, {NEWS: 20})

    world.sync()
    world.pass_time(3_600)
    world.sync(everything=True)

    assert set(world.members()) == {ASCII}
    assert world.sync_result(contact=ann)[0] == "ok"


ODDLY_SPELT = [
    "tom@example.org\r",
    "tom@example.org\n",
    "\ttom@example.org",
    " tom@example.org",
    "\u00a0tom@example.org",
]


@pytest.mark.parametrize("kept", ODDLY_SPELT)
def test_an_address_that_an_import_left_with_a_sign_around_it_is_one_person_and_an_opt_out_counts(
    world: World, kept: str
) -> None:
    world.member("tom@example.org")
    tom = world.contact(kept, {NEWS: 20})
    contacts = len(world.civicrm.dump("Contact"))

    world.sync()

    assert (len(world.rows()), len(world.civicrm.dump("Contact"))) == (1, contacts)
    assert world.sync_result(contact=tom)[0] == "ok"
    world.pass_time(3_600)
    world.edit(tom, is_opt_out=True)
    world.sync()
    assert world.status("tom@example.org") == "unsubscribed"


@pytest.mark.parametrize("kept", ODDLY_SPELT)
def test_a_new_member_whose_contact_is_oddly_spelt_and_in_the_trash_gets_no_second_contact(
    world: World, kept: str
) -> None:
    world.member("tom@example.org")
    tom = world.contact(kept, {NEWS: 20})
    world.edit(tom, is_deleted=True)
    contacts = len(world.civicrm.dump("Contact"))

    world.sync()

    assert len(world.civicrm.dump("Contact")) == contacts


@pytest.mark.parametrize("kept", ODDLY_SPELT)
def test_two_contacts_whose_spellings_are_one_address_share_it_and_the_other_takes_it_over(
    world: World, kept: str
) -> None:
    world.member("tom@example.org")
    tom = world.contact(kept, {NEWS: 20})
    tim = world.contact("Tom@example.org", {NEWS: 20})
    contacts = len(world.civicrm.dump("Contact"))
    world.sync()
    assert len(world.civicrm.dump("Contact")) == contacts
    assert (world.sync_result(contact=tom)[0], world.sync_result(contact=tim)) == ("ok", ("fail", "CV_SHARED_ADDRESS"))
    world.pass_time(3_600)
    world.put(tom, "Removed")

    world.sync()

    assert world.status("tom@example.org") == "subscribed"
    assert world.sync_result(contact=tim)[0] == "ok"
