"""Contacts that no longer exist: followed if they were merged, released if they are certainly gone.

CiviCRM hides the trash and the trace of merges from users without the permission. If that may be so, the row keeps its
contact, and fails as `CV_NOT_VISIBLE` until more can be seen (docs/decisions/hidden-contacts.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm import ContactState, Visibility, contacts_by_id, group_contacts, merged_to
from mailchimpsync.model import Departure, GroupStatus
from mailchimpsync.store.cache import contacts
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.reading.address_owners import find_owners
from mailchimpsync.sync.reading.contact_flags import flags_of_merged, inherited_flags, read_flags
from mailchimpsync.sync.reading.contact_problems import contacts_with_rows, record_invisible, record_unreadable_rows
from mailchimpsync.sync.reading.group_states import read_groups_of

MERGES_FOLLOWED_MAX = 5

MissingContacts = Mapping[int, str]
"""How contacts went missing, by id: `trashed` or `deleted`."""


def classify_missing(
    ids: Iterable[int], states: Iterable[ContactState], unread: Collection[int] = ()
) -> dict[int, str]:
    """Return which of the contacts are gone, and how: a contact that isn't even in the trash was deleted.

    Contacts whose record couldn't be read are left out.
    """
    is_deleted = {state.id: state.is_deleted for state in states}
    return {
        contact: (Departure.TRASHED if contact in is_deleted else Departure.DELETED).value
        for contact in ids
        if is_deleted.get(contact, True) and contact not in unread
    }


def replace_missing(run: Run, gone: MissingContacts) -> int:
    """Give the rows of missing contacts to those they were merged into, or release them; return how many.

    Rows of contacts that just aren't visible keep their contact.
    """
    if not gone:
        return 0
    successors, unread = _successors(run, list(gone))
    unsure = {contact for contact, how in gone.items() if not _is_certainly_gone(run.visibility, how)}
    unsure -= successors.keys() | unread
    successors |= _holders_in_group(run, unsure)
    invisible = unsure - successors.keys()
    _keep_invisible(run, invisible)
    settled = {contact: how for contact, how in gone.items() if contact not in invisible | unread}
    return _replace(run, settled, successors) if settled else 0


def _is_certainly_gone(visibility: Visibility, how: str) -> bool:
    """A contact seen in the trash also shows its merge; one that isn't seen may be anywhere."""
    return visibility.trash or how == Departure.TRASHED


def _keep_invisible(run: Run, invisible: Collection[int]) -> None:
    record_invisible(run, invisible)
    if invisible:
        with run.transaction() as tx:
            contacts.delete_rows_without_member(tx, run.list_id, sorted(invisible))


def _replace(run: Run, gone: MissingContacts, successors: Mapping[int, int]) -> int:
    if successors and run.since is not None:
        # A merge moves memberships to the remaining contact, with their old dates.
        read_groups_of(run, sorted(set(successors.values())))
    flags = flags_of_merged(run, successors)
    with run.transaction() as tx:
        replaced = {contact: successors.get(contact) for contact in gone}
        number = contacts.replace_contacts(tx, run.list_id, replaced, gone, [*flags])
        contacts.record_inherited_flags(tx, run.list_id, inherited_flags(flags, successors), run.runtime.now())
    read_flags(run, sorted(set(successors.values())))
    return number


def _successors(run: Run, gone: Sequence[int]) -> tuple[dict[int, int], frozenset[int]]:
    """Return the living contacts into which others were merged, in one or several steps.

    Also the contacts for which that can't be read.
    """
    known = len(run.unreadable)
    successors = merged_to(run.civicrm, gone, run.unreadable)
    paths = {old: {old, new} for old, new in successors.items()}
    for _ in range(MERGES_FOLLOWED_MAX):
        candidates = sorted(set(successors.values()))
        pages = contacts_by_id(run.civicrm, candidates, run.unreadable) if candidates else ()
        alive = {state.id for states in pages for state in states if not state.is_deleted}
        dead = [contact for contact in candidates if contact not in alive]
        if not dead:
            break
        further = merged_to(run.civicrm, dead, run.unreadable)
        successors = {old: further.get(new, new) for old, new in successors.items() if new in alive or new in further}
        for old, new in successors.items():
            paths[old].add(new)
    else:
        successors = {}
    unread = contacts_with_rows(run.unreadable[known:])
    record_unreadable_rows(run)
    unclear = {old for old in gone if unread & paths.get(old, {old})}
    return {old: new for old, new in successors.items() if old not in unclear}, frozenset(unclear)


def _holders_in_group(run: Run, unsure: Collection[int]) -> dict[int, int]:
    """Return the contacts in the group with the addresses of invisible contacts: that is what a merge leaves.

    A holder outside the group would remove the member from the list, which needs more than a guess.
    """
    if not unsure:
        return {}
    with run.transaction() as tx:
        rows = contacts.rows_of_contacts(tx, run.list_id, sorted(unsure))
    addresses = [row.mailchimp_email for row in rows if row.mailchimp_email]
    owners = find_owners(run.civicrm, run.connection.group_id, addresses, run.site_clock, run.unreadable)
    holders: dict[int, set[int | None]] = defaultdict(set)
    for row in rows:
        if row.mailchimp_email:
            holders[row.civicrm_contact_id].add(owners.get(normalise_address(row.mailchimp_email)))
    sole = {old: new for old, some in holders.items() if len(some) == 1 and (new := next(iter(some))) is not None}
    pages = group_contacts(run.civicrm, [run.connection.group_id], sorted(set(sole.values())), run.unreadable)
    in_group = {one.contact_id for page in pages for one in page if one.status == GroupStatus.ADDED}
    return {old: new for old, new in sole.items() if new in in_group}
