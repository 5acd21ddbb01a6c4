"""Checks the work itself: when each connection was last synced, dead processes, waiting events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mailchimpsync.actions.finding import Finding, Level, Step, ok, trouble
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.status.connection_state import ConnectionState, state_of
from mailchimpsync.actions.status.state_texts import (
    batch_sentences,
    deleted_interests_sentence,
    due_sentence,
    headline,
    times_of,
)
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.actions.texts.stages import STAGE_WORDS
from mailchimpsync.config import Link, Schedule
from mailchimpsync.errors import Code
from mailchimpsync.messages import say
from mailchimpsync.store.runs import runs, service_figures
from mailchimpsync.sync.lease.owner import is_dead

OLD = timedelta(days=1)
OLD_BY_CRON = timedelta(days=8)
OLD_EVENT = timedelta(hours=1)


def check_syncs(site: Site) -> Iterator[Finding]:
    """Check that every connection was completely synced recently, and that no dead process is in the way."""
    now = site.runtime.now()
    for link in site.configuration.connections:
        with site.store.begin() as tx:
            stored, state = runs.stored_status(tx, link.audience_id), state_of(tx, link, now)
        yield _age(link, state, now)
        yield from _people_due(link, state)
        if state.batches is not None:
            remedy = explain_code(state.batches.code).remedy
            yield Finding(Level.WARNING, _subject(link), batch_sentences(state.batches), remedy)
        if state.gone_interests:
            remedy = explain_code(Code.MC_MAPPING_GONE).remedy
            yield Finding(Level.BAD, _subject(link), deleted_interests_sentence(state.gone_interests), remedy)
        if stored.lease_owner is not None and is_dead(stored.lease_owner):
            what = say(
                "The last process that worked on it ended unexpectedly. Its next step: %(stage)s.",
                stage=STAGE_WORDS[stored.stage],
            )
            yield Finding(Level.WARNING, _subject(link), what, Step.RESUME)


def _age(link: Link, state: ConnectionState, now: datetime) -> Finding:
    """Say how long ago it was synced; the last attempt counts, not only the last success."""
    error, synced = state.failing_code, state.synced_at
    why = say(" The last sync ended with %(code)s.", code=error) if error and state.failing_since else ""
    if state.lasts and state.failing_since:
        why = say(" %(why)s (%(times)s)", why=say(headline(state)), times=times_of(state))
    level = Level.BAD if error and state.lasts else Level.WARNING
    code = Code(error) if error and error in Code.__members__ else None
    if synced is None:
        finding = say("It has never been synced.%(why)s", why=why)
        return Finding(level, link.title, finding, state.remedy or Step.SYNC, code)
    finding = say("The last complete sync started %(age)s ago.%(why)s", age=_in_words(now - synced), why=why)
    if now - synced > _oldest_sync(link.schedule):
        return Finding(level, _subject(link), finding, state.remedy or Step.KEEP_RUNNING, code)
    return Finding(level, _subject(link), finding, state.remedy, code) if error else ok(_subject(link), finding)


def _people_due(link: Link, state: ConnectionState) -> Iterator[Finding]:
    found = state.due
    if not found.number:
        return
    level = Level.BAD if found.leaving or found.put_off else Level.WARNING
    remedy = state.remedy or say("Run `mailchimpsync sync`, and check its output.")
    yield Finding(level, _subject(link), due_sentence(found)[0].upper() + due_sentence(found)[1:], remedy)


def _subject(link: Link) -> str:
    return say("%(title)s", title=link.title)


def _oldest_sync(schedule: Schedule) -> timedelta:
    if schedule.cron is not None:
        return OLD_BY_CRON
    return max(OLD, 3 * timedelta(minutes=schedule.every_minutes))


def check_events(site: Site) -> Iterator[Finding]:
    """Check that events from webhooks are handled."""
    with site.store.begin() as tx:
        found = service_figures.event_figures(tx)
    oldest = site.runtime.now() - found.oldest if found.oldest else timedelta(0)
    waiting = say("Waiting: %(number)s.", number=f"{found.waiting:,}")
    if oldest > OLD_EVENT:
        what = say("%(waiting)s The oldest arrived %(age)s ago.", waiting=waiting, age=_in_words(oldest))
        remedy = say("Make sure that `mailchimpsync serve` is running, and check `mailchimpsync webhooks events`.")
        yield Finding(Level.WARNING, say("Events from webhooks"), what, remedy)
    else:
        yield ok(say("Events from webhooks"), waiting)
    if given_up := found.by_state.get("failed", 0):
        what = say("Given up: %(number)s.", number=f"{given_up:,}")
        yield trouble(say("Events from webhooks"), what, Code.EVENT_GIVEN_UP, level=Level.WARNING)


def _in_words(age: timedelta) -> str:
    minutes = max(0, round(age.total_seconds() / 60))
    for size, text in ((1_440, say("%(number)s days")), (60, say("%(number)s hours"))):
        if minutes >= 2 * size:
            return say(text, number=minutes // size)
    return say("1 minute") if minutes == 1 else say("%(number)s minutes", number=minutes)
