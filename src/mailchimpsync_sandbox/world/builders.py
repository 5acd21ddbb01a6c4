"""Adds people on one side or both, by calls of the stand-ins' control interfaces."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from mailchimpsync_sandbox.world.charity import AUDIENCE_ID, INTERESTS, NEWS_GROUP
from mailchimpsync_sandbox.world.people import Person, endless_people

FIRST_CONTACT_ID = 101
_OTHER_LOCATION = 2  # addresses are loaded as location type 1


class Side(StrEnum):
    """The system in which something happens."""

    MAILCHIMP = "mailchimp"
    CIVICRM = "civicrm"


@dataclass(frozen=True, slots=True)
class ControlCall:
    """A control action of one of the stand-ins."""

    side: Side
    action: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SyncedPerson:
    """A person both sides agree about at the start, free for later changes."""

    person: Person
    contact_id: int
    interests: frozenset[str]


@dataclass
class WorldBuilder:
    """Collects contacts, members and calls; `now` is aware."""

    now: datetime
    chance: random.Random
    contacts: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    calls: list[ControlCall] = field(default_factory=list)
    agreed: list[SyncedPerson] = field(default_factory=list)
    _people: Iterator[Person] = field(init=False)

    def __post_init__(self) -> None:
        self._people = endless_people(self.chance)

    def person(self) -> Person:
        """Return a new person."""
        return next(self._people)

    def some_interests(self) -> frozenset[str]:
        """Return a few interests."""
        return frozenset(self.chance.sample(sorted(INTERESTS), self.chance.choice((0, 1, 1, 2, 2, 3, 4))))

    def ago(self, days: float) -> str:
        """Return the time `days` ago."""
        return (self.now - timedelta(days=days)).isoformat(timespec="seconds")

    def contact(
        self,
        person: Person,
        *,
        added: float | None = None,
        removed: float | None = None,
        interests: Collection[str] = (),
        interests_added: float | None = None,
        emails: list[Any] | None = None,
        **details: Any,
    ) -> int:
        """Add a contact, added to or removed from the newsletter some days ago, and return its id."""
        contact_id = FIRST_CONTACT_ID + len(self.contacts)
        entries = [(NEWS_GROUP, "Added", added), (NEWS_GROUP, "Removed", removed)]
        since = interests_added if interests_added is not None else added
        entries += [(INTERESTS[key][0], "Added", since) for key in sorted(interests)]
        self.contacts.append(
            {
                "id": contact_id,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "emails": [person.address] if emails is None else emails,
                "groups": [
                    {"group_id": group, "status": status, "date": self.ago(days)}
                    for group, status, days in entries
                    if days is not None
                ],
                **details,
            }
        )
        return contact_id

    def member(
        self,
        person: Person,
        changed: float,
        *,
        status: str = "subscribed",
        interests: Collection[str] = (),
        **more: Any,
    ) -> None:
        """Add a member, last changed `days_ago` days ago."""
        self.members.append(
            {
                "email_address": person.address,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "status": status,
                "interests": {key: key in interests for key in INTERESTS},
                "last_changed": self.ago(changed),
                **more,
            }
        )

    def at_mailchimp(self, address: str, change: str, as_: str = "user", **more: Any) -> None:
        """Add what a person or an administrator does at Mailchimp."""
        values = {"list_id": AUDIENCE_ID, "email": address, "as_": as_, "change": change, **more}
        self.calls.append(ControlCall(Side.MAILCHIMP, "act", values))

    def in_civicrm(self, entity: str, action: str, params: dict[str, Any]) -> None:
        """Add what staff do in CiviCRM."""
        self.calls.append(ControlCall(Side.CIVICRM, "call", {"entity": entity, "action": action, "params": params}))

    def merge(self, kept: int, gone: int) -> None:
        """Add that staff merge two contacts and keep both addresses.

        CiviCRM keeps a second address only as one of another location type: else it goes to the trash with its contact.
        """
        where = [["contact_id", "=", gone]]
        self.in_civicrm("Email", "update", {"where": where, "values": {"location_type_id": _OTHER_LOCATION}})
        pair = {"contactId": kept, "duplicateId": gone, "mode": "aggressive"}
        self.in_civicrm("Contact", "mergeDuplicates", pair)
