"""Keeps the database from growing for ever: what was finished long ago is forgotten, in small steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from mailchimpsync.actions import Site
from mailchimpsync.store import Transaction, alerts, events, messages, pruning, verifications
from mailchimpsync.worker.loop import Stop

EVENTS_KEPT = timedelta(days=30)
RECORDS_KEPT = timedelta(days=90)
"""How long logs, complete updates and handled batches are kept. The journal and the runs are kept for ever."""

MESSAGES_KEPT = timedelta(days=30)
ALERTS_KEPT = timedelta(days=365)
"""How long alerts that are over are kept."""

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


def tidy_up(site: Site, stop: Stop) -> dict[str, int]:
    """Forget what is old enough, until done or told to stop, and return how much was forgotten of each kind."""
    now = site.runtime.now()
    with site.store.begin() as tx:
        forgotten = {"events": events.forget_events(tx, now - EVENTS_KEPT)}
        forgotten["messages"] = messages.forget_messages(tx, now - MESSAGES_KEPT)
        forgotten["alerts"] = alerts.forget_alerts(tx, now - ALERTS_KEPT)
        forgotten["verifications"] = verifications.forget_verifications(tx, now - VERIFICATIONS_KEPT)
    for name, prune in _PRUNED.items():
        forgotten[name] = _prune_all(site, prune, now - RECORDS_KEPT, stop)
    return {name: number for name, number in forgotten.items() if number}


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
