"""The invariants, checked against the stand-ins' data and the past, never by the product's rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import RowMapping

from mailchimpsync.civicrm.writes import SOURCE
from mailchimpsync.decide import DEPARTED
from mailchimpsync.errors import REGISTRY, Code
from mailchimpsync.model import MCSYNC_METHOD
from mailchimpsync.store.cache.contact_facts import PENDING_CORRECTIONS as TO_BE_TOLD
from mailchimpsync.store.journal.check import check_chain
from mailchimpsync.store.schema import metadata
from support.population import WorldHistory
from support.world import NEWS, World

FORGED_NAME = "Mallory"
MOVED = "moved"
"""What an address begins with that a person gave Mailchimp: before a first sync CiviCRM is not told of it."""

SUBSCRIBED = ("subscribed", "pending")
EXPECTED_FAILURES = frozenset(
    {
        Code.CV_NO_ADDRESS,
        Code.CV_ON_HOLD,
        Code.CV_DO_NOT_EMAIL,
        Code.CV_OPTED_OUT,
        Code.CV_DECEASED,
        Code.CV_SHARED_ADDRESS,
        Code.CV_OTHER_ADDRESS,
        Code.CV_CONTACT_GONE,
        Code.CV_NOT_VISIBLE,
        Code.ADDRESS_TAKEN,
        Code.ERASED,
        Code.MC_BOUNCED,
        Code.MC_FORGOTTEN,
        Code.MC_OPTED_OUT,
        Code.MC_COMPLIANCE,
    }
)

DEPARTED_REASONS = frozenset(DEPARTED.values())

DECISIONS_GOOD_FOR = timedelta(hours=1)
"""How long a decision may be sent after it was made."""


class Truth:
    """Both sides as they are."""

    def __init__(self, world: World) -> None:
        self.members = {one["id"]: one for one in world.mailchimp.members(world.connection.list_id)}
        self.contacts = {one["id"]: one for one in world.civicrm.dump("Contact")}
        self.groups = {(r["contact_id"], r["group_id"]): r["status"] for r in world.civicrm.dump("GroupContact")}
        self.emails = world.civicrm.dump("Email")
        self.history = world.civicrm.dump("SubscriptionHistory")

    def is_alive(self, contact: int | None) -> bool:
        return contact in self.contacts and not self.contacts[contact]["is_deleted"]

    def is_added(self, contact: int | None, group: int = NEWS) -> bool:
        return contact is not None and self.groups.get((contact, group)) == "Added"

    def is_subscribed(self, member_id: str | None) -> bool:
        return member_id in self.members and self.members[member_id]["status"] in SUBSCRIBED


def violations(world: World, past: WorldHistory) -> Iterator[str]:
    """Yield what does not hold once everything is quiet."""
    truth, rows = Truth(world), world.rows()
    yield from _unknown(truth, rows, past)
    yield from _erased(world, past)
    for row in rows:
        yield from _row(world, truth, row)
    yield from _loose_ends(world)
    yield from _consent(world, truth, past)
    yield from _new_addresses(world, past)
    yield from _marked(truth)
    yield from _handed_over(truth, past)
    yield from _removals(world, truth, past)
    yield from _doubles(truth)
    yield from _corrections(world, truth, past)
    yield from _untold(truth, rows)
    yield from _journal(world, truth)


def still_mailed(world: World) -> list[str]:
    """Return the people who are subscribed though all their contacts opted out, died, or are in the trash."""
    return list(_marked(Truth(world)))


def _erased(world: World, past: WorldHistory) -> Iterator[str]:
    """Nothing of erased people is kept in any table; if they sign up again, they are unknown."""
    if not past.erased:
        return
    with world.store.begin() as tx:
        kept = repr([tx.execute(table.select()).all() for table in metadata.sorted_tables]).lower()
    for address in past.erased:
        if f"'{address}'" in kept or f'"{address}"' in kept:
            yield f"{address} was erased, and is still kept"


def _unknown(truth: Truth, rows: list[RowMapping], past: WorldHistory) -> Iterator[str]:
    known_members = {row["mailchimp_member_id"] for row in rows}
    known_contacts = {row["civicrm_contact_id"] for row in rows}
    for key, member in truth.members.items():
        was_erased = member["email_address"].lower() in past.erased
        if member["status"] in SUBSCRIBED and key not in known_members and not was_erased:
            yield f"nobody knows of member {member['email_address']}"
    for contact, group in truth.groups:
        if group == NEWS and truth.is_added(contact) and truth.is_alive(contact) and contact not in known_contacts:
            yield f"nobody knows of contact {contact}"


def _row(world: World, truth: Truth, row: RowMapping) -> Iterator[str]:
    who = f"row {row['id']} (contact {row['civicrm_contact_id']}, {row['mailchimp_email']}, {row['reason']})"
    if row["sync_status"] == "fail":
        if row["reason"] == Code.MC_BOUNCED:
            yield from _corrected(world, truth, row, who)
        if row["reason"] not in EXPECTED_FAILURES or row["reason"] not in REGISTRY:
            yield f"{who} failed for a reason that does not belong in this world"
        return
    if row["sync_status"] != "ok":
        yield f"{who} is still {row['sync_status']}"
        return
    contact, subscribed = row["civicrm_contact_id"], truth.is_subscribed(row["mailchimp_member_id"])
    if contact is not None and not truth.is_alive(contact):
        yield f"{who} belongs to a contact that is gone"
    was_taken_off = row["reason"] in DEPARTED_REASONS and row["departure"] is not None and not subscribed
    if subscribed != truth.is_added(contact) and not was_taken_off:
        yield f"{who}: subscribed {subscribed}, in the group {truth.is_added(contact)}"
    if subscribed:
        yield from _interests(world, truth, row, who)
    if subscribed and row["new_address"] and truth.members[row["mailchimp_member_id"]]["status"] == "subscribed":
        yield f"{who} was to get another address"
    if row["base_subscribed"] is not subscribed:
        yield f"{who}: the base says {row['base_subscribed']}"


def _corrected(world: World, truth: Truth, row: RowMapping, who: str) -> Iterator[str]:
    """People whose mail bounced, and who have other good addresses now, are listed with one of those."""
    good = {
        one["email"].lower()
        for one in truth.emails
        if one["contact_id"] == row["civicrm_contact_id"] and not one["on_hold"]
    }
    others = [one for one in world.rows() if one["civicrm_contact_id"] == row["civicrm_contact_id"]]
    if good and row["mailchimp_email"].lower() not in good and len(others) == 1:
        yield f"{who} bounced, and {sorted(good)} is not on the list"


def _interests(world: World, truth: Truth, row: RowMapping, who: str) -> Iterator[str]:
    ticked = truth.members[row["mailchimp_member_id"]]["interests"]
    for interest, group in world.connection.interests.items():
        if ticked[interest] != truth.is_added(row["civicrm_contact_id"], group):
            yield f"{who}: interest {interest} ticked {ticked[interest]}, the group says otherwise"


def _loose_ends(world: World) -> Iterator[str]:
    for update in world.open_updates():
        yield f"update {update['id']} is still open"


def _consent(world: World, truth: Truth, past: WorldHistory) -> Iterator[str]:
    trusted = {entry["member_id"] for entry in world.journal() if entry["reason"] == Code.TRUSTED_CIVICRM}
    for member in truth.members.values():
        address = member["email_address"].lower()
        if member["status"] not in SUBSCRIBED:
            continue
        if address in past.gone_for_good:
            yield f"{address} bounced or was erased, and is {member['status']}"
        left = past.left.get(address)
        if left is None or (member["status"] == "pending" and member["id"] in trusted):
            continue
        asked = past.asked.get(member["id"])
        if asked is not None and datetime.fromisoformat(left) > asked - DECISIONS_GOOD_FOR:
            continue  # they left while the question was on its way
        added = [date for owner in past.owners(address) for date in past.added.get(owner, [])]
        if not any(_second(date) >= _second(left) for date in added):
            yield f"{address} left at {left} and is {member['status']}, Added {added}"


def _new_addresses(world: World, past: WorldHistory) -> Iterator[str]:
    """We don't subscribe new addresses of people who had unsubscribed, without asking them."""
    for entry in world.journal():
        is_new = (entry["reason"], entry["old"], entry["new"]) == ("CIVICRM_READDRESSED", None, "subscribed")
        addresses = past.owned.get(entry["contact_id"], set()) - past.bounced
        left = [date for address in addresses if (date := past.left.get(address)) is not None]
        if is_new and any(datetime.fromisoformat(date) < entry["time"] - DECISIONS_GOOD_FOR for date in left):
            yield f"contact {entry['contact_id']} had left, and was subscribed with a new address"


def _marked(truth: Truth) -> Iterator[str]:
    """Nobody is subscribed whose only contacts opted out, died, or are in the trash."""
    owners: dict[str, set[int]] = {}
    for one in truth.emails:
        owners.setdefault(one["email"].lower(), set()).add(one["contact_id"])
    for member in truth.members.values():
        address = member["email_address"].lower()
        contacts = owners.get(address, set())
        alive = [truth.contacts[key] for key in contacts if truth.is_alive(key)]
        if member["status"] not in SUBSCRIBED or not alive:
            continue
        if all(one["is_opt_out"] or one["do_not_email"] or one["is_deceased"] for one in alive):
            yield f"{address} is {member['status']}, and must not be mailed"


def _handed_over(truth: Truth, past: WorldHistory) -> Iterator[str]:
    """Nobody is mailed because of the consent of an address's previous owner."""
    for address in sorted(past.handed_over):
        owners = {one["contact_id"] for one in truth.emails if one["email"].lower() == address}
        alive = {contact for contact in owners if truth.is_alive(contact)}
        subscribed = any(
            one["status"] in SUBSCRIBED for one in truth.members.values() if one["email_address"].lower() == address
        )
        if subscribed and alive and not any(truth.is_added(contact) for contact in alive):
            yield f"{address} is subscribed, and none of its contacts {sorted(alive)} is in the group"


def _second(date: str) -> datetime:
    return datetime.fromisoformat(date).astimezone(UTC).replace(microsecond=0)


def _removals(world: World, truth: Truth, past: WorldHistory) -> Iterator[str]:
    """We removed nobody on either side unless they or staff had, or the trusted side says so."""
    off_the_group = {one["contact_id"] for one in world.journal() if one["reason"] == Code.TRUSTED_MAILCHIMP}
    off_the_list = {one["member_id"] for one in world.journal() if one["reason"] == Code.TRUSTED_CIVICRM}
    taken_off_by_staff = {
        entry["contact_id"]
        for entry in truth.history
        if entry["group_id"] == NEWS and entry["status"] != "Added" and entry["method"] != MCSYNC_METHOD
    }
    for entry in truth.history:
        if (entry["group_id"], entry["status"], entry["method"]) == (NEWS, "Removed", MCSYNC_METHOD):
            addresses = past.owned.get(entry["contact_id"], set())
            known = addresses | {new for old, new in past.moved.items() if old in addresses}
            if past.forgot_own_acts and (entry["contact_id"] in past.marked_once | taken_off_by_staff):
                continue  # we took them off at Mailchimp for that, and do not know any more that it was us
            if entry["contact_id"] in past.owned.keys() - off_the_group and not known & past.left_once:
                yield f"contact {entry['contact_id']} was removed, and nobody had left"
    for member in truth.members.values():
        address = member["email_address"].lower()
        by_us = (member["status"], member["origin"]) == ("unsubscribed", "api") and member["id"] not in off_the_list
        if by_us and not past.owners(address) & (past.removed_once | past.marked_once | past.readdressed_once):
            yield f"{address} was unsubscribed, and no staff had removed them"


def _doubles(truth: Truth) -> Iterator[str]:
    made = {key for key, contact in truth.contacts.items() if contact["source"] == SOURCE}
    by_address = Counter(one["email"].lower() for one in truth.emails if one["contact_id"] in made)
    for address, number in by_address.items():
        if number > 1:
            yield f"{address} was created {number} times"


def _corrections(world: World, truth: Truth, past: WorldHistory) -> Iterator[str]:
    """Only bounced addresses are put on hold, only new addresses are added, and no forged name is taken."""
    for entry in world.journal():
        addresses = {one["email"].lower() for one in truth.emails if one["contact_id"] == entry["contact_id"]}
        addresses |= past.owned.get(entry["contact_id"], set())  # staff may have changed it since
        if not truth.is_alive(entry["contact_id"]):
            continue
        if entry["field"] == "on_hold" and not addresses & past.bounced:
            yield f"contact {entry['contact_id']} was put on hold, and no mail had bounced"
        added = entry["field"] == "address" and entry["side"] == "CiviCRM"
        if added and not addresses & set(past.moved.values()):
            yield f"contact {entry['contact_id']} got an address nobody had moved to"
    for contact in truth.contacts.values():
        if contact["first_name"] == FORGED_NAME:
            yield f"contact {contact['id']} has a name that was forged"


def _untold(truth: Truth, rows: list[RowMapping]) -> Iterator[str]:
    """No change at Mailchimp is still waiting for CiviCRM, even if webhooks were lost."""
    for row in rows:
        contact = row["civicrm_contact_id"]
        if not truth.is_alive(contact) or row["contact_problem"] is not None:
            continue
        waiting = [name for name in TO_BE_TOLD if row[name] is not None]
        if waiting and row["reason"] != "CV_CHANGE_REFUSED":
            yield f"contact {contact} was not told of {', '.join(waiting)}"


def _journal(world: World, truth: Truth) -> Iterator[str]:
    entries = world.journal()
    keys = [world.erasure_key] if world.erasure_key else []
    checked = check_chain(world.store, world.connection.list_id, keys)
    yield from (one.sentence for one in checked.tamperings)
    if checked.entries != len(entries):
        yield f"{checked.entries} of {len(entries)} journal entries are in the chain"
    told = Counter(
        (e["contact_id"], int(e["field"].removeprefix("group ")), e["new"])
        for e in entries
        if e["field"].startswith("group ")
    )
    done = Counter((e["contact_id"], e["group_id"], e["status"]) for e in truth.history if e["method"] == MCSYNC_METHOD)
    for what, number in told.items():
        if truth.is_alive(what[0]) and number > done[what]:
            yield f"the journal tells {what} {number} times, it was done {done[what]} times"
    for entry in entries:
        if entry["reason"] not in REGISTRY:
            yield f"journal entry {entry['id']} has the unknown reason {entry['reason']}"


def _owners_and_addresses(world: World, truth: Truth) -> tuple[dict[int, set[str]], dict[str, set[int]]]:
    """Return the addresses of each living contact, and the contacts of each address."""
    addresses: dict[int, set[str]] = {}
    owners: dict[str, set[int]] = {}
    for one in truth.emails:
        if truth.is_alive(one["contact_id"]):
            addresses.setdefault(one["contact_id"], set()).add(one["email"].lower())
            owners.setdefault(one["email"].lower(), set()).add(one["contact_id"])
        elif (merged := _merged_to(world, one["contact_id"])) is not None:
            # CiviCRM leaves a second address of one location with the contact in the trash; its person goes on.
            owners.setdefault(one["email"].lower(), set()).add(merged)
            addresses.setdefault(merged, set()).add(one["email"].lower())
    return addresses, owners


def claims(world: World, past: WorldHistory) -> Iterator[str]:
    """Yield the people about whom both sides differ, by their own data, right after a call has said that nobody is due.

    Only those are left out whom the product lists as failures, and the erased, of whom it may know nothing.
    """
    truth, listed = Truth(world), [row for row in world.rows() if row["sync_status"] == "fail"]
    failed_contacts = {row["civicrm_contact_id"] for row in listed}
    failed_members = {row["mailchimp_member_id"] for row in listed}
    addresses, owners = _owners_and_addresses(world, truth)
    mailed = {one["email_address"].lower() for key, one in truth.members.items() if truth.is_subscribed(key)}
    moved = {row["civicrm_contact_id"] for row in world.rows() if (row["mailchimp_email"] or "").startswith(MOVED)}
    staying = _at_second_addresses(world, truth, past)
    for key, member in truth.members.items():
        address = member["email_address"].lower()
        if address not in mailed or key in failed_members or address in past.erased or address.startswith(MOVED):
            continue
        if key in staying:
            continue
        if not any(truth.is_added(one) for one in owners.get(address, ())):
            yield f"done was said, and {address} is {member['status']} and in the group by no contact"
    for contact, group in truth.groups:
        if group != NEWS or not truth.is_added(contact) or not truth.is_alive(contact) or contact in failed_contacts:
            continue
        if contact in moved or contact in staying.values() or _may_be_off(truth, contact):
            continue
        if not addresses.get(contact, set()) & (mailed | past.erased):
            yield f"done was said, and contact {contact} is in the group and not subscribed"


def _at_second_addresses(world: World, truth: Truth, past: WorldHistory) -> dict[str, int]:
    """Return members who may be mailed at an address that their contact had beside its best one, and their contacts.

    They don't follow when staff change all addresses of the contact (docs/reference/php-extension.md#changed-addresses).
    """
    numbers = Counter(one["contact_id"] for one in truth.emails)
    changed = {contact for contact in past.readdressed_once if numbers[contact] > 1}
    rows = [row for row in world.rows() if row["civicrm_contact_id"] in changed and row["new_address"] is None]
    return {row["mailchimp_member_id"]: row["civicrm_contact_id"] for row in rows}


def in_on_both_sides(world: World, past: WorldHistory) -> set[str]:
    """Return the people subscribed and in the group, unmarked, with one address and one contact each."""
    truth = Truth(world)
    owners: dict[str, set[int]] = {}
    for one in truth.emails:
        owners.setdefault(one["email"].lower(), set()).add(one["contact_id"])
    numbers = Counter(one["contact_id"] for one in truth.emails)
    found: set[str] = set()
    for member in truth.members.values():
        address = member["email_address"].lower()
        mine = owners.get(address, set())
        contact = min(mine, default=None)
        if member["status"] != "subscribed" or len(mine) != 1 or contact is None or numbers[contact] != 1:
            continue
        is_in = truth.is_alive(contact) and truth.is_added(contact) and not _may_be_off(truth, contact)
        if is_in and contact not in past.kept.values() and address not in past.erased:
            found.add(address)
    return found


def _merged_to(world: World, contact: int) -> int | None:
    found: list[dict[str, int]] = world.civicrm.call("Contact", "getMergedTo", {"contactId": contact})["values"]
    return found[0]["id"] if found and found[0] else None


def _may_be_off(truth: Truth, contact: int) -> bool:
    """Say whether CiviCRM forbids mailing a contact in the group."""
    marks = truth.contacts[contact]
    usable = [one for one in truth.emails if one["contact_id"] == contact and not one["on_hold"]]
    return bool(marks["is_opt_out"] or marks["do_not_email"] or marks["is_deceased"]) or not usable
