"""Stage `readyToFixContactIds`: every row to the contact that owns it (existing-extension.md 7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mailchimpsync.civicrm import ContactState, contacts_by_id, contacts_modified_since, merged_to
from mailchimpsync.civicrm.paging import chunks
from mailchimpsync.model import Departure, normalise_address
from mailchimpsync.store import contacts
from mailchimpsync.sync.add_civi_only import read_groups_of
from mailchimpsync.sync.addresses import ask_for_addresses, ask_for_best, note_addresses, note_where_it_matters
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.evidence import check_contacts
from mailchimpsync.sync.marks import (
    ask_for_held,
    by_successor,
    held_of,
    marks_of_merged,
    marks_text,
    note_marks,
    note_marks_of,
)
from mailchimpsync.sync.owners import Ownership, find_ownerships

CONTACTS_PER_STEP = 10_000
ROWS_PER_STEP = 5_000
MERGES_FOLLOWED_MAX = 5


def fix_contact_ids(run: Run) -> bool:
    """Follow contacts that were merged, let go of those that are gone, then match rows by address."""
    after = run.read_progress().get("matched_to")
    if after is None:
        gone = _replace_all_gone(run) if run.since is None else _replace_recently_gone(run)
        if gone:
            run.log(f"{gone} rows belonged to contacts that were deleted or merged in CiviCRM.")
        after = 0
    return _match(run, after)


def fix_contacts_of(run: Run, row_ids: Sequence[int]) -> None:
    """Do the same for a few rows."""
    with run.transaction() as tx:
        owners = contacts.owners_of_rows(tx, row_ids)
    states = [state for page in contacts_by_id(run.civicrm, owners) for state in page] if owners else []
    note_marks(run, states, ask_for_held(run, owners) if owners else {})
    _replace(run, _gone_as(owners, states))
    with run.transaction() as tx:
        unowned = contacts.unowned_among(tx, row_ids)
    _give_to_owners(run, unowned)


def _give_to_owners(run: Run, rows: Sequence[tuple[int, str]], progress: Mapping[str, int] | None = None) -> int:
    """Give rows that nobody owns to those who have their addresses; return how many there were."""
    found: dict[int, Ownership] = {}
    if rows:
        addresses = [address for _, address in rows]
        owners = find_ownerships(run.civicrm, run.connection.group_id, addresses, run.site_offset)
        found = {key: owners[normalise_address(email)] for key, email in rows if normalise_address(email) in owners}
    owned = {key: one.contact_id for key, one in found.items()}
    best = ask_for_best(run, sorted(set(owned.values())))
    with run.transaction() as tx:
        contacts.set_contacts(tx, owned, {key: marks_text(one.marks) for key, one in found.items()}, best)
        if progress is not None:
            run.note_progress(tx, progress)
    note_where_it_matters(run, best, {owned[key]: normalise_address(email) for key, email in rows if key in owned})
    return len(found)


def _gone_as(ids: Iterable[int], states: Iterable[ContactState]) -> dict[int, str]:
    """Return those of some contacts that are gone, and how: a contact that is not even in the trash was deleted."""
    is_deleted = {state.id: state.is_deleted for state in states}
    return {
        contact: (Departure.TRASHED if contact in is_deleted else Departure.DELETED).value
        for contact in ids
        if is_deleted.get(contact, True)
    }


def _replace_all_gone(run: Run) -> int:
    """Look at all contacts before any is replaced: if most have vanished, none has."""
    gone: dict[int, str] = {}
    known = vanished = 0
    held = ask_for_held(run)
    for ids, states in _all_owners(run):
        note_marks(run, states, held)
        ask_for_addresses(run, ids)
        some = _gone_as(ids, states)
        gone |= some
        known, vanished = known + len(ids), vanished + sum(how == Departure.DELETED for how in some.values())
    check_contacts(run, known=known, missing=vanished)
    return sum(_replace(run, dict(some)) for some in chunks(list(gone.items()), CONTACTS_PER_STEP))


def _all_owners(run: Run) -> Iterator[tuple[Sequence[int], Sequence[ContactState]]]:
    after = 0
    while True:
        with run.transaction() as tx:
            ids = contacts.contact_ids_after(tx, run.list_id, after, CONTACTS_PER_STEP)
        if not ids:
            return
        yield ids, [state for page in contacts_by_id(run.civicrm, ids) for state in page]
        after = ids[-1]


def _replace_recently_gone(run: Run) -> int:
    """Look only at contacts modified since; an edit may also have mended a failed row, or brought a new address."""
    replaced = 0
    for modified in contacts_modified_since(run.civicrm, run.since_at_site or ""):
        note_marks(run, modified.contacts, held_of(run, modified.addresses))
        note_addresses(run, modified.addresses)
        gone = [state.id for state in modified.contacts if state.is_deleted]
        edited = [state.id for state in modified.contacts if not state.is_deleted]
        addresses = sorted({normalise_address(entry.email) for entry in modified.addresses})
        with run.transaction() as tx:
            gone = contacts.owners_among(tx, run.list_id, gone)
            contacts.make_failed_rows_due(tx, run.list_id, edited)
            for start in range(0, len(addresses), ROWS_PER_STEP):
                contacts.make_unowned_rows_due(tx, run.list_id, addresses[start : start + ROWS_PER_STEP])
        replaced += _replace(run, _gone_as(gone, modified.contacts))
    return replaced + _replace_refused(run)


def _replace_refused(run: Run) -> int:
    """A contact that was deleted for good leaves no trace, but CiviCRM refuses to change it: those are looked up."""
    with run.transaction() as tx:
        refused = contacts.contacts_refused(tx, run.list_id)
    states = [state for page in contacts_by_id(run.civicrm, refused) for state in page] if refused else []
    return _replace(run, _gone_as(refused, states))


def _replace(run: Run, gone: Mapping[int, str]) -> int:
    if not gone:
        return 0
    successors = _successors(run, list(gone))
    if successors and run.since is not None:
        read_groups_of(run, sorted(set(successors.values())))  # a merge brings memberships along, with their old dates
    marks = marks_of_merged(run, successors)
    with run.transaction() as tx:
        replaced = {contact: successors.get(contact) for contact in gone}
        number = contacts.replace_contacts(tx, run.list_id, replaced, gone, [*marks])
        contacts.inherit(tx, run.list_id, by_successor(marks, successors), run.runtime.now())
    note_marks_of(run, sorted(set(successors.values())))
    return number


def _successors(run: Run, gone: Sequence[int]) -> dict[int, int]:
    """Return the living contacts into which others were merged, in one step or several."""
    successors = merged_to(run.civicrm, gone)
    for _ in range(MERGES_FOLLOWED_MAX):
        candidates = sorted(set(successors.values()))
        states = [state for page in contacts_by_id(run.civicrm, candidates) for state in page] if candidates else []
        alive = {state.id for state in states if not state.is_deleted}
        dead = [contact for contact in candidates if contact not in alive]
        if not dead:
            return successors
        further = merged_to(run.civicrm, dead)
        successors = {old: further.get(new, new) for old, new in successors.items() if new in alive or new in further}
    return {}


def _match(run: Run, after: int) -> bool:
    """Match rows that nobody owns, some thousand at a time."""
    matched = 0
    while True:
        with run.transaction() as tx:
            rows = contacts.unowned_rows(tx, run.list_id, after, ROWS_PER_STEP)
        if not rows:
            if matched:
                run.log(f"{matched} members were matched with contacts by their address.")
            return True
        after = rows[-1][0]
        matched += _give_to_owners(run, rows, {"matched_to": after})
        run.progress.advance(len(rows))
        if run.deadline.reached:
            return False
