"""The world before the first sync."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync_sandbox.world.builders import ControlCall, Side, WorldBuilder
from mailchimpsync_sandbox.world.campaigns import mailed
from mailchimpsync_sandbox.world.cases import CASES, agreeing
from mailchimpsync_sandbox.world.charity import API_KEY, AUDIENCE_ID, AUDIENCE_NAME, GROUPS, INTERESTS

SEED = 20


@dataclass(frozen=True)
class Example:
    """One person of each kind, to be followed by name."""

    name: str
    description: str
    contact_id: int | None
    address: str | None


@dataclass(frozen=True)
class World:
    """The calls that fill the stand-ins, in this order, and people to follow."""

    builder: WorldBuilder
    calls: tuple[ControlCall, ...]
    examples: tuple[Example, ...]


def begin(people: int, now: datetime, seed: int = SEED) -> World:
    """Return a charity of about `people` people; the same for the same arguments.

    Each kind of person is there at least once, however small the charity.
    """
    builder = WorldBuilder(now, random.Random(seed))
    examples = [
        _write_case(builder, case.description, case.write, max(1, people * case.per_5000 // 5_000)) for case in CASES
    ]
    awkward = sum(max(1, people * case.per_5000 // 5_000) for case in CASES)
    for _ in range(max(people - awkward, 1)):
        agreeing(builder)
    calls = (*_structures(), *_load(builder), *mailed(builder), *builder.calls)
    builder.calls = []
    return World(builder, calls, tuple(examples))


def _write_case(builder: WorldBuilder, description: str, write: Any, number: int) -> Example:
    contacts, members = len(builder.contacts), len(builder.members)
    for _ in range(number):
        write(builder)
    contact = builder.contacts[contacts] if len(builder.contacts) > contacts else None
    member = builder.members[members] if len(builder.members) > members else None
    one = contact or member or {}
    name = f"{one['first_name']} {one['last_name']}"
    return Example(
        name, description, contact["id"] if contact else None, member["email_address"].lower() if member else None
    )


def _structures() -> Iterator[ControlCall]:
    yield ControlCall(Side.MAILCHIMP, "add_account", {"api_key": API_KEY, "account_name": "Green Paths"})
    audience = {"api_key": API_KEY, "list_id": AUDIENCE_ID, "name": AUDIENCE_NAME}
    names = {key: name for key, (_, name) in INTERESTS.items()}
    yield ControlCall(Side.MAILCHIMP, "add_audience", {**audience, "interests": names})
    for group, title in GROUPS.items():
        yield ControlCall(Side.CIVICRM, "add_group", {"group_id": group, "title": title})


def _load(builder: WorldBuilder) -> Iterator[ControlCall]:
    yield ControlCall(Side.CIVICRM, "load_contacts", {"contacts": builder.contacts})
    yield ControlCall(Side.MAILCHIMP, "load_members", {"list_id": AUDIENCE_ID, "members": builder.members})
