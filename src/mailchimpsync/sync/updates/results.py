"""Results of updates: each result decides about one row, and never about another.

See docs/decisions/failures-stay-alone.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any

from mailchimpsync.addresses import member_id_of
from mailchimpsync.errors import Code, RefusedError, RemoteError
from mailchimpsync.mailchimp import BatchInfo, Member, OperationResult, UnreadableMember, batch_results, shows_member
from mailchimpsync.model import MemberStatus, SyncStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import contacts, data, members, rows
from mailchimpsync.store.changes import batches, updates
from mailchimpsync.store.changes.batches import BatchRow
from mailchimpsync.store.changes.updates import SentUpdate
from mailchimpsync.store.journal import journal
from mailchimpsync.store.schema import json_text
from mailchimpsync.sync.context import Work
from mailchimpsync.sync.updates.member_data import confirmed_of
from mailchimpsync.sync.updates.operation_names import update_of
from mailchimpsync.sync.updates.outcomes import OK_STATUS, ResultEffects, apply_result, is_opt_out
from mailchimpsync.sync.updates.overtaken import OvertakenUpdate, read_overtaken_members, record_overtaken
from mailchimpsync.sync.updates.refusals import count_refused, mailchimp_refusal
from mailchimpsync.sync.updates.reread import fresh_columns, reread_members

RESULTS_PER_STEP = 1_000
NOBODY_CHANGED: Mapping[int, Member | UnreadableMember] = {}
DETAIL_MAX = 500
MINUTES_BETWEEN_ATTEMPTS = (1, 5, 15, 60, 240, 720)
"""Between attempts to read a batch's results; after the last it is given up. Members show the outcome as well."""


@dataclass(frozen=True, slots=True)
class ResultCounts:
    """What a batch brought: how many updates Mailchimp confirmed, refused, and left without a result."""

    confirmed: int = 0
    refused: int = 0
    unanswered: int = 0


def read_results(work: Work, batch: BatchRow, info: BatchInfo) -> ResultCounts:
    """Process the results of a finished batch; updates without a result are due again.

    Reading them a second time changes nothing: an update takes one result.

    Raises:
        TransientError: they can't be read, or not to the end; those read before are recorded.
    """
    totals = Totals()
    batch_id = batch.id
    try:
        with work.transaction() as tx:
            batches.set_batch(tx, batch_id, response_processed=batches.BEING_READ)
        for some in _chunks(_own_results(work, batch.mark, info)):
            totals.add(apply_results(work, [batch_id], some), len(some))
    except RefusedError as error:
        if error.code is not Code.BATCH_LOST:
            raise
    totals.unanswered = close_batch(work, batch_id, totals.refused_alike)
    work.log(totals.sentence())
    return ResultCounts(totals.confirmed, totals.refused, totals.unanswered)


@dataclass
class Totals:
    """Totals of results."""

    confirmed: int = 0
    refused: int = 0
    tried_again: int = 0
    answers: int = 0
    unanswered: int = 0
    access_refused: Counter[Code] = field(default_factory=Counter)

    def add(self, outcome: ResultEffects, answers: int) -> None:
        """Add some results."""
        self.confirmed += outcome.confirmed
        self.refused += outcome.failed + outcome.tried_again
        self.tried_again += outcome.tried_again
        self.answers += answers
        self.access_refused += outcome.access_refused

    def join(self, other: Totals) -> None:
        """Add other totals."""
        self.confirmed += other.confirmed
        self.refused += other.refused
        self.tried_again += other.tried_again
        self.answers += other.answers

    def sentence(self) -> str:
        """Return them for the log."""
        note = f"; {self.unanswered} got no answer and are tried again" if self.unanswered else ""
        again = f", {self.tried_again} of them for a cause that may pass" if self.tried_again else ""
        return f"Mailchimp confirmed {self.confirmed} updates and refused {self.refused}{again}{note}."

    @property
    def refused_alike(self) -> Code | None:
        """The code with which all were refused, if it is about the API key or the account."""
        code, number = next(iter(self.access_refused.most_common(1)), (None, 0))
        return code if number and number == self.answers else None


def give_up_results(work: Work, batch_id: int) -> int:
    """Give up the results of a batch, whose rows are due again. Return how many there are."""
    number = close_batch(work, batch_id)
    work.log(f"The results of a batch aren't available; {number} rows are decided again from their members' state.")
    return number


def record_batch_failure(work: Work, batch: BatchRow, error: RemoteError) -> bool:
    """Record that a batch couldn't be read; after several failures, give it up. Return whether it is given up.

    Its rows are then due, and decided from their members' state, which each run reads.
    """
    attempts = batch.attempts + 1
    is_last = attempts > len(MINUTES_BETWEEN_ATTEMPTS)
    pause = timedelta(minutes=MINUTES_BETWEEN_ATTEMPTS[min(attempts, len(MINUTES_BETWEEN_ATTEMPTS)) - 1])
    noted = {
        "attempts": attempts,
        "try_again_at": None if is_last else work.runtime.now() + pause,
        "problem": error.code.value,
        "problem_detail": " ".join(part for part in (error.what.rstrip(".") + ".", error.detail) if part)[:DETAIL_MAX],
    }
    with work.transaction() as tx:
        batches.set_batch(tx, batch.id, **noted)
    if is_last:
        give_up_results(work, batch.id)
    else:
        work.log(f"The results of a batch couldn't be read ({error.code}); it is tried again in {pause}.")
    return is_last


def _own_results(work: Work, mark: str | None, info: BatchInfo) -> Iterator[tuple[int, OperationResult]]:
    """Yield the results for one of our updates; others aren't ours to process."""
    for result in batch_results(work.mailchimp, info):
        key = update_of(mark, result.operation_id)
        if key is not None and not result.unreadable:
            yield key, result


def _is_about(list_id: str, update: SentUpdate, result: OperationResult) -> bool:
    """Return whether a result is about the member and the audience of its update.

    After a change of address the result has the id of the new one. Archiving and tags have no result; if a member's
    change returns no member, it wasn't proved, whatever the status says.
    """
    returned_list, returned_id, returned_address = (
        result.body.get(name) for name in ("list_id", "id", "email_address")
    )
    if result.status_code not in OK_STATUS:
        return True
    if returned_list not in (None, list_id) or (_changes_member(update) and not shows_member(result.body)):
        return False
    if returned_address and returned_address in (update.data.get("email_address"), update.mailchimp_email):
        return True
    ours = {update.mailchimp_member_id}
    ours |= {member_id_of(one) for one in (update.data.get("email_address"), update.mailchimp_email) if one}
    returned = {one for one in (returned_id, member_id_of(returned_address) if returned_address else None) if one}
    return not returned or not returned.isdisjoint(ours)


def _changes_member(update: SentUpdate) -> bool:
    """Return whether Mailchimp responds to an update with its member."""
    return "tags" not in update.data and update.data.get("status") != MemberStatus.ARCHIVED


def _chunks(answers: Iterable[tuple[int, OperationResult]]) -> Iterator[dict[int, OperationResult]]:
    answers = iter(answers)
    while some := dict(islice(answers, RESULTS_PER_STEP)):
        yield some


def apply_results(work: Work, batch_ids: Sequence[int], results: Mapping[int, OperationResult]) -> ResultEffects:
    """Apply results to the open updates of batches and to their rows, in one transaction; return what they change."""
    if not results:
        return ResultEffects(work.runtime.now())
    changed = reread_members(work, batch_ids, {key for key, result in results.items() if is_opt_out(result)})
    with work.transaction() as tx:
        outcome = apply_results_in(tx, work, batch_ids, results, changed)
    work.progress.advance(len(results))
    return outcome


def apply_results_in(
    tx: Transaction,
    work: Work,
    batch_ids: Sequence[int],
    results: Mapping[int, OperationResult],
    changed: Mapping[int, Member | UnreadableMember] = NOBODY_CHANGED,
) -> ResultEffects:
    """Apply results likewise, in a transaction; `changed`: by update, members that have unsubscribed meanwhile."""
    outcome = ResultEffects(work.runtime.now())
    found = {
        key: update
        for key, update in updates.updates_with_rows(tx, batch_ids).items()
        if key in results and _is_about(work.list_id, update, results[key])
    }
    outcome.known_data = confirmed_of(tx, list(found.values()))
    for key, update in found.items():
        if key in changed:
            outcome.completed.append((key, json_text({"code": Code.MC_COMPLIANCE.value})))
            outcome.rows.append(fresh_columns(update, changed[key]))
            outcome.entries.append(mailchimp_refusal(work, update, results[key].status_code, Code.MC_COMPLIANCE))
        else:
            apply_result(work, update, results[key], outcome)
    updates.complete_updates(tx, outcome.completed)
    updates.add_updates(tx, outcome.retries)
    rows.write_rows(tx, members.make_room_for_identities(tx, work.list_id, outcome.rows))
    contacts.make_replaced_rows_due(tx, work.list_id, outcome.arrived)
    data.write_data(tx, outcome.data)
    journal.write_journal(tx, outcome.entries)
    count_refused(tx, outcome.refused)
    return outcome


def close_batch(work: Work, batch_id: int, refused_alike: Code | None = None, **figures: Any) -> int:
    """Close one batch (`close_batches`); return how many of its updates got no result."""
    return close_batches(work, {batch_id: {"refused_code": refused_alike, **figures}})


def close_batches(work: Work, figures: Mapping[int, Mapping[str, Any]]) -> int:
    """Mark batches as processed; rows whose update got no result are due again, and their update is dropped.

    Members of updates that an opt-out has overtaken are read first: Mailchimp may have carried them out all the same.
    `figures`: further columns, by batch. Return how many updates got no result.
    """
    overtaken = read_overtaken_members(work, list(figures))
    with work.transaction() as tx:
        return close_batches_in(tx, figures, overtaken)


def close_batches_in(
    tx: Transaction, figures: Mapping[int, Mapping[str, Any]], overtaken: Sequence[OvertakenUpdate]
) -> int:
    """Close batches likewise, in a transaction, with what was read of their overtaken updates' members."""
    record_overtaken(tx, overtaken)
    found = updates.updates_with_rows(tx, list(figures))
    updates.complete_updates(tx, [(key, updates.UNANSWERED) for key in found])
    again = {"sync_status": SyncStatus.TODO.value, "recheck": False, "reason": Code.BATCH_LOST.value}
    rows.write_rows(tx, [{"id": update.id, **again} for update in found.values()])
    for batch_id, columns in figures.items():
        batches.set_batch(tx, batch_id, response_processed=batches.HANDLED, **columns)
    return len(found)
