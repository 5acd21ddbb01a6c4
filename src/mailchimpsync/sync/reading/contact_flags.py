"""Part of `readyToFixContactIds`: what contacts are marked with in CiviCRM that may take their members off.

A mark is kept with the row, so that the decisions need not ask for it; a row whose marks change is due.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import RowMapping

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm import ContactAddress, ContactState, contacts_by_id, held_addresses
from mailchimpsync.model import Departure, GroupState, Leaving
from mailchimpsync.store.cache import contacts
from mailchimpsync.sync.context import Run

_SURVIVE = frozenset({Departure.DECEASED, Departure.OPT_OUT, Departure.DO_NOT_EMAIL})
"""What a contact was marked with that CiviCRM does not show any more, and that goes with it into another one."""

Held = Mapping[int, Mapping[str, Departure]]
"""What it means that addresses, normalised, are on hold, by contact."""


def flags_text(marks: Iterable[Departure]) -> str | None:
    """Return marks as a row keeps them."""
    found = set(marks)
    return ",".join(one.value for one in Departure if one in found) if found else None


def flags_from(text: str | None) -> frozenset[Departure]:
    """Return the marks a row keeps."""
    return frozenset(map(Departure, text.split(","))) if text else frozenset()


def held_addresses_of(run: Run, addresses: Iterable[ContactAddress]) -> Held:
    """Return the addresses on hold among some, where that means something for the connection."""
    held: dict[int, dict[str, Departure]] = defaultdict(dict)
    for one in addresses:
        if one.hold is None or run.connection.leaving(one.hold) is Leaving.NOTHING:
            continue
        address = normalise_address(one.email)
        if held[one.contact_id].get(address) is not Departure.OPT_OUT:  # a contact may have an address twice
            held[one.contact_id][address] = one.hold
    return held


def request_held_addresses(run: Run, contact_ids: Sequence[int] | None = None) -> Held:
    """Ask CiviCRM for the addresses on hold, of some contacts or of all, where that means something."""
    bounces = run.connection.leaving(Departure.ON_HOLD) is not Leaving.NOTHING
    if not bounces and run.connection.leaving(Departure.OPT_OUT) is Leaving.NOTHING:
        return {}
    found = held_addresses(run.civicrm, contact_ids, run.odd_rows, opted_out_only=not bounces)
    return held_addresses_of(run, (one for page in found for one in page))


def record_flags(run: Run, states: Sequence[ContactState], held: Held) -> None:
    """Note how contacts that are not in the trash are marked; a hold is about one address, a mark about all."""
    alive = [state for state in states if not state.is_deleted]
    marked = {state.id: state.marks for state in alive}
    with_held = sorted(held.keys() & marked.keys())
    texts = {contact: text for contact, marks in marked.items() if (text := flags_text(marks)) is not None}
    with run.transaction() as tx:
        contacts.record_flags(tx, run.list_id, sorted(marked.keys() - held.keys()), texts)
        rows = contacts.rows_of_contacts(tx, run.list_id, with_held) if with_held else ()
        wanted = {
            row.id: _with_hold_flag(marked[row.civicrm_contact_id], row.mailchimp_email, held[row.civicrm_contact_id])
            for row in rows
        }
        changed = {row.id: wanted[row.id] for row in rows if row.marks != wanted[row.id]}
        if changed:
            contacts.set_flags(tx, changed)


def read_flags(run: Run, contact_ids: Sequence[int]) -> None:
    """Ask CiviCRM how some contacts are marked, and note it."""
    if not contact_ids:
        return
    held = request_held_addresses(run, contact_ids)
    for states in contacts_by_id(run.civicrm, contact_ids, run.odd_rows):
        record_flags(run, states, held)


def _with_hold_flag(marks: frozenset[Departure], address: str | None, held: Mapping[str, Departure]) -> str | None:
    hold = held.get(normalise_address(address)) if address else None
    return flags_text(marks if hold is None else marks | {hold})


def flags_of_merged(run: Run, successors: Mapping[int, int]) -> dict[int, frozenset[Departure]]:
    """Return what contacts that were merged into others were marked with, or had inherited; the others are left out.

    The strictest consent survives a merge: that the contact which is kept was never marked is no new consent.
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
    for states in contacts_by_id(run.civicrm, sorted(successors), run.odd_rows):
        for state in states:
            shown.add(state.id)
            found[state.id] |= state.marks
    for row in rows:
        if row.civicrm_contact_id in successors.keys() - shown:
            found[row.civicrm_contact_id] |= flags_from(row.marks) & _SURVIVE
    return {contact: marks for contact, marks in found.items() if marks}


def inherited_flags(marks: Mapping[int, frozenset[Departure]], successors: Mapping[int, int]) -> dict[int, str]:
    """Return what contacts inherit from those that were merged into them, as rows keep it."""
    inherited: dict[int, frozenset[Departure]] = {}
    for old, new in successors.items():
        if old in marks:
            inherited[new] = inherited.get(new, marks.get(new, frozenset())) | marks[old]
    return {contact: text for contact, one in inherited.items() if (text := flags_text(one)) is not None}


def flags_inherited_by(row: RowMapping, group: GroupState) -> frozenset[Departure]:
    """Return what a row has inherited, unless staff have put the contact into the group since: that is a new word."""
    at = row["inherited_at"]
    if at is None or (group.is_added and group.date is not None and group.date > at):
        return frozenset()
    return flags_from(row["inherited"])
