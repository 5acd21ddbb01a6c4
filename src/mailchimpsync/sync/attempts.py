"""Records how each call of a run ended, so that the last attempt counts and not the last success."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from mailchimpsync.errors import LASTING_AFTER, BusyError, Code, MailchimpsyncError, PausedError, StoreError
from mailchimpsync.store import Transaction
from mailchimpsync.store.runs import attempts, runs
from mailchimpsync.sync.options import Options, Outcome, Result, Systems

LASTS_FOR = timedelta(minutes=15)
"""The service retries within minutes: its own failures must go on for this long before they count as lasting."""

_ENDS_FAILING = (Outcome.DONE, Outcome.WAITING, Outcome.INCOMPLETE, Outcome.HELD, Outcome.UNCHANGED)


def record_success(systems: Systems, result: Result) -> None:
    """Record that a call ended without an error. A database that can't be written now must not hide its result."""
    with suppress(StoreError), systems.store.begin() as tx:
        attempts.record_success(
            tx,
            result.list_id,
            systems.runtime.now(),
            result.outcome.value,
            ends_failing=result.outcome in _ENDS_FAILING,
        )


def record_failure(
    systems: Systems, list_id: str, error: MailchimpsyncError, options: Options, began: datetime
) -> None:
    """Record that a call ended with an error, and mark the error as lasting if it has repeated often enough.

    A call that found the connection busy or paused isn't an attempt. If the database can't be written, nothing is
    recorded.
    """
    if isinstance(error, BusyError | PausedError) or error.code is Code.LEASE_LOST:
        return
    now = systems.runtime.now()
    try:
        with systems.store.begin() as tx:
            times, since = attempts.record_failure(tx, list_id, now, error.code.value)
            _keep_in_history(tx, list_id, error, options, began, now)
    except StoreError:
        return
    is_retry_of_the_service = options.still_due is not None
    if times >= LASTING_AFTER and (now - since >= LASTS_FOR or not is_retry_of_the_service):
        error.note_lasting(since)


def _keep_in_history(
    tx: Transaction, list_id: str, error: MailchimpsyncError, options: Options, began: datetime, now: datetime
) -> None:
    """Record the error with the interrupted run, or as a failed run of its own."""
    open_run = runs.stored_status(tx, list_id).run_id
    if open_run is not None:
        runs.record_error(tx, open_run, error.code)
        attempts.count_failed_attempt(tx, open_run, now)
        return
    if not attempts.has_failed_run(tx, list_id, began, error.code.value):
        run_id = attempts.add_failed_run(tx, list_id, began, now, error.code.value, options.by)
        runs.add_log(tx, list_id, run_id, now, f"Stopped before it started: {error.what}")
