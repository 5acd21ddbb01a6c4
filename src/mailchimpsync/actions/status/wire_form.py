"""The result of `getstatus` as callers receive it: by audience, with the PHP extension's names.

See docs/reference/php-extension.md#getstatus.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.status.connection_status import ConnectionStatus
from mailchimpsync.actions.texts.lanes import sending_in_words
from mailchimpsync.model import SyncStatus

NEVER = "never"
_MINUTE, _HOUR = 60, 3_600
_COUNTED_BY_READING = (
    "subscribed_at_mailchimp",
    "subscribed_at_civicrm",
    "to_add_to_mailchimp",
    "cannot_subscribe",
    "to_remove_from_mailchimp",
)


def by_audience(statuses: Sequence[ConnectionStatus]) -> dict[str, Any]:
    """Return connections by audience id; names with underscores are ours, the others the PHP extension's."""
    return {status.link.audience_id: plain(_form(status)) for status in statuses}


def _form(status: ConnectionStatus) -> dict[str, Any]:
    link = status.link
    form = {
        "lastSyncTime": status.last_sync_time,
        "lastSyncTimeHuman": _for_people(status.last_sync_time),
        "locks": {"fetchAndReconcile": status.stage},
        "log": _with_durations(status.log),
        "fetch": {"since": status.since},
        "stats": _stats(status),
        "in_sync": status.in_sync,
        "state": status.state.name,
        "due": status.state.due.number,
        "due_because": status.state.due.by_cause,
        "put_off": status.state.due.put_off,
        "gone_interests": status.state.gone_interests,
        "attempted_at": status.state.attempted_at,
        "failing_since": status.state.failing_since,
        "errors_in_a_row": status.state.failing_times,
        "remedy": status.state.remedy,
        "paused_at": status.state.paused_at,
        "paused_by": status.state.paused_by,
        "pause_reason": status.state.pause_reason,
        "crashed": status.crashed or False,
        "audience_name": link.audience_name,
        "group_id": link.group_id,
        "group_title": link.group_title,
        "running": status.running,
        "interrupted": status.interrupted,
        "held_plan_id": status.held_plan_id,
        "held_why": status.held_why,
        "rows": status.rows,
        "failures": status.failures,
        "need_attention": status.state.failed.need_attention,
        "fine": status.state.failed.fine,
        "accepted": status.state.failed.accepted,
        "progress": _progress(status),
        **sending_form(status),
        "run_id": status.run_id,
        "next_run_at": status.next_run_at,
        "campaigns": status.campaigns,
        "last_outcome": status.last_outcome,
        "last_error": status.last_error,
        "verified_at": status.verified_at,
        "differences_found": status.differences_found,
    }
    if status.batches is not None:
        form["batches"] = {batch["mailchimp_batch_id"] or f"unsent {batch['id']}": batch for batch in status.batches}
        form["batches_problem"] = status.batches_problem
    return form


def sending_form(status: ConnectionStatus) -> dict[str, Any]:
    """Return the lanes of updates that are on their way, for programs and for people."""
    return {
        "sending": [
            {"lane": way.lane, "reason": way.reason, "number": way.number, "seconds": round(way.seconds)}
            for way in status.sending
        ],
        "sending_in_words": sending_in_words(status.sending) if status.sending else None,
    }


def _progress(status: ConnectionStatus) -> dict[str, Any] | None:
    at = status.working
    if at is None:
        return None
    return {**asdict(at), "stage": status.stage, "rate": at.rate, "seconds_left": at.seconds_left}


def _stats(status: ConnectionStatus) -> dict[str, Any]:
    stats: dict[str, Any] = {
        "failed": status.rows.get(SyncStatus.FAIL.value, 0),
        "subscribed_at_mailchimp": status.subscribed_at_mailchimp,
        "subscribed_at_civicrm": status.subscribed_at_civicrm,
        "to_add_to_mailchimp": status.to_add,
        "cannot_subscribe": status.cannot_subscribe,
        "to_remove_from_mailchimp": status.to_remove,
        "todo": status.rows.get(SyncStatus.TODO.value, 0),
        "other_fails": status.other_fails,
        "weird": status.weird,
        "mailchimp_updates_pending": status.updates_outstanding,
        "mailchimp_updates_unsubmitted": status.updates_unsent,
    }
    if not status.is_counted:
        stats |= dict.fromkeys(_COUNTED_BY_READING)
    return stats if status.batches is None else stats | _batch_figures(status.batches)


def _batch_figures(batches: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    totals = {
        f"batch_{kind}_operations": sum(batch[f"{kind}_operations"] for batch in batches)
        for kind in ("errored", "finished", "total")
    }
    pending = totals["batch_total_operations"] - totals["batch_finished_operations"]
    return totals | {"batch_pending_operations": pending}


def _for_people(time: datetime | None) -> str:
    return f"{time:%H:%M} UTC, {time.day} {time:%b %Y}" if time else NEVER


def _with_durations(log: Sequence[tuple[datetime, str]]) -> list[dict[str, Any]]:
    """Return the log; `took` is the time from each line to the next."""
    ends = [time for time, _ in log[1:]]
    took = [in_words((end - time).total_seconds()) for (time, _), end in zip(log, ends, strict=False)] + [""]
    return [
        {"time": time, "message": message, "took": words} for (time, message), words in zip(log, took, strict=False)
    ]


def in_words(seconds: float) -> str:
    """Return a duration in words: seconds up to a minute, minutes up to an hour, else hours."""
    if seconds <= _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} mins" if seconds <= _HOUR else f"{seconds / _HOUR:.0f} hours"
