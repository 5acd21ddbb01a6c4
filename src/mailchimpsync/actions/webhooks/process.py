"""Handles webhook events: in order for each person, and again later if a side can't be reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link
from mailchimpsync.errors import BusyError, Code, LeaseLostError, MailchimpsyncError
from mailchimpsync.runtime import Deadline
from mailchimpsync.store import Transaction
from mailchimpsync.store.runs import pauses
from mailchimpsync.store.site import webhook_events
from mailchimpsync.store.site.webhook_events import DueEvent as Event
from mailchimpsync.sync import EventResult, handle_events

EVENTS_PER_STEP = 500
ATTEMPTS_MAX = 20
BACK_OFF_FIRST = timedelta(seconds=5)
BACK_OFF_LONGEST = timedelta(hours=1)
IN_FLIGHT_RETRY = timedelta(seconds=30)
HANDLED_IN_PAUSES = frozenset({"unsubscribe", "cleaned", "batch"})
"""The kinds of events that are handled while the connection is paused: nobody who left may get mail because of it."""


def process_events(
    site: Site,
    *,
    seconds: float | None = None,
    audience: str | None = None,
    stop: Callable[[], bool] | None = None,
    on_surprise: Callable[[Exception], None] | None = None,
) -> int:
    """Handle due events of an audience, or of all, for at most `seconds`, and return how many are finished.

    Events of an audience whose run is in progress stay for the next call. While a connection is paused, only people who
    left at Mailchimp are handled; the sync after the pause reads the rest (docs/decisions/pausing.md). If a side fails,
    its events are retried after 5 seconds, 10, 20 … up to an hour, 20 times. `on_surprise` is called with unexpected
    exceptions.
    """
    deadline = Deadline.after(site.runtime, seconds, stop=stop)
    finished = 0
    with site.store.reading() as tx:
        waiting = webhook_events.audiences_with_events(tx, site.runtime.now())
    links = {link.audience_id: link for link in site.configuration.connections}
    for list_id in waiting:
        if audience not in {None, list_id}:
            continue
        link = links.get(list_id)
        if link is None:
            finished += _drop(site, list_id)
            continue
        while not deadline.reached and (number := _step(site, link, deadline, on_surprise)):
            finished += number
    return finished


def _drop(site: Site, list_id: str) -> int:
    now = site.runtime.now()
    with site.store.begin() as tx:
        ids = [event.id for event in webhook_events.due_events(tx, list_id, now, EVENTS_PER_STEP)]
        webhook_events.finish_events(tx, ids, now, webhook_events.IGNORED, Code.EVENT_UNCONNECTED)
    return len(ids)


def _step(site: Site, link: Link, deadline: Deadline, on_surprise: Callable[[Exception], None] | None) -> int:
    """Handle the next events of an audience, and return how many are finished; 0: try again in the next call."""
    with site.store.reading() as tx:
        due = webhook_events.due_events(tx, link.audience_id, site.runtime.now(), EVENTS_PER_STEP)
        is_paused = pauses.is_paused(tx, link.audience_id)
    if not due:
        return 0
    if is_paused and (others := [event.id for event in due if event.kind not in HANDLED_IN_PAUSES]):
        return _leave_to_next_sync(site, others)
    try:
        return _record_results(site, due, _handle(site, link, due, deadline, on_surprise))
    except BusyError:
        return 0
    except LeaseLostError as error:
        _postpone(site, due, error.code, error.what, counts=False)
        return 0
    except MailchimpsyncError as error:
        _postpone(site, due, error.code, error.what)
        return 0


def _leave_to_next_sync(site: Site, ids: Sequence[int]) -> int:
    now = site.runtime.now()
    with site.store.begin() as tx:
        webhook_events.finish_events(tx, ids, now, webhook_events.IGNORED, Code.PAUSED)
    return len(ids)


def _handle(
    site: Site,
    link: Link,
    due: Sequence[Event],
    deadline: Deadline,
    on_surprise: Callable[[Exception], None] | None,
) -> list[EventResult]:
    """Handle events together; after an unexpected error, one by one, so that only the failing one is postponed."""
    try:
        return handle_events(site.systems(link), link.connection, due, deadline)
    except MailchimpsyncError:
        raise
    except Exception as error:  # noqa: BLE001 (one event that fails unexpectedly must not block the others)
        if on_surprise is not None:
            on_surprise(error)
        if len(due) > 1:
            return [result for event in due for result in _handle(site, link, [event], deadline, on_surprise)]
        return [EventResult(due[0].id, Code.INTERNAL, settled=False, note=type(error).__name__)]


def _record_results(site: Site, due: Sequence[Event], results: Iterable[EventResult]) -> int:
    now = site.runtime.now()
    by_id = {event.id: event for event in due}
    settled: defaultdict[tuple[Code, str, int | None], list[int]] = defaultdict(list)
    with site.store.begin() as tx:
        for result in results:
            if result.settled:
                settled[result.code, result.note, result.run_id].append(result.event_id)
            elif result.code is Code.BUSY:
                webhook_events.postpone_events(
                    tx, [result.event_id], now + IN_FLIGHT_RETRY, result.code, result.note, counts=False
                )
            else:
                _retry_later(tx, by_id[result.event_id], now, result.code, result.note)
        for (code, note, run_id), ids in settled.items():
            state = webhook_events.DONE if code is Code.EVENT_HANDLED else webhook_events.IGNORED
            webhook_events.finish_events(tx, ids, now, state, code, note, run_id=run_id)
    return sum(map(len, settled.values()))


def _postpone(site: Site, due: Sequence[Event], code: Code, note: str, *, counts: bool = True) -> None:
    now = site.runtime.now()
    with site.store.begin() as tx:
        for event in due:
            _retry_later(tx, event, now, code, note, counts=counts)


def _retry_later(tx: Transaction, event: Event, now: datetime, code: Code, note: str, *, counts: bool = True) -> None:
    attempts = event.attempts + (1 if counts else 0)
    if attempts >= ATTEMPTS_MAX:
        webhook_events.finish_events(tx, [event.id], now, webhook_events.FAILED, Code.EVENT_GIVEN_UP, f"{code}: {note}")
        return
    wait = min(BACK_OFF_FIRST * 2**event.attempts, BACK_OFF_LONGEST)
    webhook_events.postpone_events(tx, [event.id], now + wait, code, note, counts=counts)
