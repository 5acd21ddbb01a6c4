"""Opt-outs that overtake an update in flight: one request per member, in the run that decides it.

Why, and why that is safe: docs/decisions/opt-outs-overtake.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mailchimpsync.addresses import member_id_of
from mailchimpsync.decide.subscription import subscription_verdict as judge_subscription
from mailchimpsync.errors import Code, RemoteError, TransientError
from mailchimpsync.mailchimp import Member, OperationResult, member_if_readable, remove_member
from mailchimpsync.model import MemberStatus, SyncStatus
from mailchimpsync.store.cache import contacts, members, rows
from mailchimpsync.store.changes import updates
from mailchimpsync.store.journal import journal
from mailchimpsync.sync.context import Run, Work
from mailchimpsync.sync.deciding.situations import gather_situations
from mailchimpsync.sync.updates.outcomes import Outcome, apply_result, matches_update
from mailchimpsync.sync.updates.refusals import count_refused

MEMBERS_IN_FLIGHT_MAX = 8
MEMBERS_PER_STEP = 40
ROWS_PER_STEP = 1_000
_NO_EFFECT_STATUS = 503
"""The status of a request whose response was lost, and that had no effect: it is temporary."""

Answer = OperationResult | RemoteError | None


def send_opt_outs(work: Work) -> bool:
    """Send the opt-outs that have overtaken an update, and record the results; False if time ran out first.

    Those that are in a batch themselves, and have waited for it too long, are sent as well.

    Raises:
        TransientError: Mailchimp can't be reached; the next call reads the members first.
    """
    while True:
        waiting = _next_opt_outs(work)
        if not waiting:
            return True
        if work.deadline.is_stopped:
            return False
        begun = [one for one in waiting if updates.SENT_AT in one["attempt"]]
        _record_answers(work, begun, _read_unanswered(work, begun, send=True))
        fresh = [_claim_opt_outs(work, one) for one in waiting if updates.SENT_AT not in one["attempt"]]
        with work.transaction() as tx:
            updates.record_attempts(tx, [(one["update_id"], one["attempt"]) for one in fresh])
        _record_answers(work, fresh, _send(work, fresh))


def _next_opt_outs(work: Work) -> Sequence[Mapping[Any, Any]]:
    """Return the next ones to send; those that hang are queued only as fast as they are sent, within the time."""
    with work.transaction() as tx:
        waiting = updates.unsent_opt_outs(tx, work.list_id, MEMBERS_PER_STEP, work.sends_updates_of)
    if waiting or work.sends_updates_of is not None or work.deadline.reached:
        return waiting
    with work.transaction() as tx:
        now = work.runtime.now()
        hanging = updates.hanging_opt_outs(tx, work.list_id, now, 0, MEMBERS_PER_STEP, changed=False)
        updates.send_directly(tx, [one.id for one in hanging])
    if not hanging:
        return ()
    work.log(
        f"{len(hanging)} opt-outs are waiting in a batch that Mailchimp hasn't finished; they are now "
        "sent directly as well."
    )
    with work.transaction() as tx:
        return updates.unsent_opt_outs(tx, work.list_id, MEMBERS_PER_STEP)


def send_changed_directly(run: Run) -> None:
    """Queue opt-outs whose batch hangs, and whose rows have changed since, for requests of their own.

    Only if the rules, as things are now, don't want the person subscribed.
    """
    after = 0
    while True:
        with run.transaction() as tx:
            now = run.runtime.now()
            hanging = updates.hanging_opt_outs(tx, run.list_id, now, after, ROWS_PER_STEP, changed=True)
            found = rows.rows_to_decide(tx, [one.row_id for one in hanging])
        if not hanging:
            return
        after = hanging[-1].id
        gathered = gather_situations(run, found)
        judged = zip(gathered.rows, gathered.situations, strict=True)
        leaving = {row.id for row, one in judged if not judge_subscription(one, run.connection).ends_subscribed}
        with run.transaction() as tx:
            updates.send_directly(tx, [one.id for one in hanging if one.row_id in leaving])


def finish_opt_outs(work: Work) -> None:
    """Find the outcome of requests whose response an earlier run never got; those without effect are decided again."""
    while True:
        with work.transaction() as tx:
            waiting = updates.unsent_opt_outs(tx, work.list_id, MEMBERS_PER_STEP)
        begun = [one for one in waiting if updates.SENT_AT in one["attempt"]]
        if not begun:
            return
        _record_answers(work, begun, _read_unanswered(work, begun, send=False))


def _claim_opt_outs(work: Work, update: Mapping[Any, Any]) -> dict[Any, Any]:
    """Record the time of sending; without fractions of a second, like Mailchimp's dates."""
    sent_at = work.runtime.now().replace(microsecond=0).isoformat()
    return {**update, "attempt": {**update["attempt"], updates.SENT_AT: sent_at}}


def _send(work: Work, fresh: Sequence[Mapping[Any, Any]]) -> list[Answer]:
    with work.runtime.executor(MEMBERS_IN_FLIGHT_MAX) as executor:
        return list(executor.map(lambda update: _send_one(work, update), fresh))


def _read_unanswered(work: Work, begun: Sequence[Mapping[Any, Any]], *, send: bool) -> list[Answer]:
    with work.runtime.executor(MEMBERS_IN_FLIGHT_MAX) as executor:
        return list(executor.map(lambda update: _read_or_resend(work, update, send=send), begun))


def _send_one(work: Work, update: Mapping[Any, Any]) -> Answer:
    try:
        return remove_member(work.mailchimp, work.list_id, _member_id(update), MemberStatus(update["data"]["status"]))
    except TransientError:
        return _read_or_resend(work, update, send=False) or OperationResult(None, _NO_EFFECT_STATUS)
    except RemoteError as error:
        return error


def _read_or_resend(work: Work, update: Mapping[Any, Any], *, send: bool) -> Answer:
    """Read a member: unsubscribed by us; or else send again if nobody has changed it since. None: neither."""
    try:
        found = member_if_readable(work.mailchimp, work.list_id, _member_id(update))
    except RemoteError as error:
        return error
    if isinstance(found, Member) and matches_update(update["data"], found.status):
        return OperationResult(None, 200, _member_as_answer(found))
    is_untouched = isinstance(found, Member) and found.last_changed < _sent_at(update)
    return _send_one(work, update) if send and is_untouched else None


def _member_id(update: Mapping[Any, Any]) -> str:
    return update["mailchimp_member_id"] or member_id_of(update["data"]["email_address"])


def _sent_at(update: Mapping[Any, Any]) -> datetime:
    return datetime.fromisoformat(update["attempt"][updates.SENT_AT])


def _member_as_answer(found: Member) -> dict[str, Any]:
    opted_in = found.opted_in_at.isoformat() if found.opted_in_at else None
    return {
        "id": found.id,
        "contact_id": found.contact_id,
        "email_address": found.email_address,
        "status": found.status,
        "last_changed": found.last_changed.isoformat(),
        "timestamp_opt": opted_in,
        "merge_fields": {"FNAME": found.first_name, "LNAME": found.last_name},
        "interests": found.interests,
    }


def _record_answers(work: Work, sent: Sequence[Mapping[Any, Any]], answers: Sequence[Answer]) -> None:
    """Record all results of requests, before raising the error of one that has none."""
    outcome, unanswered, errors = Outcome(), [], []
    for update, answer in zip(sent, answers, strict=True):
        if isinstance(answer, RemoteError):
            errors.append(answer)
        elif answer is None:
            unanswered.append(update)
        else:
            apply_result(work, {**update, "submitted_at": _sent_at(update)}, answer, outcome)
    with work.transaction() as tx:
        updates.complete_updates(
            tx, [*outcome.completed, *((one["update_id"], updates.UNANSWERED) for one in unanswered)]
        )
        rows.write_rows(tx, members.make_room_for_identities(tx, work.list_id, outcome.rows))
        rows.write_rows(tx, [_make_due(one) for one in unanswered])
        contacts.make_replaced_rows_due(tx, work.list_id, outcome.arrived)
        journal.write_journal(tx, outcome.entries)
        count_refused(tx, outcome.refused)
    work.progress.advance(len(sent) - len(errors))
    if errors:
        raise errors[0]


def _make_due(update: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "id": update["id"],
        "sync_status": SyncStatus.TODO.value,
        "recheck": False,
        "reason": Code.BATCH_LOST.value,
    }
