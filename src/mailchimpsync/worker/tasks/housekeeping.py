"""Deletes old records in small steps, so that the database doesn't grow for ever.

Journal entries first lose the personal data, and are deleted much later, as the site's settings say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from mailchimpsync.actions import Site
from mailchimpsync.actions.site import JOURNAL_PURPOSE
from mailchimpsync.actions.takeover.note import forget_outdated_note
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.journal import check, minimise
from mailchimpsync.store.privacy import pruning
from mailchimpsync.store.runs import daily
from mailchimpsync.store.site import alerts, campaigns, outbox, webhook_events
from mailchimpsync.store.verify import verifications
from mailchimpsync.worker.jobs import Stop, Work
from mailchimpsync.worker.logs import logger

EVENTS_KEPT = timedelta(days=30)
RECORDS_KEPT = timedelta(days=90)
"""How long logs, complete updates, handled batches and the changes of closed plans are kept; runs for ever."""

MESSAGES_KEPT = timedelta(days=30)
ALERTS_KEPT = timedelta(days=365)
"""How long resolved alerts are kept."""

FIGURES_KEPT = timedelta(days=3 * 366)
"""How long figures by day are kept: enough to compare a year with the one before, and the one before that."""

UNKNOWN_RECIPIENTS_KEPT = timedelta(days=365)
"""Campaigns aren't followed for longer. An import deletes them sooner, but it may have been turned off."""

VERIFICATIONS_KEPT = timedelta(days=365)
"""The newest verification of each audience is kept for ever."""

PAUSE_SECONDS = 0.1
"""The pause between two steps, so that webhooks can write to a database with a single writer."""

_Prune = Callable[[Transaction, datetime, int], pruning.Step]

_PRUNED: Mapping[str, _Prune] = {
    "log": pruning.prune_log,
    "updates": pruning.prune_updates,
    "batches": pruning.prune_batches,
}


def prune(work: Work) -> float | None:
    """Delete old records."""
    if forgotten := prune_database(work.site, work.stop):
        logger().info("housekeeping.done", forgotten=forgotten)
    return None


def prune_database(site: Site, stop: Stop) -> dict[str, int]:
    """Delete old records until done or stopped; return the number deleted of each kind."""
    now = site.runtime.now()
    with site.store.begin() as tx:
        forgotten = {"events": webhook_events.forget_events(tx, now - EVENTS_KEPT)}
        forgotten["messages"] = outbox.forget_messages(tx, now - MESSAGES_KEPT)
        forgotten["alerts"] = alerts.forget_alerts(tx, now - ALERTS_KEPT)
        forgotten["figures"] = daily.forget_figures(tx, now - FIGURES_KEPT)
        forgotten["plans"] = kept_plans.forget_changes(tx, now - RECORDS_KEPT)
        forgotten["verifications"] = verifications.forget_verifications(tx, now - VERIFICATIONS_KEPT)
        forgotten["campaign_recipients"] = campaigns.forget_unknown(tx, now - UNKNOWN_RECIPIENTS_KEPT)
    for name, prune in _PRUNED.items():
        forgotten[name] = _prune_all(site, prune, now - RECORDS_KEPT, stop)
    forgotten |= _prune_journal(site, now, stop)
    forgotten["takeover"] = int(forget_outdated_note(site))
    return {name: number for name, number in forgotten.items() if number}


def _prune_journal(site: Site, now: datetime, stop: Stop) -> dict[str, int]:
    """Minimise and delete old journal entries; with 0 days, they are kept for ever."""
    kept, personal = (
        timedelta(days=days) for days in (site.settings.journal_days, site.settings.journal_personal_days)
    )
    key = site.keyring.derive(JOURNAL_PURPOSE)
    with site.store.reading() as tx:
        audiences = check.audiences_with_chain(tx)
    done = {"journal": 0, "journal_minimised": 0}
    for list_id in audiences:
        if kept:
            deleting = partial(minimise.delete_entries, list_id=list_id, before=now - kept)
            done["journal"] += _repeat(site, deleting, stop)
        if personal:
            minimising = partial(minimise.minimise_entries, list_id=list_id, before=now - personal, key=key, now=now)
            done["journal_minimised"] += _repeat(site, minimising, stop)
    return done


def _repeat(site: Site, step: Callable[[Transaction], int], stop: Stop) -> int:
    total = 0
    while not stop():
        with site.store.begin() as tx:
            number = step(tx)
        total += number
        if not number:
            break
        site.runtime.sleep(PAUSE_SECONDS)
    return total


def _prune_all(site: Site, prune: _Prune, before: datetime, stop: Stop) -> int:
    deleted, after = 0, 0
    while not stop():
        with site.store.begin() as tx:
            step = prune(tx, before, after)
        deleted += step.deleted
        if step.after is None:
            break
        after = step.after
        site.runtime.sleep(PAUSE_SECONDS)
    return deleted
