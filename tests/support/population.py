"""Random people, as charities have them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from support.world import NEWS, RIDE, RIDES, WALK, WALKS, World, days_ago

NAMES = ("Zoë", "Bob", "Ana María", "李雷", "Ève 🌻", "O'Neil", "Łukasz", "Dora")
DAYS = (1, 2, 3, 3, 5, 10, 40)
MEMBER_STATUSES = ("subscribed",) * 6 + ("unsubscribed",) * 2 + ("pending", "cleaned", "archived", "transactional")
GROUP_STATUSES = ("Added",) * 6 + ("Removed",) * 2 + ("Pending", "Deleted")


@dataclass
class WorldHistory:
    """What happened so far, recorded independently of the product."""

    addresses: list[str] = field(default_factory=list)
    contacts: list[int] = field(default_factory=list)
    owned: dict[int, set[str]] = field(default_factory=dict)  # every address a contact ever had
    left: dict[str, str] = field(default_factory=dict)  # when someone last left, by their own act or by bouncing
    gone_for_good: set[str] = field(default_factory=set)  # bounced or erased, and not come back by own act
    erased: set[str] = field(default_factory=set)  # addresses that were to be erased at some time
    bounced: set[str] = field(default_factory=set)  # addresses mail to which bounced at some time
    left_once: set[str] = field(default_factory=set)  # addresses that were not subscribed at Mailchimp at some time
    removed_once: set[int] = field(default_factory=set)  # contacts that staff took out of the group at some time
    readdressed_once: set[int] = field(default_factory=set)  # contacts whose address staff changed at some time
    handed_over: set[str] = field(default_factory=set)  # addresses that staff took from one contact and gave another
    marked_once: set[int] = field(default_factory=set)  # contacts that were marked, or trashed, at some time
    added: dict[int, list[str]] = field(default_factory=dict)  # when staff put a contact into the group
    kept: dict[int, int] = field(default_factory=dict)  # merged contact: the one that was kept
    moved: dict[str, str] = field(default_factory=dict)  # old address at Mailchimp: the new one
    forgot_own_acts: bool = False  # an old copy of our database came back
    asked: dict[str, datetime] = field(default_factory=dict)  # member id: when the product last sent it an update

    def owners(self, address: str) -> set[int]:
        """Return the contacts that ever had an address, or one that it was changed from at Mailchimp."""
        names = {address}
        for _ in self.moved:
            names |= {old for old, new in self.moved.items() if new in names}
        return {contact for contact, owned in self.owned.items() if owned & names}


def populate(world: World, chance: random.Random, people: int, *, simple: bool) -> WorldHistory:
    """Fill both sides; `simple`: each person has one address of their own, and nothing forbids mailing them."""
    history = WorldHistory()
    contacts: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    for number in range(people):
        address = f"{chance.choice(('p', 'P', 'q+news'))}{number}@example.org"
        history.addresses.append(address.lower())
        side = chance.random()
        if side < 0.75:
            contacts.append(_contact(history, chance, number + 100, address, simple=simple))
        if side > 0.3:
            members.append(_member(history, chance, address, simple=simple))
    world.civicrm.load_contacts(contacts)
    world.mailchimp.load_members(world.connection.list_id, members)
    return history


def _contact(history: WorldHistory, chance: random.Random, key: int, address: str, *, simple: bool) -> dict[str, Any]:
    emails: list[dict[str, Any]] = [{"email": address, "is_primary": True}]
    details: dict[str, Any] = {"modified_date": days_ago(100)}
    quirk = 1.0 if simple else chance.random()
    if quirk < 0.08:
        emails.append({"email": f"other{key}@example.org", "is_bulkmail": chance.random() < 0.5})
        history.addresses.append(f"other{key}@example.org")
    elif quirk < 0.16 and len(history.addresses) > 1:
        emails = [{"email": chance.choice(history.addresses), "is_primary": True}]
    elif quirk < 0.19:
        emails = []
    elif quirk < 0.23:
        emails[0]["on_hold"] = 1
    elif quirk < 0.29:
        details[chance.choice(("is_opt_out", "do_not_email", "is_deceased", "is_deleted"))] = True
        history.marked_once.add(key)
    history.contacts.append(key)
    history.owned[key] = {email["email"].lower() for email in emails}
    groups = {}
    if chance.random() < 0.8:
        groups[NEWS] = _entry(chance, GROUP_STATUSES)
        _remember(history, key, groups[NEWS])
    for group in (WALKS, RIDES):
        if chance.random() < 0.4:
            groups[group] = _entry(chance, ("Added", "Added", "Removed"))
    return {"id": key, "first_name": chance.choice(NAMES), "emails": emails, "groups": groups, **details}


def _remember(history: WorldHistory, key: int, entry: dict[str, str]) -> None:
    if entry["status"] == "Added":
        history.added.setdefault(key, []).append(entry["date"])
    else:
        history.removed_once.add(key)


def _entry(chance: random.Random, statuses: tuple[str, ...]) -> dict[str, str]:
    return {"status": chance.choice(statuses), "date": days_ago(chance.choice(DAYS))}


def _member(history: WorldHistory, chance: random.Random, address: str, *, simple: bool) -> dict[str, Any]:
    status = chance.choice(MEMBER_STATUSES)
    date = days_ago(chance.choice(DAYS))
    details: dict[str, Any] = {}
    lower = address.lower()
    if status == "unsubscribed":
        details["unsubscribed_by"] = chance.choice(("user", "admin"))
    if status not in ("subscribed", "pending"):
        history.left_once.add(lower)
    if status == "cleaned" or details.get("unsubscribed_by") == "user":
        history.left[lower] = date
    if status == "cleaned":
        history.gone_for_good.add(lower)
        history.bounced.add(lower)
    if not simple and chance.random() < 0.03:
        details["legacy_id"] = f"{chance.getrandbits(128):032x}"
    interests = {interest: chance.random() < 0.5 for interest in (WALK, RIDE)}
    names = {"first_name": chance.choice(NAMES), "last_name": chance.choice(NAMES)}
    return {
        "email_address": address,
        "status": status,
        "last_changed": date,
        "interests": interests,
        **names,
        **details,
    }
