"""A sync as a job: a part of a run that is short, and what follows from it."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailchimpsync.actions import Site
from mailchimpsync.actions.fleet.jobs import Job, Place
from mailchimpsync.actions.runs.schedule import Attempt, AttemptOutcome, reads_everything
from mailchimpsync.actions.work import Kind
from mailchimpsync.config import Link
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import batches, on_the_way
from mailchimpsync.store.runs import runs
from mailchimpsync.worker.due import last_failure, sync_due, sync_due_by_tables
from mailchimpsync.worker.jobs import Work
from mailchimpsync.worker.tasks.batches import EVERY_SECONDS as BATCHES_AFTER_SECONDS
from mailchimpsync.worker.tasks.sync import sync

SLICE_SECONDS = 20.0
"""How long a look may take; what takes longer has to take turns with other long runs."""

LONG_SLICE_SECONDS = 45.0
"""The same for a part of a long run: an opt-out that a webhook reports meanwhile waits for its end."""

_TO_REPORT = {AttemptOutcome.FAILED, AttemptOutcome.PERSON}


def sync_as_job(work: Work, job: Job, *, takes_turns: bool) -> list[Place]:
    """Sync a connection if that is due, and return what follows; `takes_turns`: it waited with other long runs."""
    link = next(iter(work.links()), None)
    if link is None:
        return []
    site, now = work.site, work.site.runtime.now()
    with site.store.reading() as tx:
        at, before = sync_due_by_tables(tx, link, now), last_failure(tx, link)
        place = place_of_sync(tx, job, link, now)
    if at is None:
        return []
    if at > now:
        return [Place(job, at)]
    if place.is_long and not takes_turns:
        return [place]
    attempt = sync(
        site,
        link,
        seconds=LONG_SLICE_SECONDS if takes_turns else SLICE_SECONDS,
        stop=work.stop,
        still_due=lambda tx: _is_due(tx, site, link),
        before=before,
    )
    return _following(work, job, link, attempt, takes_turns=takes_turns)


def place_of_sync(tx: Transaction, job: Job, link: Link, now: datetime) -> Place:
    """Return how a sync that is due waits: a long one takes turns, unless there are opt-outs to send."""
    last = runs.last_run(tx, link.audience_id)
    is_open = last is not None and last.finished_at is None
    has_opt_outs = is_open and on_the_way.unsent_numbers(tx, link.audience_id).opt_outs > 0
    is_full = reads_everything(link.schedule, runs.last_full_run(tx, link.audience_id), now)
    return Place(job, is_long=not has_opt_outs and (last is None or is_open or is_full), has_opt_outs=has_opt_outs)


def _is_due(tx: Transaction, site: Site, link: Link) -> bool:
    now = site.runtime.now()
    at = sync_due_by_tables(tx, link, now)
    return at is not None and at <= now


def _following(work: Work, job: Job, link: Link, attempt: Attempt, *, takes_turns: bool) -> list[Place]:
    site, now = work.site, work.site.runtime.now()
    with site.store.reading() as tx:
        at = sync_due(tx, link, now, first_seen=now, attempt=attempt)
        has_batches = link.audience_id in batches.lists_with_open_batches(tx)
        next_slice = place_of_sync(tx, job, link, now)
    places = []
    if at is not None and attempt.outcome is AttemptOutcome.MORE:
        was_cut_off = work.stop() and not takes_turns
        places.append(Place(job, now) if was_cut_off else next_slice)
    elif at is not None:
        places.append(Place(job, at))
    if attempt.outcome in _TO_REPORT:
        places.append(Place(Job(Kind.ALERTS, job.site)))
    if has_batches:
        places.append(Place(Job(Kind.BATCHES, job.site), now + timedelta(seconds=BATCHES_AFTER_SECONDS)))
    return places
