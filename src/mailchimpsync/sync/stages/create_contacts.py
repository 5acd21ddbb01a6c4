"""Stage `readyToCreateNewContactsFromMailchimp`: contacts for subscribed members without one.

It comes after the decisions: nothing is written on either side before all of them are made. See
docs/reference/php-extension.md#creating-contacts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailchimpsync.addresses import normalise_address
from mailchimpsync.civicrm import NewContact
from mailchimpsync.civicrm import create_contacts as create_in_civicrm
from mailchimpsync.effects import CREATED, Effect, What
from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.model import Side
from mailchimpsync.store.cache import contacts, rows
from mailchimpsync.store.changes import plans
from mailchimpsync.store.changes.plans import ContactToCreate
from mailchimpsync.store.journal import journal
from mailchimpsync.store.journal.journal import NewEntry
from mailchimpsync.sync.context import About, Run
from mailchimpsync.sync.reading.address_owners import find_owners
from mailchimpsync.sync.stages.fix_contact_ids import assign_trashed_owners
from mailchimpsync.sync.updates.refusals import civicrm_refusal, refuse_row_by_civicrm

CONTACTS_PER_STEP = 1_000


def create_contacts(run: Run) -> bool:
    """Create the planned contacts, with address and names; one that CiviCRM refuses fails alone."""
    after = run.read_progress().get("created_to", 0)
    number = 0
    with run.transaction() as tx:
        planned = plans.count_contacts_to_create(tx, run.id, after)
    run.expect(planned)
    while True:
        with run.transaction() as tx:
            wanted = plans.contacts_to_create(tx, run.id, after, CONTACTS_PER_STEP)
        if not wanted:
            if number:
                run.log(f"{number} contacts were created in CiviCRM.")
            return True
        after = wanted[-1].plan_id
        known = _already_created(run, wanted)
        missing = _without_trashed(run, [row for row in wanted if row.id not in known])
        outcomes = create_in_civicrm(run.civicrm, [_new_contact(row) for row in missing])
        _record_created(run, missing, outcomes, known, after)
        number += sum(isinstance(outcome, int) for outcome in outcomes)
        run.progress.advance(len(wanted))
        if run.deadline.reached:
            return False


def _already_created(run: Run, wanted: Sequence[ContactToCreate]) -> dict[int, int]:
    """Return, by row, contacts that exist by now: created by staff, or by us just before a crash."""
    addresses = [row.mailchimp_email for row in wanted]
    owners = find_owners(run.civicrm, run.connection.group_id, addresses, run.site_clock, run.unreadable)
    return {row.id: owners[key] for row in wanted if (key := normalise_address(row.mailchimp_email)) in owners}


def _without_trashed(run: Run, wanted: Sequence[ContactToCreate]) -> Sequence[ContactToCreate]:
    """Leave out rows whose contact was moved to the trash after the decision; the next run decides them again."""
    trashed = assign_trashed_owners(run, wanted)
    if trashed:
        with run.transaction() as tx:
            plans.drop_changes(tx, [row.plan_id for row in wanted if row.id in trashed])
        run.log(f"{len(trashed)} members got no new contact, because theirs was moved to the trash meanwhile.")
    return [row for row in wanted if row.id not in trashed]


def _new_contact(row: ContactToCreate) -> NewContact:
    data = row.mailchimp_data or {}
    return NewContact(row.mailchimp_email, data.get("first_name", ""), data.get("last_name", ""))


def _record_created(
    run: Run,
    wanted: Sequence[ContactToCreate],
    outcomes: Sequence[int | RefusedError],
    known: Mapping[int, int],
    after: int,
) -> None:
    created: dict[int, int] = {}
    refused: dict[int, RefusedError] = {}
    for row, outcome in zip(wanted, outcomes, strict=True):
        if isinstance(outcome, RefusedError):
            refused[row.id] = outcome
        else:
            created[row.id] = outcome
    with run.transaction() as tx:
        contacts.set_contacts(tx, {**known, **created})
        rows.write_rows(tx, [refuse_row_by_civicrm(row_id, error) for row_id, error in refused.items()])
        plans.drop_changes(tx, [row.plan_id for row in wanted if row.id in refused])
        journal.write_journal(tx, [_entry(run, row_id, contact) for row_id, contact in created.items()])
        journal.write_journal(tx, [_refusal(run, key, error) for key, error in refused.items()])
        run.note_progress(tx, {"created_to": after})


def _entry(run: Run, row_id: int, contact: int) -> NewEntry:
    made = Effect(Side.CIVICRM, What.CONTACT, new=CREATED)
    return run.entry(About(row_id, contact, None, run.id), made, Code.MAILCHIMP_NEW_PERSON)


def _refusal(run: Run, row_id: int, error: RefusedError) -> NewEntry:
    return civicrm_refusal(run, About(row_id, None, None, run.id), What.CONTACT, error)
