"""Who owns a member today: checked whenever contacts change (docs/decisions/who-owns-a-member.md).

A member changes hands in two cases: its address now belongs to another contact in CiviCRM; or its owner no longer wants
it, and another contact with the same address does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from mailchimpsync.addresses import member_id_of, normalise_address, sendable, spellings
from mailchimpsync.civicrm import ContactAddress, Modified, Person, contacts_by_id, persons
from mailchimpsync.decide import OBSTACLES, Address, best_address, has_left, obstacle_to_subscribing
from mailchimpsync.decide.member_facts import stored_facts
from mailchimpsync.model import IN_FLIGHT, GroupState, SyncStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import contacts, groups, ownership, rows
from mailchimpsync.store.cache.ownership import AddressHolder, MailedRow, NewOwner, RowSharingAddress
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.reading.address_owners import find_address_owners
from mailchimpsync.sync.reading.contact_addresses import read_addresses, request_best_addresses
from mailchimpsync.sync.reading.contact_flags import flags_text
from mailchimpsync.sync.reading.group_states import read_groups_of

CONTACTS_PER_STEP = 5_000
_NOT_IN_GROUP = GroupState()

States = Mapping[int, Mapping[int, GroupState]]


def misaddressed_members(run: Run, contact_ids: Sequence[int], addresses: Iterable[ContactAddress]) -> list[MailedRow]:
    """Return the rows of members mailed at an address that their contact no longer has.

    `addresses` are all that the contacts have. Members that can follow their contact to another address are left out;
    they can't if that address belongs to someone else's member.
    """
    current_addresses = {(one.contact_id, normalise_address(one.email)) for one in addresses}
    with run.transaction() as tx:
        mailed = ownership.mailed_rows(tx, run.list_id, contact_ids)
        misaddressed = [
            row
            for row in mailed
            if (row.civicrm_contact_id, normalise_address(row.mailchimp_email)) not in current_addresses
        ]
        blocked = _blocked_from_following(tx, run.list_id, misaddressed)
        return [row for row in misaddressed if row.new_address is None] + blocked


def _blocked_from_following(tx: Transaction, list_id: str, misaddressed: Sequence[MailedRow]) -> list[MailedRow]:
    """Return the rows that can't get their new address because another contact's row has it."""
    identities = {row.id: f"m:{member_id_of(row.new_address)}" for row in misaddressed if row.new_address is not None}
    if not identities:
        return []
    holders = rows.owners_of_identities(tx, list_id, sorted(set(identities.values())))
    found = ownership.address_holders(tx, sorted(set(holders.values())))
    contact_of = {identity: found[key].civicrm_contact_id for identity, key in holders.items()}
    return [
        row
        for row in misaddressed
        if (identity := identities.get(row.id)) in contact_of and contact_of[identity] != row.civicrm_contact_id
    ]


def assign_current_owners(run: Run, misaddressed: Sequence[MailedRow]) -> None:
    """Give members to the contacts that have their addresses now.

    A member stays if no contact has its address: it may have been changed at Mailchimp.
    """
    if not misaddressed:
        return
    wanted = [row.mailchimp_email for row in misaddressed]
    known = len(run.unreadable)
    found = find_address_owners(run.civicrm, run.connection.group_id, wanted, run.site_clock, run.unreadable)
    if len(run.unreadable) > known:
        return  # a record can't be read, so the owner isn't known
    taken = {
        row.id: one for row in misaddressed if (one := found.get(normalise_address(row.mailchimp_email))) is not None
    }
    best = request_best_addresses(run, sorted({one.contact_id for one in taken.values()})) if taken else {}
    with run.transaction() as tx:
        owners = {
            key: NewOwner(one.contact_id, flags_text(one.flags), best.get(one.contact_id)) for key, one in taken.items()
        }
        ownership.hand_over(tx, run.list_id, owners)
    if taken and run.since is not None:
        read_groups_of(run, sorted({one.contact_id for one in taken.values()}))  # a membership may have no history
    if taken:
        run.log(f"{len(taken)} members now belong to other contacts, which have their addresses.")


def follow_address_owners(run: Run, modified: Modified, unread: Collection[int]) -> None:
    """Give members to their current owners after contacts were modified: their old members, and those they gained.

    `unread` contacts have an address that can't be read.
    """
    alive = [one.id for one in modified.contacts if not one.is_deleted and one.id not in unread]
    misaddressed = misaddressed_members(run, alive, modified.addresses)
    identities = sorted({f"m:{member_id_of(one)}" for one in spellings({each.email for each in modified.addresses})})
    for start in range(0, len(identities), CONTACTS_PER_STEP):
        misaddressed += _misaddressed_elsewhere(
            run, {one.id for one in modified.contacts}, identities[start:][:CONTACTS_PER_STEP]
        )
    assign_current_owners(run, misaddressed)


def _misaddressed_elsewhere(run: Run, modified: Collection[int], identities: Sequence[str]) -> list[MailedRow]:
    """Return the misaddressed rows among those of other contacts with these identities.

    Contacts that are gone or in the trash aren't asked about: their members are decided with the whole contact.
    """
    with run.transaction() as tx:
        owners = ownership.owners_of_members(tx, run.list_id, identities)
    others = [contact for contact in owners if contact not in modified]
    states = [one for page in contacts_by_id(run.civicrm, others, run.unreadable) for one in page] if others else []
    alive = [one.id for one in states if not one.is_deleted]
    addresses, unread = read_addresses(run, alive)
    return misaddressed_members(run, [contact for contact in alive if contact not in unread], addresses)


def take_over_members(run: Run) -> None:
    """Give members that their contacts no longer want to contacts that share the address and do want them.

    Contacts waiting for an address are known from earlier runs, with their addresses: unless one of those has been
    given up, CiviCRM isn't asked.
    """
    with run.transaction() as tx:
        waiting = ownership.rows_sharing_address(tx, run.list_id)
    if not waiting:
        return
    unknown = [row.civicrm_contact_id for row in waiting if row.civicrm_address is None]
    best = request_best_addresses(run, unknown) if unknown else {}
    wanted = {row.id: row.civicrm_address or best.get(row.civicrm_contact_id) for row in waiting}
    with run.transaction() as tx:
        held = _address_holders(tx, run, {key: address for key, address in wanted.items() if address})
        owners = {row.civicrm_contact_id for row in held.values() if row.civicrm_contact_id is not None}
        states = groups.group_states(tx, run.list_id, sorted(owners | {row.civicrm_contact_id for row in waiting}))
    given_up = [row for row in waiting if row.id in held and _may_take_over(run, row, held[row.id], states)]
    if given_up:
        _take_over_some(run, given_up, held)


def _address_holders(tx: Transaction, run: Run, wanted: Mapping[int, str]) -> dict[int, AddressHolder]:
    """Return the rows that hold the addresses rows want, by the id of the row that wants it."""
    identities = {key: f"m:{member_id_of(address)}" for key, address in wanted.items()}
    ids = rows.owners_of_identities(tx, run.list_id, sorted(set(identities.values())))
    missing = {key: normalise_address(wanted[key]) for key, identity in identities.items() if identity not in ids}
    old = rows.holders_of_addresses(tx, run.list_id, sorted(set(missing.values()))) if missing else {}
    found = {key: ids.get(identity) or old.get(missing.get(key, "")) for key, identity in identities.items()}
    holders = ownership.address_holders(tx, sorted({one for one in found.values() if one is not None}))
    return {key: holders[one] for key, one in found.items() if one is not None and one != key}


def _may_take_over(run: Run, row: RowSharingAddress, holder: AddressHolder, states: States) -> bool:
    """Return whether a contact in the group may take another's member, because its holder doesn't want it."""
    mine = states.get(row.civicrm_contact_id, {}).get(run.connection.group_id, _NOT_IN_GROUP)
    theirs = _NOT_IN_GROUP
    if holder.civicrm_contact_id is not None:
        theirs = states.get(holder.civicrm_contact_id, {}).get(run.connection.group_id, _NOT_IN_GROUP)
    if not mine.is_added or holder.sync_status in IN_FLIGHT:
        return False
    wants = theirs.is_added and holder.marks is None and not _is_obstructed(holder)
    facts = stored_facts(holder.mailchimp_status, holder.mailchimp_status_date, holder.mailchimp_status_by)
    by_us = facts.made_by is not None or holder.departure is not None
    return not wants and (by_us or not has_left(facts.status, facts.since, base=None, group=mine))


def _is_obstructed(holder: AddressHolder) -> bool:
    return holder.sync_status == SyncStatus.FAIL and holder.reason in OBSTACLES


def _take_over_some(run: Run, waiting: Sequence[RowSharingAddress], held: Mapping[int, AddressHolder]) -> None:
    """Let contacts take over their best address, if nothing forbids mailing it; the lowest id first."""
    people = persons(run.civicrm, [row.civicrm_contact_id for row in waiting])
    taken: dict[int, NewOwner] = {}
    released: dict[int, int] = {}
    due_ids: list[int] = []
    for row in waiting:
        holder, address = held[row.id], _mailable(people.get(row.civicrm_contact_id))
        if address is None or holder.id in taken or holder.id in released:
            continue
        if holder.mailchimp_member_id is None:
            if holder.civicrm_contact_id is not None:
                released[holder.id] = holder.civicrm_contact_id
                due_ids.append(row.id)
        elif normalise_address(holder.mailchimp_email or "") == normalise_address(address):
            taken[holder.id] = NewOwner(row.civicrm_contact_id, None, address)
    with run.transaction() as tx:
        ownership.hand_over(tx, run.list_id, taken)
        contacts.delete_redundant_rows(tx, run.list_id, [one.contact_id for one in taken.values()])
        ownership.release_claims(tx, run.list_id, released, due_ids)
    if taken:
        run.log(f"{len(taken)} members were taken over by contacts that share the address.")


def _mailable(person: Person | None) -> str | None:
    """Return the best address of a contact, if nothing forbids subscribing it."""
    if person is None or person.is_deleted:
        return None
    some = [Address(one.email, one.on_hold, one.is_bulkmail, one.is_primary) for one in person.emails]
    flags = {"do_not_email": person.do_not_email, "is_opt_out": person.is_opt_out, "is_deceased": person.is_deceased}
    best = best_address(some)
    return sendable(best.email) if best is not None and obstacle_to_subscribing(some, **flags) is None else None
