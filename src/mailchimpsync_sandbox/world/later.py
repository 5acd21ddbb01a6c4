"""What happens after the first sync: people join, leave, edit and bounce; staff add, remove, merge, trash."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mailchimpsync_sandbox.world.builders import ControlCall, SyncedPerson, WorldBuilder
from mailchimpsync_sandbox.world.charity import INTERESTS, NEWS_GROUP
from mailchimpsync_sandbox.world.initial import World


class Event(NamedTuple):
    """An event: words, how often among 5,000 people, and the function that makes it happen."""

    words: str
    per_5000: int
    apply: Callable[[WorldBuilder, SyncedPerson], None]


def changes(world: World, people: int) -> tuple[list[tuple[str, int]], list[ControlCall]]:
    """Return what happens, as (words, how often), and the deeds for it; nobody is met by two of them."""
    builder, told = world.builder, []
    free = builder.chance.sample(builder.agreed, len(builder.agreed))
    for words, per_5000, apply in EVENTS:
        number = max(1, people * per_5000 // 5_000)
        for _ in range(number):
            apply(builder, free.pop())
        told.append((words, number))
    calls, builder.calls = builder.calls, []
    return told, calls


def _joins(builder: WorldBuilder, _: SyncedPerson) -> None:
    person = builder.person()
    ticked = dict.fromkeys(builder.some_interests(), True)
    names = {"FNAME": person.first_name, "LNAME": person.last_name}
    builder.at_mailchimp(person.address, "subscribe", interests=ticked, merge_fields=names)


def _leaves(builder: WorldBuilder, known: SyncedPerson) -> None:
    builder.at_mailchimp(known.person.address, "unsubscribe")


def _complains(builder: WorldBuilder, known: SyncedPerson) -> None:
    builder.at_mailchimp(known.person.address, "complain")


def _bounces(builder: WorldBuilder, known: SyncedPerson) -> None:
    builder.at_mailchimp(known.person.address, "bounce")


def _ticks(builder: WorldBuilder, known: SyncedPerson) -> None:
    interest = builder.chance.choice(sorted(INTERESTS))
    builder.at_mailchimp(known.person.address, "interests", interests={interest: interest not in known.interests})


def _is_entered(builder: WorldBuilder, _: SyncedPerson) -> None:
    person = builder.person()
    builder.in_civicrm(
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


def _is_removed(builder: WorldBuilder, known: SyncedPerson) -> None:
    where = [["contact_id", "=", known.contact_id], ["group_id", "=", NEWS_GROUP]]
    builder.in_civicrm("GroupContact", "update", {"where": where, "values": {"status": "Removed"}})


def _is_put_into_interest_group(builder: WorldBuilder, known: SyncedPerson) -> None:
    interest = builder.chance.choice(sorted(INTERESTS))
    group = INTERESTS[interest][0]
    if interest in known.interests:
        where = [["contact_id", "=", known.contact_id], ["group_id", "=", group]]
        builder.in_civicrm("GroupContact", "update", {"where": where, "values": {"status": "Removed"}})
        return
    values = {"contact_id": known.contact_id, "group_id": group, "status": "Added"}
    builder.in_civicrm("GroupContact", "create", {"values": values})


def _is_trashed(builder: WorldBuilder, known: SyncedPerson) -> None:
    builder.in_civicrm("Contact", "delete", {"where": [["id", "=", known.contact_id]]})


def _is_merged(builder: WorldBuilder, known: SyncedPerson) -> None:
    """With a person who isn't on any list."""
    double = next(one for one in builder.contacts if not one["groups"] and one["emails"] and not one.get("merged"))
    double["merged"] = True
    builder.merge(double["id"], known.contact_id)


def _is_put_on_hold(builder: WorldBuilder, known: SyncedPerson) -> None:
    where = [["contact_id", "=", known.contact_id]]
    builder.in_civicrm("Email", "update", {"where": where, "values": {"on_hold": 1}})


EVENTS = (
    Event("sign up at Mailchimp", 14, _joins),
    Event("unsubscribe at Mailchimp", 11, _leaves),
    Event("report a mail as spam", 1, _complains),
    Event("can no longer be reached: mail bounces", 6, _bounces),
    Event("change an interest at Mailchimp", 16, _ticks),
    Event("are entered in CiviCRM by staff", 9, _is_entered),
    Event("are removed from the newsletter by staff", 8, _is_removed),
    Event("change an interest through staff", 12, _is_put_into_interest_group),
    Event("go to CiviCRM's trash", 2, _is_trashed),
    Event("turn out to be in CiviCRM twice and are merged", 2, _is_merged),
    Event("are put on hold in CiviCRM", 3, _is_put_on_hold),
)
