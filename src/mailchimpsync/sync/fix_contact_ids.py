"""Stage `readyToFixContactIds`: every row to the contact that owns it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm import ContactState, contacts_by_id, contacts_modified_since
from mailchimpsync.civicrm.paging import IDS_MAX, chunks
from mailchimpsync.civicrm.reads import ADDRESSES_MAX
from mailchimpsync.errors import Code
from mailchimpsync.model import SUBSCRIBED_STATUSES, Departure
from mailchimpsync.store import contacts, runs
from mailchimpsync.sync.add_civi_only import read_groups_of
from mailchimpsync.sync.addresses import ask_for_best, note_addresses, note_where_it_matters, read_addresses
from mailchimpsync.sync.contact_problems import contacts_of, end_problems, note_odd_rows
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.evidence import check_contacts
from mailchimpsync.sync.gone_contacts import gone_as, replace_gone
from mailchimpsync.sync.marks import ask_for_held, held_of, marks_text, note_marks
from mailchimpsync.sync.owners import Ownership, find_ownerships, find_trashed_owners
from mailchimpsync.sync.take_over import follow_addresses, give_to_owners_of_today, members_astray

CONTACTS_PER_STEP, ROWS_PER_STEP = IDS_MAX, ADDRESSES_MAX
"""What fits into one request each."""

PROBLEMS_PER_RUN = 1_000
"""Contacts of whom nothing certain is known are few; of more, each run looks at so many again."""

ALL_LOOKED_AT_WITHIN = timedelta(hours=20)
"""How long runs take to look once at every contact that owns a row, whatever their number: within a day, with room."""


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
    if owners:
        states, unread = _states(run, owners)
        note_marks(run, states, ask_for_held(run, owners))
        _note_alive(run, states, unread)
        replace_gone(run, gone_as(owners, states, unread))
    with run.transaction() as tx:
        unowned = contacts.unowned_among(tx, row_ids)
    _give_to_owners(run, unowned)


def _states(run: Run, ids: Sequence[int]) -> tuple[list[ContactState], frozenset[int]]:
    """Return the contacts that CiviCRM shows, and those whose record can't be read."""
    known = len(run.odd_rows)
    states = [state for page in contacts_by_id(run.civicrm, ids, run.odd_rows) for state in page]
    odd = run.odd_rows[known:]
    if all(one.contact_id is not None for one in odd):
        return states, contacts_of(odd)
    return states, frozenset(ids) - {state.id for state in states}


def _note_alive(run: Run, states: Sequence[ContactState], unread: frozenset[int]) -> None:
    """Note what could not be read so far, and that all others are there."""
    unread |= note_odd_rows(run).contacts
    end_problems(run, {state.id for state in states if not state.is_deleted} - unread)


def _give_to_owners(run: Run, rows: Sequence[RowMapping], progress: Mapping[str, int] | None = None) -> int:
    """Give rows that nobody owns to those who have their addresses; return how many there were."""
    found, unclear = _owners_of(run, rows)
    owned = {key: one.contact_id for key, one in found.items()}
    best = ask_for_best(run, sorted(set(owned.values())))
    with run.transaction() as tx:
        contacts.set_contacts(tx, owned, {key: marks_text(one.marks) for key, one in found.items()}, best)
        contacts.set_problem(tx, sorted(unclear), Code.CV_UNREADABLE.value)
        contacts.set_problem(tx, [row["id"] for row in rows if row["id"] not in unclear], None)
        if progress is not None:
            run.note_progress(tx, progress)
    addresses = {owned[row["id"]]: normalise_address(row["mailchimp_email"]) for row in rows if row["id"] in owned}
    note_where_it_matters(run, best, addresses)
    note_odd_rows(run)
    if owned and run.since is not None:
        read_groups_of(run, sorted(set(owned.values())))  # a contact back from the trash has not changed its groups
    settled = owned.keys() | unclear
    give_to_the_trash(run, [row for row in rows if row["id"] not in settled])
    return len(found)


def _owners_of(run: Run, rows: Sequence[RowMapping]) -> tuple[dict[int, Ownership], set[int]]:
    """Return who owns rows, by row id, and the rows whose owner can't be told, as a record can't be read."""
    if not rows:
        return {}, set()
    known = len(run.odd_rows)
    addresses = [row["mailchimp_email"] for row in rows]
    owners = find_ownerships(run.civicrm, run.connection.group_id, addresses, run.site_clock, run.odd_rows)
    odd = [one for one in run.odd_rows[known:] if one.entity == "Email"]
    odd_addresses = {normalise_address(one.address) for one in odd if one.address is not None}
    any_may_be_odd = any(one.address is None for one in odd)
    found: dict[int, Ownership] = {}
    unclear: set[int] = set()
    for row in rows:
        address = normalise_address(row["mailchimp_email"])
        if address in odd_addresses or (any_may_be_odd and address not in owners):
            unclear.add(row["id"])
        elif address in owners:
            found[row["id"]] = owners[address]
    return found, unclear


def give_to_the_trash(run: Run, rows: Sequence[RowMapping]) -> set[int]:
    """Treat members whose only contacts are in the trash as those of contacts that went there: nobody is doubled.

    Return their rows, which are due again.

    Who subscribed since the contact went there did so by an act of their own, and gets a new contact. What a first sync
    sees of dates may be of any edit, so that there the contact counts.
    """
    asked = [
        row for row in rows if row["mailchimp_status"] in SUBSCRIBED_STATUSES and row["departed_contact_id"] is None
    ]
    if not asked:
        return set()
    trashed = find_trashed_owners(run.civicrm, [row["mailchimp_email"] for row in asked], run.site_clock, run.odd_rows)
    if not trashed:
        return set()
    with run.transaction() as tx:
        is_first = runs.standing(tx, run.list_id).last_sync_time is None
    owners = {}
    for row in asked:
        owner = trashed.get(normalise_address(row["mailchimp_email"]))
        if owner is not None and (is_first or not _is_later(row["mailchimp_status_date"], owner.modified)):
            owners[row["id"]] = owner.contact_id
    with run.transaction() as tx:
        contacts.set_contacts(tx, owners)
    replace_gone(run, dict.fromkeys(owners.values(), Departure.TRASHED.value))
    return set(owners)


def _is_later(date: Any, than: Any) -> bool:
    return date is not None and date > than


def _replace_all_gone(run: Run) -> int:
    """Look at all contacts before any is replaced: if most have vanished, none has."""
    gone: dict[int, str] = {}
    astray: list[Any] = []
    known = vanished = 0
    held = ask_for_held(run)
    unread = note_odd_rows(run).contacts
    for ids in _all_owners(run):
        states, unread_here = _states(run, ids)
        note_marks(run, states, held)
        addresses, unread_addresses = read_addresses(run, ids)
        note_addresses(run, addresses)
        alive = {state.id for state in states if not state.is_deleted}
        astray += members_astray(run, sorted(alive - unread_addresses), addresses)
        _note_alive(run, states, unread | unread_here)
        some = gone_as(ids, states, unread_here)
        gone |= some
        known, vanished = known + len(ids), vanished + sum(how == Departure.DELETED for how in some.values())
    check_contacts(run, known=known, missing=vanished)
    give_to_owners_of_today(run, astray)
    return sum(replace_gone(run, dict(some)) for some in chunks(list(gone.items()), CONTACTS_PER_STEP))


def _all_owners(run: Run, after: int = 0, to: int | None = None) -> Iterator[Sequence[int]]:
    """Yield the contacts that own rows, behind `after` and up to `to`, in pieces."""
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
    """Look at contacts modified since; an edit may also have mended a failed row, or brought a new address.

    A contact that was deleted for good leaves no trace, so that some of all contacts are looked up besides.
    """
    replaced = 0
    for modified in contacts_modified_since(run.civicrm, run.since_at_site or "", run.odd_rows, run.modified_in):
        unread = note_odd_rows(run).contacts
        read = [one for one in modified.addresses if one.contact_id not in unread]
        note_marks(run, modified.contacts, held_of(run, modified.addresses))
        note_addresses(run, read)
        follow_addresses(run, modified, unread)
        gone = [state.id for state in modified.contacts if state.is_deleted]
        edited = [state.id for state in modified.contacts if not state.is_deleted]
        addresses = sorted({normalise_address(entry.email) for entry in modified.addresses})
        with run.transaction() as tx:
            gone = contacts.owners_among(tx, run.list_id, gone)
            contacts.make_failed_rows_due(tx, run.list_id, edited)
            for start in range(0, len(addresses), ROWS_PER_STEP):
                contacts.make_unowned_rows_due(tx, run.list_id, addresses[start : start + ROWS_PER_STEP])
        replaced += replace_gone(run, gone_as(gone, modified.contacts))
    note_odd_rows(run)
    return replaced + _look_again(run) + _replace_vanished(run)


def _look_again(run: Run) -> int:
    """Look at contacts of whom nothing certain was known, and at those that CiviCRM refused to change.

    Of those who are shown again, everything is read again: what was known of their groups may have been forgotten.
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
        note_marks(run, states, ask_for_held(run, alive))
        note_addresses(run, read_addresses(run, alive)[0])
        _note_alive(run, [state for state in states if state.id in set(alive)], unread)
        read_groups_of(run, alive)
    return replace_gone(run, gone_as(asked, states, unread))


def _replace_vanished(run: Run) -> int:
    """Look whether some of all contacts are still there: as large a share as the time since the last run is of a day.

    Like the hand of a clock that goes around all of them once, so that nothing has to be noted.
    """
    with run.transaction() as tx:
        highest = contacts.highest_contact(tx, run.list_id)
    replaced = 0
    for after, to in _shares(run, highest):
        for ids in _all_owners(run, after, to):
            states, unread = _states(run, ids)
            unread |= note_odd_rows(run).contacts
            gone = gone_as(ids, states, unread)
            check_contacts(run, known=len(ids), missing=sum(how == Departure.DELETED for how in gone.values()))
            replaced += replace_gone(run, gone)
    return replaced


def _shares(run: Run, highest: int) -> list[tuple[int, int]]:
    """Return the parts of the contacts' range that are looked at now: (after, to)."""
    last = run.since or run.started_at
    if run.started_at - last >= ALL_LOOKED_AT_WITHIN:
        return [(0, highest)]
    begin, end = (_place(at.timestamp(), highest) for at in (last, run.started_at))
    return [(begin, end)] if begin <= end else [(begin, highest), (0, end)]


def _place(seconds: float, highest: int) -> int:
    around = ALL_LOOKED_AT_WITHIN.total_seconds()
    return int(highest * ((seconds % around) / around))


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
        after = rows[-1]["id"]
        matched += _give_to_owners(run, rows, {"matched_to": after})
        run.progress.advance(len(rows))
        if run.deadline.reached:
            return False
