"""What is due when, for all that call the tasks. It follows from the site's tables, its schedules, and the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailchimpsync.actions.runs.quiet_hours import is_quiet
from mailchimpsync.actions.runs.schedule import Attempt, due, failed_attempt, history_of
from mailchimpsync.config import Link
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.runs import pauses, runs
from mailchimpsync.store.site import campaigns, configurations
from mailchimpsync.store.verify import verifications
from mailchimpsync.sync import Outcome

VERIFY_RETRY_AFTER = timedelta(hours=6)
"""How long after an unfinished comparison, or one in another service, the next one starts."""

VERIFY_FIRST_AFTER = timedelta(days=1)
"""When a connection is compared for the first time, at the latest, after its first sync."""

IMPORT_RETRY_AFTER = timedelta(hours=1)
"""How long after a failed or unfinished import of campaigns the next one starts."""

IMPORT_CONTINUE_AFTER = timedelta(seconds=30)
"""The pause between two calls of one import, so that the connection's syncs and webhooks can run too."""


def sync_due(
    tx: Transaction, link: Link, now: datetime, *, first_seen: datetime, attempt: Attempt | None
) -> datetime | None:
    """Return when the next sync of a connection is due; None: never, as things are."""
    list_id = link.audience_id
    if pauses.is_paused(tx, list_id):
        return None
    past = history_of(tx, list_id, first_seen, attempt)
    if link.schedule.enabled and _was_approved(tx, list_id, attempt):
        return now
    return due(link.schedule, past, now, list_id)


def sync_due_by_tables(tx: Transaction, link: Link, now: datetime) -> datetime | None:
    """Return the same for a process that remembers no call of its own; changing the configuration forgives failures."""
    saved_at = configurations.newest_saved_at(tx) or now
    failed = last_failure(tx, link)
    if failed is not None and failed.ended_at < saved_at:
        failed = None
    return sync_due(tx, link, now, first_seen=saved_at, attempt=failed)


def last_failure(tx: Transaction, link: Link) -> Attempt | None:
    """Return the last call, as the tables know it, if it failed."""
    return failed_attempt(runs.stored_status(tx, link.audience_id))


def _was_approved(tx: Transaction, list_id: str, attempt: Attempt | None) -> bool:
    """Return whether a plan was approved since the last call, so that it is applied right away."""
    approved = kept_plans.approved_plan(tx, list_id)
    if approved is None or approved.decided_at is None:
        return False
    return attempt is None or attempt.began_at < approved.decided_at


def is_verification_due(tx: Transaction, link: Link, now: datetime) -> bool:
    """Return whether a comparison is due: never in quiet hours, during a pause, or while a run is in progress."""
    schedule, list_id = link.schedule, link.audience_id
    days = timedelta(days=schedule.verify_every_days)
    if not (schedule.enabled and days) or is_quiet(schedule, now) or pauses.is_paused(tx, list_id):
        return False
    first, last = runs.first_run(tx, list_id), runs.last_run(tx, list_id)
    begun = verifications.last_begun(tx, list_id)
    if first is None or last is None or last.finished_at is None:
        return False
    if begun is not None and now - begun < min(VERIFY_RETRY_AFTER, days):
        return False
    newest = verifications.newest_verification(tx, list_id)
    if newest is None:
        return now - first >= min(VERIFY_FIRST_AFTER, days)
    return now - newest.started_at >= days


def is_import_due(tx: Transaction, link: Link, now: datetime) -> bool:
    """Return whether an import of campaigns is due.

    Never in quiet hours, during a pause, or before the first complete sync.
    """
    how, list_id = link.campaigns, link.audience_id
    if not how.enabled or is_quiet(link.schedule, now):
        return False
    stored = runs.stored_status(tx, list_id)
    if stored.last_sync_time is None or stored.paused_at is not None:
        return False
    before = campaigns.last_import(tx, list_id)
    if before is None:
        return True
    if before.outcome == Outcome.DONE.value:
        return now - before.begun_at >= timedelta(hours=how.every_hours)
    wait = IMPORT_CONTINUE_AFTER if before.outcome == Outcome.OUT_OF_TIME.value else IMPORT_RETRY_AFTER
    return now - (before.ended_at or before.begun_at) >= wait
