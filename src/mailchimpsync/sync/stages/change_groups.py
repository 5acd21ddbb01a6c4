"""Stage `readyToChangeGroups`: carry out the plan, first in CiviCRM, then by queueing updates for Mailchimp."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from mailchimpsync.civicrm import SavedStatuses, save_group_contacts
from mailchimpsync.decide import DEPARTED
from mailchimpsync.effects import Effect, What
from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import GroupStatus, MemberStatus, Side, SyncStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import data, groups, rows
from mailchimpsync.store.changes import new_members, overtaking, plans, updates
from mailchimpsync.store.journal import journal
from mailchimpsync.store.journal.journal import NewEntry
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import cache
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.deciding.effects import CORRECTIONS, corrections_of
from mailchimpsync.sync.stages.corrections import CORRECTED, about_change, apply_corrections, has_only_corrections
from mailchimpsync.sync.updates.member_data import first_request_body
from mailchimpsync.sync.updates.refusals import civicrm_refusal, count_refused, refuse_row_by_civicrm

CHANGES_PER_STEP = 5_000
NOTHING_SAVED = SavedStatuses({}, 0)
NOTHING_CONFIRMED_YET: Mapping[tuple[int, int], str | None] = {}

_DEPARTURES = {code.value: departure.value for departure, code in DEPARTED.items()}

Change = Mapping[str, Any]
Record = tuple[int, int, str]


def change_groups(run: Run) -> bool:
    """Save group changes and queue updates, a few thousand rows at a time; a row CiviCRM refuses fails alone.

    CiviCRM is written before our own rows: a step repeated after a crash saves the same again.
    """
    with run.transaction() as tx:
        planned = plans.count_open(tx, run.id)
    run.expect(planned)
    if not _queue_new_members(run):
        return False
    while True:
        with run.transaction() as tx:
            changes = plans.open_changes(tx, run.id, CHANGES_PER_STEP)
            records = _records(changes)
            known_to = runs.history_before_changes(tx, run.list_id) if records else None
        if not changes:
            return True
        corrected = apply_corrections(run, changes)
        saved = save_group_contacts(run.civicrm, list(records), run.list_id, known_to) if records else NOTHING_SAVED
        _record_results(run, changes, records, saved, corrected)
        run.progress.advance(len(changes))
        run.store.refresh_statistics()
        if run.deadline.reached:
            return False


def _queue_new_members(run: Run) -> bool:
    """Carry out what needs nothing but an update; return False if time ran out first."""
    while True:
        with run.transaction() as tx:
            queued = new_members.queue_new_members(tx, run.id, run.runtime.now(), CHANGES_PER_STEP)
        if not queued:
            return True
        run.progress.advance(queued)
        if run.deadline.reached:
            return False


def _records(changes: Sequence[Change]) -> dict[Record, None]:
    """Return the group changes, one per contact and group: if two rows of a contact disagree, Removed wins."""
    wanted: dict[tuple[int, int], str] = {}
    for change in changes:
        for group, status in change["group_changes"]:
            key = (change["civicrm_contact_id"], group)
            if wanted.get(key) != GroupStatus.REMOVED:
                wanted[key] = status
    return {(contact, group, status): None for (contact, group), status in wanted.items()}


def _record_results(
    run: Run,
    changes: Sequence[Change],
    records: Collection[Record],
    saved: SavedStatuses,
    corrected: tuple[Mapping[int, RefusedError], Sequence[NewEntry]],
) -> None:
    """Record results; a row overruled by another one of its contact stays due, repeated changes are journalled once.

    An own entry of the history beyond the newest one after the changes shows that our database is old.
    """
    refused = saved.refused
    uncorrected, correction_entries = corrected
    failed = {
        **uncorrected,
        **{change["id"]: refused[record] for change in changes for record in _records_of(change) if record in refused},
    }
    overruled = {change["id"] for change in changes if any(record not in records for record in _records_of(change))}
    done = [change for change in changes if change["id"] not in failed and change["id"] not in overruled]
    told = {
        record: change
        for change in reversed(changes)
        for record in _records_of(change)
        if record in records and record not in refused
    }
    with run.transaction() as tx:
        before = groups.group_statuses(tx, run.list_id, sorted({contact for contact, _, _ in told}))
        _store_memberships(tx, run, done)
        rows.write_rows(
            tx,
            [
                refuse_row_by_civicrm(change["cache_id"], failed[change["id"]])
                for change in changes
                if change["id"] in failed
            ],
        )
        rows.write_alike(tx, [_applied_row(change) for change in done])
        overtaking.overtake(tx, [change["cache_id"] for change in done if _removes_member(change)])
        updates.add_updates(tx, [made for change in done if (made := _update(run, change)) is not None])
        data.forget_wanted_data(tx, [change["cache_id"] for change in done if "data" in change["agreed"]])
        journal.write_journal(tx, [_entry(run, record, change, before) for record, change in told.items()])
        journal.write_journal(tx, correction_entries)
        journal.write_journal(tx, [*_refusals(run, changes, refused), *_uncorrected(run, changes, uncorrected)])
        count_refused(tx, [(run.id, change["cache_id"]) for change in changes if change["id"] in failed])
        # including changes left by a failed run
        plans.drop_plans_of_rows(tx, [change["cache_id"] for change in changes])
        if records:
            runs.record_history(tx, run.list_id, saved.newest)
        regrouped = [change["cache_id"] for change in done if change["group_changes"]]
        groups.snapshot_groups(tx, run.list_id, cache.c.id.in_(regrouped))


def _refusals(run: Run, changes: Sequence[Change], refused: Mapping[Record, RefusedError]) -> Iterator[NewEntry]:
    for change in changes:
        for record in _records_of(change):
            if record in refused:
                wanted = f"{What.GROUP.field(record[1])} {record[2]}"
                yield civicrm_refusal(run, about_change(run, change), wanted, refused[record])


def _uncorrected(run: Run, changes: Sequence[Change], refused: Mapping[int, RefusedError]) -> Iterator[NewEntry]:
    """Yield entries without values: a refused address or name isn't stored."""
    for change in changes:
        if change["id"] in refused:
            wanted = ", ".join(one.what for one in corrections_of(change))
            yield civicrm_refusal(run, about_change(run, change), wanted, refused[change["id"]])


def _records_of(change: Change) -> list[Record]:
    return [(change["civicrm_contact_id"], group, status) for group, status in change["group_changes"]]


def journal_interrupted_changes(run: Run, row_ids: Sequence[int]) -> None:
    """Journal changes that were made but whose response was lost, before their rows are decided again."""
    with run.transaction() as tx:
        changes = plans.open_changes_of_rows(tx, row_ids)
        contacts = sorted({change["civicrm_contact_id"] for change in changes if change["civicrm_contact_id"]})
        done = groups.own_group_changes(tx, run.list_id, contacts) if contacts else set()
        told = {record: change for change in changes for record in _records_of(change) if record in done}
        journal.write_journal(tx, [_entry(run, record, change) for record, change in told.items()])
        plans.drop_changes(tx, [change["id"] for change in changes])  # journalled once, also after a crash


def _store_memberships(tx: Transaction, run: Run, done: Sequence[Change]) -> None:
    memberships = list(_records(done))
    if memberships:
        now = run.runtime.now()
        groups.store_memberships(tx, run.list_id, run.id, memberships, date=now)


def _applied_row(change: Change) -> dict[str, Any]:
    """The base is what both sides are known to agree on; with an update in flight, its result decides that."""
    told = CORRECTED if CORRECTIONS in change["agreed"] else {}
    if has_only_corrections(change):
        return {"id": change["cache_id"], "sync_status": change["sync_status"], **told}
    row = {
        **told,
        "id": change["cache_id"],
        "sync_status": change["sync_status"],
        "reason": change["reason"],
        "reason_detail": None,
    }
    if _removes_member(change):
        row["recheck"] = False  # for a row with an update in flight: what has changed since decides this
    if change["member_update"] is None and change["sync_status"] != SyncStatus.FAIL:
        row["base_subscribed"] = change["agreed"]["subscribed"]
        row["base_interests"] = change["agreed"]["interests"]
    if change["member_update"] is not None and change["reason"] in _DEPARTURES:
        row["departure"] = _DEPARTURES[change["reason"]]  # before it is sent, because its response may be lost
    return row


def _removes_member(change: Change) -> bool:
    return MemberUpdate.from_body(change["member_update"]).removes_member


def _drop_superseded(change: Change) -> list[str]:
    """An undo never leads to asking people to confirm: those Mailchimp doesn't let back have unsubscribed."""
    return [MemberStatus.PENDING.value] if change["reason"] == Code.UNDONE else []


def _update(run: Run, change: Change) -> dict[str, Any] | None:
    body = first_request_body(run, change["member_update"], change["agreed"], change["mailchimp_email"])
    if body is None:
        return None
    return {
        "mailchimpsync_cache_id": change["cache_id"],
        "data": body,
        "attempt": {
            "decided": change["member_update"],
            "tries": _drop_superseded(change),
            "known": known.isoformat() if (known := change["mailchimp_updated"]) else None,
        },
        "agreed": {name: value for name, value in change["agreed"].items() if name != CORRECTIONS},
        "created_date": run.runtime.now(),
        "open_row": change["cache_id"],
        "run_id": run.id,
    }


def _entry(
    run: Run, record: Record, change: Change, before: Mapping[tuple[int, int], str | None] = NOTHING_CONFIRMED_YET
) -> NewEntry:
    contact, group, status = record
    old = before.get((contact, group))
    effect = Effect(Side.CIVICRM, What.GROUP, str(group), old if old != status else None, status)
    return run.entry(about_change(run, change), effect, change["reason"])
