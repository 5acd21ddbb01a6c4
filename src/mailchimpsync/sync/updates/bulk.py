"""The bulk lane: up to 500 new members in a request. Mailchimp's answer is checked member by member.

Only people of whom no member is known take it, and nobody who exists is changed by it (docs/decisions/lanes.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailchimpsync.addresses import normalise_address
from mailchimpsync.decide.lanes import REQUESTS_AT_ONCE, LaneReason
from mailchimpsync.errors import RefusedError, RemoteError, TransientError
from mailchimpsync.mailchimp import BULK_MEMBERS_MAX, OperationResult, add_members
from mailchimpsync.model import Lane
from mailchimpsync.store.changes import batches, updates
from mailchimpsync.sync.context import Work
from mailchimpsync.sync.updates.batches import batch_row, requeue_updates
from mailchimpsync.sync.updates.direct import finish_chunk, finished
from mailchimpsync.sync.updates.personal_values import insert_personal_values
from mailchimpsync.sync.updates.results import Totals, apply_results, close_batch

MEMBERS_PER_CALL = BULK_MEMBERS_MAX


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that is claimed: the batch row, its updates by address, and what is sent of each."""

    chunk: int
    updates: Mapping[str, int]
    members: Sequence[Mapping[str, Any]]


_Answer = Mapping[str, OperationResult] | RemoteError


def send_in_bulk(work: Work, reason: LaneReason) -> bool:
    """Send the new members that are queued, at least some per call; return False if time ran out first.

    Those that Mailchimp doesn't add stay queued, and take another lane; so do all that are left if an answer is lost.

    Raises:
        TransientError: Mailchimp can't be reached; what was certainly not sent stays queued.
        AccessError: the key isn't accepted.
    """
    totals, number = Totals(), 0
    try:
        while True:
            if work.deadline.reached if number else work.deadline.is_stopped:
                return False
            calls = _claim_calls(work, reason)
            if not calls:
                return True
            number += len(calls)
            with work.runtime.executor(REQUESTS_AT_ONCE) as executor:
                answers = list(executor.map(lambda call: _send(work, call), calls))
            if not _settle(work, calls, answers, totals):
                return True
    finally:
        if totals.answers:
            work.log(f"Sent {totals.answers} new members in {number} calls ({reason}). {totals.sentence()}")


def _claim_calls(work: Work, reason: LaneReason) -> list[_Call]:
    calls = []
    for _ in range(REQUESTS_AT_ONCE):
        call = _claim(work, reason)
        if call is None:
            break
        calls.append(call)
    return calls


def _claim(work: Work, reason: LaneReason) -> _Call | None:
    with work.transaction() as tx:
        queued = updates.unsent_new_members(tx, work.list_id, MEMBERS_PER_CALL, work.sends_updates_of)
        if not queued:
            return None
        now = work.runtime.now()
        values: dict[str, Any] = {"lane": Lane.BULK, "lane_reason": reason, "submitted_at": now.replace(microsecond=0)}
        chunk = batches.open_batch(tx, work.list_id, [row.id for row in queued], now, **values)
    try:
        bodies = insert_personal_values(work, {row.id: row.data for row in queued})
    except RemoteError:
        requeue_updates(work, chunk)
        raise
    by_address = {normalise_address(body["email_address"]): (key, body) for key, body in bodies.items()}
    members = [_member(body) for _, body in by_address.values()]
    return _Call(chunk, {address: key for address, (key, _) in by_address.items()}, members)


def _member(body: Mapping[str, Any]) -> dict[str, Any]:
    others = {key: value for key, value in body.items() if key != "status_if_new"}
    return {**others, "status": body["status_if_new"]}


def _send(work: Work, call: _Call) -> _Answer:
    try:
        return add_members(work.mailchimp, work.list_id, call.members)
    except RefusedError:
        return {}
    except RemoteError as error:
        return error


def _settle(work: Work, calls: Sequence[_Call], answers: Sequence[_Answer], totals: Totals) -> bool:
    """Record all answers before an error is raised; return False if one was lost, and its members were read."""
    errors, lost = [], False
    for call, answer in zip(calls, answers, strict=True):
        if not isinstance(answer, RemoteError):
            _record(work, call, answer, totals)
        elif not (isinstance(answer, TransientError) and answer.work_may_be_done):
            requeue_updates(work, call.chunk)
            errors.append(answer)
        elif work.deadline.is_stopped:
            errors.append(answer)  # the next call reads the members
        else:
            finish_chunk(work, batch_row(work, call.chunk))
            lost = True
    if errors:
        raise errors[0]
    return not lost


def _record(work: Work, call: _Call, added: Mapping[str, OperationResult], totals: Totals) -> None:
    """Apply the results of those who were added; the others are queued again, for other lanes."""
    results = {call.updates[address]: result for address, result in added.items() if address in call.updates}
    of_call = Totals()
    of_call.add(apply_results(work, call.chunk, results), len(results))
    totals.join(of_call)
    with work.transaction() as tx:
        updates.send_alone(tx, updates.open_updates_of(tx, call.chunk))
    close_batch(work, call.chunk, **finished(work, of_call))
