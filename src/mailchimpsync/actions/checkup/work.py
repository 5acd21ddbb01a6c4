"""What is looked at of the work itself: how long ago each connection was synced, dead processes, waiting events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mailchimpsync.actions.explained import explained
from mailchimpsync.actions.finding import Finding, Level, good, trouble
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link, Schedule
from mailchimpsync.errors import Code
from mailchimpsync.store import figures, runs
from mailchimpsync.sync.process import is_dead

OLD = timedelta(days=1)
OLD_BY_CRON = timedelta(days=8)
OLD_EVENT = timedelta(hours=1)


def check_syncs(site: Site) -> Iterator[Finding]:
    """See that every connection was synced completely not long ago, and that no dead process stands in the way."""
    now = site.runtime.now()
    for link in site.configuration.connections:
        with site.store.begin() as tx:
            standing, last = runs.standing(tx, link.audience_id), runs.last_run(tx, link.audience_id) or {}
        yield _age(link, standing.last_sync_time, last.get("error_code"), now)
        if standing.lease_owner is not None and is_dead(standing.lease_owner):
            what = f"The process that worked on it last ended before {standing.stage.value} without a word."
            yield Finding(Level.WARNING, link.title, what, "Run `mailchimpsync sync`: it goes on from there.")


def _age(link: Link, synced: datetime | None, error: str | None, now: datetime) -> Finding:
    why = f" The last run ended with {error}." if error else ""
    remedy = explained(error).remedy if error else ""
    if synced is None:
        return Finding(Level.WARNING, link.title, f"It was never synced.{why}", remedy or "Run `mailchimpsync sync`.")
    said = f"The last complete sync began {_in_words(now - synced)} ago."
    if now - synced > _patience(link.schedule):
        advice = remedy or "See that `mailchimpsync serve` runs, or `mailchimpsync sync` is called by schedule."
        return Finding(Level.WARNING, link.title, said + why, advice)
    return Finding(Level.WARNING, link.title, said + why, remedy) if error else good(link.title, said)


def _patience(schedule: Schedule) -> timedelta:
    if schedule.cron is not None:
        return OLD_BY_CRON
    return max(OLD, 3 * timedelta(minutes=schedule.every_minutes))


def check_events(site: Site) -> Iterator[Finding]:
    """See that events from webhooks are handled."""
    with site.store.begin() as tx:
        found = figures.of_events(tx)
    oldest = site.runtime.now() - found.oldest if found.oldest else timedelta(0)
    said = f"Waiting: {found.waiting:,}."
    if oldest > OLD_EVENT:
        what = f"{said} The oldest came in {_in_words(oldest)} ago."
        remedy = "See that `mailchimpsync serve` runs, and what `mailchimpsync webhooks events` says."
        yield Finding(Level.WARNING, "Events from webhooks", what, remedy)
    else:
        yield good("Events from webhooks", said)
    if given_up := found.by_state.get("failed", 0):
        what = f"Given up: {given_up:,}."
        yield trouble("Events from webhooks", what, Code.EVENT_GIVEN_UP, level=Level.WARNING)


def _in_words(age: timedelta) -> str:
    minutes = max(0, round(age.total_seconds() / 60))
    for size, unit in ((1_440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}"
    return f"{minutes} minutes"
