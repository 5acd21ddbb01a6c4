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
    assert world.fate(contact=ann)[0] == "ok"
