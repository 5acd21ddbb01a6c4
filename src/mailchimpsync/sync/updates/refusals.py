"""Refusals that may pass: how they are counted and retried; and the journal entry of any refusal.

What a lasting refusal does to its row is in `outcomes.py`.

How often and how soon: docs/decisions/one-model-of-truth.md.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mailchimpsync.effects import Effect, What
from mailchimpsync.errors import LASTING_AFTER, Code, RefusedError
from mailchimpsync.member_update import MemberUpdate
from mailchimpsync.model import Side, SyncStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.changes.updates import SentUpdate
from mailchimpsync.store.journal.journal import NewEntry
from mailchimpsync.store.runs import figures
from mailchimpsync.sync.context import About, Work
from mailchimpsync.sync.updates.member_data import carries_only_data

DETAIL_LENGTH_MAX = 500

PAUSE_FIRST = timedelta(minutes=30)
PAUSE_LONGEST = timedelta(days=1)
"""The longest wait before a repeatedly refused change is retried; the wait doubles each time."""

_DOUBLINGS_MAX = 6


def refuse_row_by_civicrm(row_id: int, error: RefusedError) -> dict[str, Any]:
    """Return the columns of the failed row."""
    return {
        "id": row_id,
        "sync_status": SyncStatus.FAIL.value,
        "reason": Code.CV_CHANGE_REFUSED.value,
        "reason_detail": (error.detail or error.what)[:DETAIL_LENGTH_MAX],
    }


def refuse_temporarily(update: SentUpdate, code: Code, detail: str, now: datetime) -> dict[str, Any]:
    """Return the columns of a row whose update Mailchimp refused for a temporary cause.

    It is due again; after too many refusals it is listed as a failure, and retried less and less often.
    """
    decided = update.data if carries_only_data(update) else update.attempt["decided"]
    times = _earlier_attempts(update.refusal, decided) + 1
    refusal = {"code": code.value, "update": decided, "at": now.isoformat(), "times": times}
    is_put_off = times >= LASTING_AFTER
    if is_put_off:
        refusal["again"] = (now + _pause(decided, times)).isoformat()
    failed = is_put_off and not update.recheck
    return {
        "id": update.id,
        "sync_status": (SyncStatus.FAIL if failed else SyncStatus.TODO).value,
        "recheck": False,
        "reason": code.value,
        "reason_detail": detail,
        "refusal": refusal,
    }


def _earlier_attempts(refusal: Mapping[str, Any] | None, decided: Any) -> int:
    return int(refusal.get("times", 0)) if refusal is not None and refusal["update"] == decided else 0


def _pause(decided: Mapping[str, Any], times: int) -> timedelta:
    """Unsubscribes are retried as soon as possible, however often they were refused."""
    if MemberUpdate.from_body(decided).removes_member:
        return PAUSE_FIRST
    return min(PAUSE_FIRST * (1 << min(times - LASTING_AFTER, _DOUBLINGS_MAX)), PAUSE_LONGEST)


def civicrm_refusal(work: Work, about: About, wanted: str, error: RefusedError) -> NewEntry:
    """Return the journal entry for a change that CiviCRM refused."""
    refused = Effect(Side.CIVICRM, What.REFUSED, new=wanted)
    return work.entry(about, refused, Code.CV_CHANGE_REFUSED, error.code.value)


def mailchimp_refusal(work: Work, update: SentUpdate, status: int, code: Code) -> NewEntry:
    """Return the journal entry for an update that Mailchimp refused."""
    about = About(update.id, update.civicrm_contact_id, update.mailchimp_member_id, update.update_run_id)
    wanted = "data" if update.attempt["decided"] is None else _wanted_change(update)
    return work.entry(about, Effect(Side.MAILCHIMP, What.REFUSED, new=wanted), code, f"{status} {code.value}")


def count_refused(tx: Transaction, refused: Sequence[tuple[int | None, int]]) -> None:
    """Record refusals, by run and row, in the figures of runs and in the plans they carry out."""
    figures.add_refused(tx, Counter(run_id for run_id, _ in refused if run_id is not None))
    of_runs: dict[int, list[int]] = defaultdict(list)
    for run_id, row_id in refused:
        if run_id is not None:
            of_runs[run_id].append(row_id)
    for run_id, row_ids in of_runs.items():
        kept_plans.record_refused(tx, run_id, row_ids)


def _wanted_change(update: SentUpdate) -> str:
    """Return what an update wanted, without the address."""
    change = MemberUpdate.from_body(update.data)
    moves = update.mailchimp_member_id and change.moves(update.mailchimp_email)
    wanted = (
        change.status,
        "interests" if change.interests else None,
        "address" if moves else None,
    )
    return ", ".join(filter(None, wanted)) or "names"
