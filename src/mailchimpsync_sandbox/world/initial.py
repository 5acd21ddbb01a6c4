"""How the world is before the two sides first meet."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync_sandbox.world.builders import Deed, Pen, Side
from mailchimpsync_sandbox.world.campaigns import mailed
from mailchimpsync_sandbox.world.cases import CASES, agreeing
from mailchimpsync_sandbox.world.charity import API_KEY, AUDIENCE_ID, AUDIENCE_NAME, GROUPS, INTERESTS

SEED = 20


@dataclass(frozen=True)
class Example:
    """One person of each kind, to be followed by name."""

    name: str
    story: str
    contact_id: int | None
    address: str | None


@dataclass(frozen=True)
class World:
    """What is to be put into the stand-ins, in this order, and people to follow."""

    pen: Pen
    deeds: tuple[Deed, ...]
    examples: tuple[Example, ...]

    @property
    def number_of_people(self) -> int:
        """How many rows there are on both sides."""
        return len(self.pen.contacts) + len(self.pen.members)


def begin(people: int, now: datetime, seed: int = SEED) -> World:
    """Return a charity of about so many people; the same for the same arguments.

    Each kind of person is there at least once, however small the charity.
    """
    pen = Pen(now, random.Random(seed))
    examples = [_write_case(pen, case.story, case.write, max(1, people * case.per_5000 // 5_000)) for case in CASES]
    awkward = sum(max(1, people * case.per_5000 // 5_000) for case in CASES)
    for _ in range(max(people - awkward, 1)):
        agreeing(pen)
    deeds = (*_structures(), *_load(pen), *mailed(pen), *pen.deeds)
    pen.deeds = []
    return World(pen, deeds, tuple(examples))


def _write_case(pen: Pen, story: str, write: Any, number: int) -> Example:
    contacts, members = len(pen.contacts), len(pen.members)
    for _ in range(number):
        write(pen)
    contact = pen.contacts[contacts] if len(pen.contacts) > contacts else None
    member = pen.members[members] if len(pen.members) > members else None
    one = contact or member or {}
    name = f"{one['first_name']} {one['last_name']}"
    return Example(name, story, contact["id"] if contact else None, member["email_address"].lower() if member else None)


def _structures() -> Iterator[Deed]:
    yield Deed(Side.MAILCHIMP, "add_account", {"api_key": API_KEY, "account_name": "Green Paths"})
    audience = {"api_key": API_KEY, "list_id": AUDIENCE_ID, "name": AUDIENCE_NAME}
    names = {key: name for key, (_, name) in INTERESTS.items()}
    yield Deed(Side.MAILCHIMP, "add_audience", {**audience, "interests": names})
    for group, title in GROUPS.items():
        yield Deed(Side.CIVICRM, "add_group", {"group_id": group, "title": title})


def _load(pen: Pen) -> Iterator[Deed]:
    yield Deed(Side.CIVICRM, "load_contacts", {"contacts": pen.contacts})
    yield Deed(Side.MAILCHIMP, "load_members", {"list_id": AUDIENCE_ID, "members": pen.members})
