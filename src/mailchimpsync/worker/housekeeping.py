"""Keeps the database from growing for ever: what was finished long ago is forgotten, in small steps.

The journal forgets in two steps, whenever the site's settings say: first whom it is about, much later everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from mailchimpsync.actions import Site
from mailchimpsync.actions.site import JOURNAL_PURPOSE
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.journal import check, minimise
from mailchimpsync.store.privacy import pruning
from mailchimpsync.store.site import alerts, campaigns, outbox, webhook_events
from mailchimpsync.store.verify import verifications
from mailchimpsync.worker.loop import Stop

EVENTS_KEPT = timedelta(days=30)
RECORDS_KEPT = timedelta(days=90)
"""How long logs, complete updates, handled batches, and whom closed plans were about are kept; runs for ever."""

MESSAGES_KEPT = timedelta(days=30)
ALERTS_KEPT = timedelta(days=365)
"""How long alerts that are over are kept."""

UNKNOWN_RECIPIENTS_KEPT = timedelta(days=365)
"""Campaigns are followed no longer; an import forgets them sooner, but it may have been switched off."""

VERIFICATIONS_KEPT = timedelta(days=365)
"""The newest one of each audience is kept for ever."""

EVERY_SECONDS = 3_600.0
PAUSE_SECONDS = 0.1
"""Between two steps, so that webhooks get at a database that has one writer at a time."""

_Prune = Callable[[Transaction, datetime, int], pruning.Step]

_PRUNED: Mapping[str, _Prune] = {
    "log": pruning.prune_log,
    "updates": pruning.prune_updates,
    "batches": pruning.prune_batches,
}


def prune_database(site: Site, stop: Stop) -> dict[str, int]:
    """Forget what is old enough, until done or told to stop, and return how much was forgotten of each kind."""
    now = site.runtime.now()
    with site.store.begin() as tx:
        forgotten = {"events": webhook_events.forget_events(tx, now - EVENTS_KEPT)}
        forgotten["messages"] = outbox.forget_messages(tx, now - MESSAGES_KEPT)
        forgotten["alerts"] = alerts.forget_alerts(tx, now - ALERTS_KEPT)
        forgotten["plans"] = kept_plans.forget_changes(tx, now - RECORDS_KEPT)
        forgotten["verifications"] = verifications.forget_verifications(tx, now - VERIFICATIONS_KEPT)
        forgotten["campaign_recipients"] = campaigns.forget_unknown(tx, now - UNKNOWN_RECIPIENTS_KEPT)
    for name, prune in _PRUNED.items():
        forgotten[name] = _prune_all(site, prune, now - RECORDS_KEPT, stop)
    forgotten |= _prune_journal(site, now, stop)
    return {name: number for name, number in forgotten.items() if number}


def _prune_journal(site: Site, now: datetime, stop: Stop) -> dict[str, int]:
    """Delete what is too old, and minimise what is old; a site that keeps its journal for ever says 0 days."""
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
            done["journal"] += _until_done(site, deleting, stop)
        if personal:
            minimising = partial(minimise.minimise_entries, list_id=list_id, before=now - personal, key=key, now=now)
            done["journal_minimised"] += _until_done(site, minimising, stop)
    return done


def _until_done(site: Site, step: Callable[[Transaction], int], stop: Stop) -> int:
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
