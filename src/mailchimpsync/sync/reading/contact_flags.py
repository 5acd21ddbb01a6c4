"""Part of `readyToFixContactIds`: flags of contacts in CiviCRM that may remove their members.

Flags are stored with the row, so that decisions need no request for them; a row whose flags change is due.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm import ContactAddress, ContactState, contacts_by_id, held_addresses
from mailchimpsync.model import Departure, GroupState, Leaving
from mailchimpsync.store.cache import contacts
from mailchimpsync.store.cache.contact_facts import MayInherit
from mailchimpsync.sync.context import Run

_INHERITED = frozenset({Departure.DECEASED, Departure.OPT_OUT, Departure.DO_NOT_EMAIL})
"""Flags of a contact that CiviCRM no longer shows, which pass on to the contact it was merged into."""

HoldEffects = Mapping[int, Mapping[str, Departure]]
"""The effect of addresses (normalised) on hold, by contact."""


def flags_text(flags: Iterable[Departure]) -> str | None:
    """Return flags as stored in a row."""
    found = set(flags)
    return ",".join(one.value for one in Departure if one in found) if found else None


def flags_from(text: str | None) -> frozenset[Departure]:
    """Return the flags stored in a row."""
    return frozenset(map(Departure, text.split(","))) if text else frozenset()


def held_addresses_of(run: Run, addresses: Iterable[ContactAddress]) -> HoldEffects:
    """Return the given addresses that are on hold, if that has an effect for the connection."""
    held: dict[int, dict[str, Departure]] = defaultdict(dict)
    for one in addresses:
        if one.hold is None or run.connection.leaving(one.hold) is Leaving.NOTHING:
            continue
        address = normalise_address(one.email)
        if held[one.contact_id].get(address) is not Departure.OPT_OUT:  # a contact may have an address twice
            held[one.contact_id][address] = one.hold
    return held


def request_held_addresses(run: Run, contact_ids: Sequence[int] | None = None) -> HoldEffects:
    """Read the addresses on hold from CiviCRM, of given contacts or of all, if that has an effect."""
    bounces = run.connection.leaving(Departure.ON_HOLD) is not Leaving.NOTHING
    if not bounces and run.connection.leaving(Departure.OPT_OUT) is Leaving.NOTHING:
        return {}
    found = held_addresses(run.civicrm, contact_ids, run.unreadable, opted_out_only=not bounces)
    return held_addresses_of(run, (one for page in found for one in page))


def record_flags(run: Run, states: Sequence[ContactState], held: HoldEffects) -> None:
    """Record the flags of contacts that aren't in the trash; a hold is about one address, a flag about all."""
    alive = [state for state in states if not state.is_deleted]
    flags_of = {state.id: state.flags for state in alive}
    with_held = sorted(held.keys() & flags_of.keys())
    texts = {contact: text for contact, flags in flags_of.items() if (text := flags_text(flags)) is not None}
    with run.transaction() as tx:
        contacts.record_flags(tx, run.list_id, sorted(flags_of.keys() - held.keys()), texts)
        rows = contacts.rows_of_contacts(tx, run.list_id, with_held) if with_held else ()
        wanted = {
            row.id: _with_hold_flag(flags_of[row.civicrm_contact_id], row.mailchimp_email, held[row.civicrm_contact_id])
            for row in rows
        }
        changed = {row.id: wanted[row.id] for row in rows if row.marks != wanted[row.id]}
        if changed:
            contacts.set_flags(tx, changed)


def read_flags(run: Run, contact_ids: Sequence[int]) -> None:
    """Read the flags of contacts from CiviCRM, and record them."""
    if not contact_ids:
        return
    held = request_held_addresses(run, contact_ids)
    for states in contacts_by_id(run.civicrm, contact_ids, run.unreadable):
        record_flags(run, states, held)


def _with_hold_flag(flags: frozenset[Departure], address: str | None, held: Mapping[str, Departure]) -> str | None:
    hold = held.get(normalise_address(address)) if address else None
    return flags_text(flags if hold is None else flags | {hold})


def flags_of_merged(run: Run, successors: Mapping[int, int]) -> dict[int, frozenset[Departure]]:
    """Return the flags of contacts that were merged into others, set or inherited; contacts without any are left out.

    The strictest consent survives a merge: it isn't new consent that the remaining contact never had the flag.
    """
    if not successors:
        return {}
    both = sorted({*successors, *successors.values()})
    with run.transaction() as tx:
        rows = contacts.known_flags(tx, run.list_id, both)
    found: dict[int, frozenset[Departure]] = defaultdict(frozenset)
    for row in rows:
        found[row.civicrm_contact_id] |= flags_from(row.inherited)
    shown: set[int] = set()
    for states in contacts_by_id(run.civicrm, sorted(successors), run.unreadable):
        for state in states:
            shown.add(state.id)
            found[state.id] |= state.flags
    for row in rows:
        if row.civicrm_contact_id in successors.keys() - shown:
            found[row.civicrm_contact_id] |= flags_from(row.marks) & _INHERITED
    return {contact: flags for contact, flags in found.items() if flags}


def inherited_flags(flags: Mapping[int, frozenset[Departure]], successors: Mapping[int, int]) -> dict[int, str]:
    """Return the flags that contacts inherit from those merged into them, as stored in a row."""
    inherited: dict[int, frozenset[Departure]] = {}
    for old, new in successors.items():
        if old in flags:
            inherited[new] = inherited.get(new, flags.get(new, frozenset())) | flags[old]
    return {contact: text for contact, one in inherited.items() if (text := flags_text(one)) is not None}


def flags_inherited_by(row: MayInherit, group: GroupState) -> frozenset[Departure]:
    """Return a row's inherited flags, unless staff have added the contact since: that is a new decision."""
    at = row.inherited_at
    if at is None or (group.is_added and group.date is not None and group.date > at):
        return frozenset()
    return flags_from(row.inherited)
