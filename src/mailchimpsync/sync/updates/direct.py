"""The direct lane: a request for each member, several at once, whose answers count like a batch's results.

See docs/explanation/lanes.md and docs/decisions/lanes.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailchimpsync.decide.lanes import REQUESTS_AT_ONCE, LaneReason
from mailchimpsync.errors import AccessError, RemoteError, TransientError
from mailchimpsync.mailchimp import Operation, OperationResult
from mailchimpsync.model import Lane
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import batches, updates
from mailchimpsync.store.changes.batches import BatchRow
from mailchimpsync.store.changes.updates import UnsentUpdate
from mailchimpsync.sync.context import Work
from mailchimpsync.sync.updates.batches import SENT_AGAIN_WITHIN, requeue_updates
from mailchimpsync.sync.updates.operations import operations_for
from mailchimpsync.sync.updates.read_back import ReadBack, read_back
from mailchimpsync.sync.updates.results import Totals, apply_results, close_batch

UPDATES_PER_CHUNK = 40
"""So many are claimed, sent and recorded together: after a kill, at most as many members have to be read."""

_HAD_NO_EFFECT = OperationResult(None, 503)
"""The result of a request without an answer that changed nothing: it is temporary."""
_FAILED_THERE = 500
"""Mailchimp has ended the request with an error of its own, which it would also report in a batch."""

Claim = Callable[[Transaction, int], Sequence[UnsentUpdate]]
Answer = OperationResult | RemoteError | None
"""An error: the request was certainly not carried out, or that can't be found out now. None: its effect isn't known."""


def send_directly(work: Work, claim: Claim, reason: LaneReason) -> bool:
    """Send what `claim` returns until it returns nothing, at least one chunk per call; False if time ran out first.

    Raises:
        TransientError: Mailchimp can't be reached; what was certainly not sent stays queued.
        AccessError: the key isn't accepted.
    """
    totals, number = Totals(), 0
    try:
        while True:
            over = work.deadline.reached if number else work.deadline.is_stopped
            with work.transaction() as tx:
                queued = claim(tx, UPDATES_PER_CHUNK)
                if not queued or over:
                    return not queued
                chunk = _open_chunk(tx, work, queued, reason)
            _send_chunk(work, chunk, queued, totals)
            number += len(queued)
    finally:
        if totals.answers:
            work.log(f"Sent {totals.answers} updates directly ({reason}). {totals.sentence()}")


def _open_chunk(tx: Transaction, work: Work, queued: Sequence[UnsentUpdate], reason: LaneReason) -> int:
    """Claim updates; the time of sending is without fractions of a second, like Mailchimp's dates."""
    now = work.runtime.now()
    values: dict[str, Any] = {"lane": Lane.DIRECT, "lane_reason": reason, "submitted_at": now.replace(microsecond=0)}
    return batches.open_batch(tx, work.list_id, [row.id for row in queued], now, **values)


def _send_chunk(work: Work, chunk: int, queued: Sequence[UnsentUpdate], totals: Totals) -> None:
    try:
        operations = operations_for(work, queued)
    except RemoteError:
        requeue_updates(work, chunk)
        raise
    with work.runtime.executor(REQUESTS_AT_ONCE) as executor:
        answers = list(executor.map(lambda *one: _send_one(work, *one), queued, operations))
    by_update = dict(zip((row.id for row in queued), answers, strict=True))
    _settle_chunk(work, chunk, by_update, totals)


def _send_one(work: Work, update: UnsentUpdate, operation: Operation) -> Answer:
    """Send one request; if it isn't known whether it was carried out, read the member back."""
    try:
        return OperationResult(None, *work.mailchimp.carry_out(operation.method, operation.path, operation.body))
    except TransientError as error:
        if error.status == _FAILED_THERE:
            return OperationResult(None, _FAILED_THERE)
        if not error.work_may_be_done or work.deadline.is_stopped:
            return error
        lost = error
    except RemoteError as error:
        return error
    try:
        return _result_of(read_back(work, update))
    except RemoteError:
        return lost  # not the reading's error: that would say that nothing was done


def _result_of(found: ReadBack) -> OperationResult | None:
    return found.result or (_HAD_NO_EFFECT if found.untouched else None)


def _settle_chunk(work: Work, chunk: int, answers: Mapping[int, Answer], totals: Totals) -> None:
    """Record all answers before the error of a request that has none is raised."""
    results = {key: answer for key, answer in answers.items() if isinstance(answer, OperationResult)}
    errors = {key: answer for key, answer in answers.items() if isinstance(answer, RemoteError)}
    of_chunk = Totals()
    of_chunk.add(apply_results(work, [chunk], results), len(results))
    totals.join(of_chunk)
    undecided = _take_back_unsent(work, chunk, errors) if errors else set()
    if not undecided:
        totals.unanswered += close_batch(
            work, chunk, of_chunk.refused_alike, **finished(work, of_chunk.answers, of_chunk.refused)
        )
    if errors and (not results or undecided or any(isinstance(error, AccessError) for error in errors.values())):
        raise next(iter(errors.values()))


def _take_back_unsent(work: Work, chunk: int, errors: Mapping[int, RemoteError]) -> set[int]:
    """Queue what was certainly not sent; return the updates whose outcome isn't known."""
    with work.transaction() as tx:
        updates.take_back(tx, [key for key, error in errors.items() if not is_lost(error)])
        return errors.keys() & set(updates.open_updates_of(tx, [chunk]))


def is_lost(error: RemoteError) -> bool:
    """Return whether a request without an answer may have been carried out all the same."""
    return isinstance(error, TransientError) and error.work_may_be_done


def finished(work: Work, answers: int, refused: int = 0) -> dict[str, Any]:
    """Return the columns of a chunk that is done."""
    return {
        "status": "finished",
        "completed_at": work.runtime.now(),
        "finished_operations": answers,
        "errored_operations": refused,
    }


def finish_chunk(work: Work, row: BatchRow) -> None:
    """Find out what became of a chunk that was interrupted, from its members, and close it.

    What certainly had no effect is sent again, unless it was decided long ago.

    Raises:
        RemoteError: Mailchimp can't be reached; the chunk stays open.
    """
    with work.transaction() as tx:
        waiting = updates.updates_with_rows(tx, [row.id])
    with work.runtime.executor(REQUESTS_AT_ONCE) as executor:
        found = dict(zip(waiting, executor.map(lambda one: read_back(work, one), waiting.values()), strict=True))
    totals = Totals()
    results = {key: one.result for key, one in found.items() if one.result is not None}
    totals.add(apply_results(work, [row.id], results), len(results))
    if work.runtime.now() - row.created_date <= SENT_AGAIN_WITHIN:
        with work.transaction() as tx:
            updates.take_back(tx, [key for key, one in found.items() if one.untouched])
    totals.unanswered += close_batch(
        work, row.id, totals.refused_alike, **finished(work, totals.answers, totals.refused)
    )
    work.log(f"Sending was interrupted; the members of {len(waiting)} updates were read. {totals.sentence()}")
