"""The bulk lane: up to 500 new members in a request. Mailchimp's answer is checked member by member.

Only people of whom no member is known take it, and nobody who exists is changed by it (docs/decisions/lanes.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import Any

from mailchimpsync.addresses import normalise_address
from mailchimpsync.decide.lanes import REQUESTS_AT_ONCE, LaneReason
from mailchimpsync.errors import RefusedError, RemoteError
from mailchimpsync.mailchimp import BULK_MEMBERS_MAX, OperationResult, add_members
from mailchimpsync.model import Lane
from mailchimpsync.store.changes import batches, updates
from mailchimpsync.sync.context import Work
from mailchimpsync.sync.updates.batches import batch_row, requeue_updates
from mailchimpsync.sync.updates.direct import finish_chunk, finished, is_lost
from mailchimpsync.sync.updates.overtaken import read_overtaken_members
from mailchimpsync.sync.updates.personal_values import insert_personal_values
from mailchimpsync.sync.updates.results import Totals, apply_results_in, close_batches_in

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
    sender = _Sender(work, reason)
    try:
        return sender.send_all()
    finally:
        if sender.totals.answers:
            told = f"Sent {sender.totals.answers} new members in {sender.number} calls ({reason})."
            work.log(f"{told} {sender.totals.sentence()}")


class _Sender:
    """Keeps all connections busy: the next calls are sent before the answers to earlier ones are recorded."""

    def __init__(self, work: Work, reason: LaneReason) -> None:
        self.work, self.reason = work, reason
        self.totals, self.number = Totals(), 0
        self._under_way: dict[Future[_Answer], _Call] = {}
        self._is_out_of_time = self._has_sent_all = self._is_lost = False
        self._errors: list[RemoteError] = []

    def send_all(self) -> bool:
        """Send until nothing is left, time is over or an answer is lost; record all answers before an error is raised.

        Return False if time ran out.
        """
        with self.work.runtime.executor(REQUESTS_AT_ONCE) as executor:
            self._start_calls(executor)
            while self._under_way:
                answered = self._wait()
                self._note_problems([answer for _, answer in answered])
                self._start_calls(executor)
                self._settle(answered)
        if self._errors:
            raise self._errors[0]
        return not self._is_out_of_time

    def _start_calls(self, executor: Executor) -> None:
        while len(self._under_way) < REQUESTS_AT_ONCE and self._may_start():
            call = self._claim()
            if call is not None:
                self._under_way[executor.submit(_send, self.work, call)] = call
                self.number += 1

    def _may_start(self) -> bool:
        if self._has_sent_all or self._is_lost or self._errors:
            return False
        deadline = self.work.deadline
        self._is_out_of_time = deadline.reached if self.number else deadline.is_stopped
        return not self._is_out_of_time

    def _claim(self) -> _Call | None:
        try:
            call = _claim(self.work, self.reason)
        except RemoteError as error:  # what is under way is recorded first
            self._errors.append(error)
            return None
        self._has_sent_all = call is None
        return call

    def _wait(self) -> list[tuple[_Call, _Answer]]:
        """Wait for an answer, and return all that have arrived, in the order of the calls."""
        wait(self._under_way, return_when=FIRST_COMPLETED)
        answered = [future for future in self._under_way if future.done()]
        return [(self._under_way.pop(future), future.result()) for future in answered]

    def _note_problems(self, answers: Sequence[_Answer]) -> None:
        for answer in answers:
            if isinstance(answer, RemoteError):
                self._is_lost |= is_lost(answer)
                self._errors += [] if is_lost(answer) else [answer]

    def _settle(self, answered: Sequence[tuple[_Call, _Answer]]) -> None:
        _record(self.work, [(call, one) for call, one in answered if not isinstance(one, RemoteError)], self.totals)
        for call, answer in answered:
            if isinstance(answer, RemoteError):
                self._settle_unanswered(call, answer)

    def _settle_unanswered(self, call: _Call, error: RemoteError) -> None:
        if not is_lost(error):
            requeue_updates(self.work, call.chunk)
        elif self.work.deadline.is_stopped:
            self._errors.append(error)  # the next call reads the members
        else:
            self._read_back(call)

    def _read_back(self, call: _Call) -> None:
        try:
            finish_chunk(self.work, batch_row(self.work, call.chunk))
        except RemoteError as error:
            self._errors.append(error)


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


def _record(work: Work, answered: Sequence[tuple[_Call, Mapping[str, OperationResult]]], totals: Totals) -> None:
    """Apply the results of those who were added; the others are queued again, for other lanes."""
    if not answered:
        return
    by_chunk = {
        call.chunk: {call.updates[address]: result for address, result in added.items() if address in call.updates}
        for call, added in answered
    }
    results = {key: result for some in by_chunk.values() for key, result in some.items()}
    overtaken = read_overtaken_members(work, list(by_chunk))
    with work.transaction() as tx:
        effects = apply_results_in(tx, work, list(by_chunk), results)
        updates.send_alone(tx, updates.open_updates_of(tx, list(by_chunk)))
        close_batches_in(tx, {chunk: finished(work, len(some)) for chunk, some in by_chunk.items()}, overtaken)
    totals.add(effects, len(results))
    work.progress.advance(len(results))
