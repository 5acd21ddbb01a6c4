"""Stage `readyToFixContactIds`: match every row with the contact that owns it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm import ContactState, UnreadableRow, contacts_by_id, contacts_modified_since
from mailchimpsync.civicrm.http.paging import IDS_MAX, chunks
from mailchimpsync.civicrm.reads import ADDRESSES_MAX
from mailchimpsync.errors import Code
from mailchimpsync.model import SUBSCRIBED_STATUSES, Departure
from mailchimpsync.store.cache import contacts
from mailchimpsync.store.cache.contacts import UnownedRow
from mailchimpsync.store.cache.ownership import MailedRow
from mailchimpsync.store.changes.plans import ContactToCreate
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.reading.address_owners import Ownership, find_address_owners, find_trashed_owners
from mailchimpsync.sync.reading.contact_addresses import (
    read_addresses,
    record_addresses,
    record_changed_addresses,
    request_best_addresses,
)
from mailchimpsync.sync.reading.contact_flags import flags_text, held_addresses_of, record_flags, request_held_addresses
from mailchimpsync.sync.reading.contact_problems import clear_problems, contacts_with_rows, record_unreadable_rows
from mailchimpsync.sync.reading.group_states import read_groups_of
from mailchimpsync.sync.reading.missing_contacts import classify_missing, replace_missing
from mailchimpsync.sync.reading.read_ahead import read_ahead
from mailchimpsync.sync.reading.takeovers import assign_current_owners, follow_address_owners, misaddressed_members
from mailchimpsync.sync.safety.plausibility import check_contacts

CONTACTS_PER_STEP, ROWS_PER_STEP = IDS_MAX, ADDRESSES_MAX
"""What fits into one request each."""

PROBLEMS_PER_RUN = 1_000
"""Contacts about which nothing certain is known are few; if there are more, each run checks this many again."""

FULL_CHECK_PERIOD = timedelta(hours=20)
"""The time in which runs check every contact that owns a row once, however many: within a day, with room to spare."""


def fix_contact_ids(run: Run) -> bool:
    """Follow merged contacts, release the rows of deleted ones, then match rows by address."""
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
    if owners:
        states, unread = _states(run, owners)
        record_flags(run, states, request_held_addresses(run, owners))
        _record_existing(run, states, unread)
        replace_missing(run, classify_missing(owners, states, unread))
    with run.transaction() as tx:
        unowned = contacts.unowned_among(tx, row_ids)
    _assign_owners(run, unowned, _find_owners(run, unowned))


def _states(run: Run, ids: Sequence[int]) -> tuple[list[ContactState], frozenset[int]]:
    """Return the contacts that CiviCRM shows, and those whose record can't be read."""
    known = len(run.unreadable)
    states = [state for page in contacts_by_id(run.civicrm, ids, run.unreadable) for state in page]
    odd = run.unreadable[known:]
    if all(one.contact_id is not None for one in odd):
        return states, contacts_with_rows(odd)
    return states, frozenset(ids) - {state.id for state in states}


def _record_existing(run: Run, states: Sequence[ContactState], unread: frozenset[int]) -> None:
    """Record which contacts can't be read, and that all others exist."""
    unread |= record_unreadable_rows(run).contacts
    clear_problems(run, {state.id for state in states if not state.is_deleted} - unread)


class _Owners(NamedTuple):
    """The owners of rows, by row id, and their best addresses; whose is `unclear`, a record can't be read."""

    found: Mapping[int, Ownership]
    unclear: Collection[int]
    best: Mapping[int, str]
    unreadable: Sequence[UnreadableRow]


def _find_owners(run: Run, rows: Sequence[UnownedRow]) -> _Owners:
    """Ask CiviCRM who owns rows, which changes nothing here, so that it may be done ahead."""
    apart = replace(run, unreadable=[])
    found, unclear = _owners_of_addresses(apart, rows)
    best = request_best_addresses(apart, sorted({one.contact_id for one in found.values()}))
    return _Owners(found, unclear, best, apart.unreadable)


def _assign_owners(
    run: Run, rows: Sequence[UnownedRow], owners: _Owners, progress: Mapping[str, int] | None = None
) -> int:
    """Give unowned rows to the contacts with their addresses; return how many there were."""
    found, unclear, best, unreadable = owners
    run.unreadable.extend(unreadable)
    owned = {key: one.contact_id for key, one in found.items()}
    settled = owned.keys() | unclear
    with run.transaction() as tx:
        contacts.set_contacts(tx, owned, {key: flags_text(one.flags) for key, one in found.items()}, best)
        contacts.set_problem(tx, sorted(unclear), Code.CV_UNREADABLE.value)
        contacts.set_problem(tx, [row.id for row in rows if row.id not in settled], None)
        if progress is not None:
            run.note_progress(tx, progress)
    addresses = {owned[row.id]: normalise_address(row.mailchimp_email) for row in rows if row.id in owned}
    record_changed_addresses(run, best, addresses)
    record_unreadable_rows(run)
    if owned and run.since is not None:
        read_groups_of(run, sorted(set(owned.values())))  # a contact back from the trash has not changed its groups
    assign_trashed_owners(run, [row for row in rows if row.id not in settled])
    return len(found)


def _owners_of_addresses(run: Run, rows: Sequence[UnownedRow]) -> tuple[dict[int, Ownership], set[int]]:
    """Return the owners of rows, by row id, and the rows whose owner isn't known because a record can't be read."""
    if not rows:
        return {}, set()
    known = len(run.unreadable)
    addresses = [row.mailchimp_email for row in rows]
    owners = find_address_owners(run.civicrm, run.connection.group_id, addresses, run.site_clock, run.unreadable)
    odd = [one for one in run.unreadable[known:] if one.entity == "Email"]
    odd_addresses = {normalise_address(one.address) for one in odd if one.address is not None}
    any_may_be_odd = any(one.address is None for one in odd)
    found: dict[int, Ownership] = {}
    unclear: set[int] = set()
    for row in rows:
        address = normalise_address(row.mailchimp_email)
        if address in odd_addresses or (any_may_be_odd and address not in owners):
            unclear.add(row.id)
        elif address in owners:
            found[row.id] = owners[address]
    return found, unclear


def assign_trashed_owners(run: Run, rows: Sequence[UnownedRow | ContactToCreate]) -> set[int]:
    """Treat members whose only contacts are in the trash as theirs, so that no contact is created twice.

    Return their rows, which are due again.

    People who subscribed after their contact went to the trash did so themselves, and get a new contact. In a first
    sync a date may be that of any edit, so there the contact counts.
    """
    asked = [row for row in rows if row.mailchimp_status in SUBSCRIBED_STATUSES and row.departed_contact_id is None]
    if not asked:
        return set()
    trashed = find_trashed_owners(run.civicrm, [row.mailchimp_email for row in asked], run.site_clock, run.unreadable)
    if not trashed:
        return set()
    with run.transaction() as tx:
        is_first = runs.stored_status(tx, run.list_id).last_sync_time is None
    owners = {}
    for row in asked:
        owner = trashed.get(normalise_address(row.mailchimp_email))
        if owner is not None and (is_first or not _is_later(row.mailchimp_status_date, owner.modified)):
            owners[row.id] = owner.contact_id
    with run.transaction() as tx:
        contacts.set_contacts(tx, owners)
    replace_missing(run, dict.fromkeys(owners.values(), Departure.TRASHED.value))
    return set(owners)


def _is_later(date: datetime | None, than: datetime) -> bool:
    return date is not None and date > than


def _replace_all_gone(run: Run) -> int:
    """Check all contacts before any is replaced: if most have vanished, none is."""
    gone: dict[int, str] = {}
    misaddressed: list[MailedRow] = []
    known = vanished = 0
    held = request_held_addresses(run)
    unread = record_unreadable_rows(run).contacts
    for ids in _all_owners(run):
        states, unread_here = _states(run, ids)
        record_flags(run, states, held)
        addresses, unread_addresses = read_addresses(run, ids)
        record_addresses(run, addresses)
        alive = {state.id for state in states if not state.is_deleted}
        misaddressed += misaddressed_members(run, sorted(alive - unread_addresses), addresses)
        _record_existing(run, states, unread | unread_here)
        some = classify_missing(ids, states, unread_here)
        gone |= some
        known, vanished = known + len(ids), vanished + sum(how == Departure.DELETED for how in some.values())
    check_contacts(run, known=known, missing=vanished)
    assign_current_owners(run, misaddressed)
    return sum(replace_missing(run, dict(some)) for some in chunks(list(gone.items()), CONTACTS_PER_STEP))


def _all_owners(run: Run, after: int = 0, to: int | None = None) -> Iterator[Sequence[int]]:
    """Yield the contacts that own rows, after `after` and up to `to`, in chunks."""
    while True:
        with run.transaction() as tx:
            ids = contacts.contact_ids_after(tx, run.list_id, after, CONTACTS_PER_STEP)
        wanted = [one for one in ids if to is None or one <= to]
        if wanted:
            yield wanted
        if not ids or len(wanted) < len(ids):
            return
        after = ids[-1]


def _replace_recently_gone(run: Run) -> int:
    """Check contacts modified since; an edit may also have fixed a failed row, or brought a new address.

    A permanently deleted contact leaves no trace, so some of all contacts are checked as well.
    """
    replaced = 0
    for modified in contacts_modified_since(run.civicrm, run.since_at_site or "", run.unreadable, run.to_read.contacts):
        unread = record_unreadable_rows(run).contacts
        read = [one for one in modified.addresses if one.contact_id not in unread]
        record_flags(run, modified.contacts, held_addresses_of(run, modified.addresses))
        record_addresses(run, read)
        follow_address_owners(run, modified, unread)
        gone = [state.id for state in modified.contacts if state.is_deleted]
        edited = [state.id for state in modified.contacts if not state.is_deleted]
        addresses = sorted({normalise_address(entry.email) for entry in modified.addresses})
        with run.transaction() as tx:
            gone = contacts.owners_among(tx, run.list_id, gone)
            contacts.make_failed_rows_due(tx, run.list_id, edited)
            for start in range(0, len(addresses), ROWS_PER_STEP):
                contacts.make_unowned_rows_due(tx, run.list_id, addresses[start : start + ROWS_PER_STEP])
        replaced += replace_missing(run, classify_missing(gone, modified.contacts))
    record_unreadable_rows(run)
    return replaced + _recheck_uncertain(run) + _replace_vanished(run)


def _recheck_uncertain(run: Run) -> int:
    """Check contacts about which nothing certain was known, and those that CiviCRM refused to change.

    For contacts that are visible again, everything is read again: what was known of their groups may have been
    forgotten.
    """
    with run.transaction() as tx:
        contacts.make_unmatched_rows_due(tx, run.list_id)
        refused = contacts.contacts_refused(tx, run.list_id)
        unknown = contacts.contacts_with_problems(tx, run.list_id, PROBLEMS_PER_RUN)
    asked = sorted({*refused, *unknown})
    if not asked:
        return 0
    states, unread = _states(run, asked)
    alive = sorted({state.id for state in states if not state.is_deleted} & set(unknown))
    if alive:
        record_flags(run, states, request_held_addresses(run, alive))
        record_addresses(run, read_addresses(run, alive)[0])
        _record_existing(run, [state for state in states if state.id in set(alive)], unread)
        read_groups_of(run, alive)
    return replace_missing(run, classify_missing(asked, states, unread))


def _replace_vanished(run: Run) -> int:
    """Check whether some of all contacts still exist: as large a share as the time since the last run is of a day.

    The position follows the time of day, so that nothing has to be stored.
    """
    with run.transaction() as tx:
        highest = contacts.highest_contact_id(tx, run.list_id)
    replaced = 0
    for after, to in _ranges(run, highest):
        for ids in _all_owners(run, after, to):
            states, unread = _states(run, ids)
            unread |= record_unreadable_rows(run).contacts
            gone = classify_missing(ids, states, unread)
            check_contacts(run, known=len(ids), missing=sum(how == Departure.DELETED for how in gone.values()))
            replaced += replace_missing(run, gone)
    return replaced


def _ranges(run: Run, highest: int) -> list[tuple[int, int]]:
    """Return the ranges of contact ids to check now: (after, to)."""
    last = run.since or run.started_at
    if run.started_at - last >= FULL_CHECK_PERIOD:
        return [(0, highest)]
    begin, end = (_range_start(at.timestamp(), highest) for at in (last, run.started_at))
    return [(begin, end)] if begin <= end else [(begin, highest), (0, end)]


def _range_start(seconds: float, highest: int) -> int:
    around = FULL_CHECK_PERIOD.total_seconds()
    return int(highest * ((seconds % around) / around))


def _match(run: Run, after: int) -> bool:
    """Match unowned rows, a few thousand at a time."""
    matched = 0
    with run.runtime.executor(1) as executor:
        for rows, owners in read_ahead(executor, _unowned_rows(run, after)):
            matched += _assign_owners(run, rows, owners, {"matched_to": rows[-1].id})
            run.progress.advance(len(rows))
            if run.deadline.reached:
                return False
    if matched:
        run.log(f"{matched} members were matched with contacts by their address.")
    return True


def _unowned_rows(run: Run, after: int) -> Iterator[tuple[Sequence[UnownedRow], _Owners]]:
    """Yield unowned rows with their owners; what is done about some rows doesn't change who owns the next."""
    while True:
        with run.transaction() as tx:
            rows = contacts.unowned_rows(tx, run.list_id, after, ROWS_PER_STEP)
        if not rows:
            return
        after = rows[-1].id
        yield rows, _find_owners(run, rows)
