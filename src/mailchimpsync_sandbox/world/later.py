"""What happens after the two sides have met: people join, leave, edit and bounce; staff add, remove, merge, trash."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mailchimpsync_sandbox.world.builders import Deed, Known, Pen
from mailchimpsync_sandbox.world.charity import INTERESTS, NEWS_GROUP
from mailchimpsync_sandbox.world.initial import World


class Happening(NamedTuple):
    """What happens: words, how often among 5,000 people, and who makes it happen to somebody."""

    words: str
    per_5000: int
    happen: Callable[[Pen, Known], None]


def changes(world: World, people: int) -> tuple[list[tuple[str, int]], list[Deed]]:
    """Return what happens, as (words, how often), and the deeds for it; nobody is met by two of them."""
    pen, told = world.pen, []
    free = pen.chance.sample(pen.agreed, len(pen.agreed))
    for words, per_5000, happen in HAPPENINGS:
        number = max(1, people * per_5000 // 5_000)
        for _ in range(number):
            happen(pen, free.pop())
        told.append((words, number))
    deeds, pen.deeds = pen.deeds, []
    return told, deeds


def _joins(pen: Pen, _: Known) -> None:
    person = pen.person()
    ticked = dict.fromkeys(pen.some_interests(), True)
    names = {"FNAME": person.first_name, "LNAME": person.last_name}
    pen.at_mailchimp(person.address, "subscribe", interests=ticked, merge_fields=names)


def _leaves(pen: Pen, known: Known) -> None:
    pen.at_mailchimp(known.person.address, "unsubscribe")


def _complains(pen: Pen, known: Known) -> None:
    pen.at_mailchimp(known.person.address, "complain")


def _bounces(pen: Pen, known: Known) -> None:
    pen.at_mailchimp(known.person.address, "bounce")


def _ticks(pen: Pen, known: Known) -> None:
    interest = pen.chance.choice(sorted(INTERESTS))
    pen.at_mailchimp(known.person.address, "interests", interests={interest: interest not in known.interests})


def _is_entered(pen: Pen, _: Known) -> None:
    person = pen.person()
    pen.in_civicrm(
        "Contact",
        "create",
        {
            "values": {"first_name": person.first_name, "last_name": person.last_name},
            "chain": {
                "email": ["Email", "create", {"values": {"contact_id": "$id", "email": person.address}}],
                "group": [
                    "GroupContact",
                    "create",
                    {"values": {"contact_id": "$id", "group_id": NEWS_GROUP, "status": "Added"}},
                ],
            },
        },
    )


def _is_removed(pen: Pen, known: Known) -> None:
    where = [["contact_id", "=", known.contact_id], ["group_id", "=", NEWS_GROUP]]
    pen.in_civicrm("GroupContact", "update", {"where": where, "values": {"status": "Removed"}})


def _is_put_into_interest_group(pen: Pen, known: Known) -> None:
    interest = pen.chance.choice(sorted(INTERESTS))
    group = INTERESTS[interest][0]
    if interest in known.interests:
        where = [["contact_id", "=", known.contact_id], ["group_id", "=", group]]
        pen.in_civicrm("GroupContact", "update", {"where": where, "values": {"status": "Removed"}})
        return
    values = {"contact_id": known.contact_id, "group_id": group, "status": "Added"}
    pen.in_civicrm("GroupContact", "create", {"values": values})


def _is_trashed(pen: Pen, known: Known) -> None:
    pen.in_civicrm("Contact", "delete", {"where": [["id", "=", known.contact_id]]})


def _is_merged(pen: Pen, known: Known) -> None:
    """With somebody who is not on any list."""
    double = next(one for one in pen.contacts if not one["groups"] and one["emails"] and not one.get("merged"))
    double["merged"] = True
    pen.merge(double["id"], known.contact_id)


def _is_put_on_hold(pen: Pen, known: Known) -> None:
    where = [["contact_id", "=", known.contact_id]]
    pen.in_civicrm("Email", "update", {"where": where, "values": {"on_hold": 1}})


HAPPENINGS = (
    Happening("sign up at Mailchimp", 14, _joins),
    Happening("unsubscribe at Mailchimp", 11, _leaves),
    Happening("report a mail as spam", 1, _complains),
    Happening("can no longer be reached: mail bounces", 6, _bounces),
    Happening("change an interest at Mailchimp", 16, _ticks),
    Happening("are entered in CiviCRM by staff", 9, _is_entered),
    Happening("are removed from the newsletter by staff", 8, _is_removed),
    Happening("change an interest through staff", 12, _is_put_into_interest_group),
    Happening("go to CiviCRM's trash", 2, _is_trashed),
    Happening("turn out to be in CiviCRM twice and are merged", 2, _is_merged),
    Happening("are put on hold in CiviCRM", 3, _is_put_on_hold),
)
