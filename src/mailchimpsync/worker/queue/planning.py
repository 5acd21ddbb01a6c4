"""Which jobs a site needs, by its tables: what is lost, or was never queued, is queued by the next look at them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

from mailchimpsync.actions import Site
from mailchimpsync.actions.fleet.jobs import Job, Place
from mailchimpsync.actions.work import Kind
from mailchimpsync.config import Link
from mailchimpsync.store.changes import batches
from mailchimpsync.store.runs import services
from mailchimpsync.store.site import webhook_events
from mailchimpsync.worker.due import is_import_due, is_verification_due, sync_due_by_tables
from mailchimpsync.worker.queue.syncing import place_of_sync
from mailchimpsync.worker.tasks.batches import EVERY_SECONDS as BATCHES_AFTER_SECONDS

EVERY = timedelta(minutes=5)
"""How often each site is looked at. What is done every hour is done in one of its twelve parts."""

_HOURLY = (Kind.WEBHOOKS, Kind.HOUSEKEEPING)
_PARTS = 12
_WORKERS = "workers"
"""The name under which the site's tables know that a fleet's workers sync it by its schedules."""


def plan_site(site: Site, name: str) -> list[Place]:
    """Return what should be waiting for a site, and record in its tables that workers serve it."""
    now = site.runtime.now()
    with site.store.begin() as tx:
        services.record_heartbeat(tx, _WORKERS, now + EVERY)  # until the next look at it
        has_batches = bool(batches.lists_with_open_batches(tx))
        waiting = webhook_events.audiences_with_events(tx, now + EVERY)
    places = [Place(Job(Kind.EVENTS, name, list_id), now) for list_id in waiting]
    if has_batches:
        places.append(Place(Job(Kind.BATCHES, name), now + timedelta(seconds=BATCHES_AFTER_SECONDS)))
    for link in site.configuration.connections:
        places += _of_connection(site, name, link)
    places.append(Place(Job(Kind.ALERTS, name), now))
    if _part_of(name) == int(now.timestamp() // EVERY.total_seconds()) % _PARTS:
        places += [Place(Job(kind, name)) for kind in _HOURLY]
    return places


def _of_connection(site: Site, name: str, link: Link) -> Iterator[Place]:
    now = site.runtime.now()
    with site.store.reading() as tx:
        at = sync_due_by_tables(tx, link, now)
        job = Job(Kind.SYNC, name, link.audience_id)
        place = place_of_sync(tx, job, link, now)
        others = {Kind.VERIFY: is_verification_due(tx, link, now), Kind.CAMPAIGNS: is_import_due(tx, link, now)}
    if at is not None:
        yield Place(job, max(at, now)) if at > now or not place.is_long else place
    yield from (Place(Job(kind, name, link.audience_id)) for kind, is_due in others.items() if is_due)


def _part_of(name: str) -> int:
    return sha256(name.encode()).digest()[0] % _PARTS
