"""What a run need not read again, although it goes back further than the mark.

It goes back two hours further, because clocks differ and changes become visible late. After a mass edit that can be
tens of thousands of contacts that the last run has read. That run knew in which seconds contacts and groups had changed
before it read them; if a second still has the same rows, nothing in it is new
(docs/decisions/reading-overlap.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from mailchimpsync.civicrm import LandmarkView, Second, Seconds, SiteClock
from mailchimpsync.civicrm.times import to_site
from mailchimpsync.sync.context import ALL_CHANGES, Changes

OVERLAP = timedelta(hours=2)
"""How far before the mark a run starts reading, because clocks differ and changes become visible late."""

SETTLED_AFTER = timedelta(minutes=10)
"""A second is final once it is this long past by both clocks, which may differ by five minutes.

Until then a change of the same second that waits for a lock may still become visible, so it is read once more.
"""

CLOCKS_CHANGE_BY = timedelta(hours=1)
FURTHEST_BEHIND = timedelta(hours=-14)
"""The earliest time zone of a site whose clock has never been seen."""

SECONDS_ASKED_MAX = 200
CONTACTS, HISTORY = "contacts", "group_history"
_KNOWN, _NEXT = "known", "next"
Remembered = Mapping[str, Any]


class Known(NamedTuple):
    """The rows of a second that were read; `is_final`: they were read when nothing of this second could change."""

    second: Second
    is_final: bool


def asked_since(seen: Remembered, mark: datetime | None, now: datetime) -> str:
    """Return the start of the request for seconds, in the site's time: what the next run reads, or more."""
    offset = timedelta(minutes=seen["offset_minutes"]) if "offset_minutes" in seen else FURTHEST_BEHIND
    return to_site((mark or now) - OVERLAP - CLOCKS_CHANGE_BY, offset)


def seconds_to_remember(
    seen: Remembered, mark: datetime | None, begun: datetime, view: LandmarkView | None, clock: SiteClock
) -> Remembered:
    """Return what a new run remembers: what the run that set the mark knew, and what it will know itself.

    `view` is from before it reads anything. It counts once the mark is this run's start: then all was read.
    """
    modified, history = (view.modified, view.history) if view is not None else (None, None)
    fresh = {
        CONTACTS: dict(_contacts_known(seen, mark, modified, clock)),
        HISTORY: {shown: Known(one, is_final=True) for shown, one in (history.found if history else {}).items()},
    }
    return {what: _remembered(seen, mark, begun, what, seconds) for what, seconds in fresh.items()}


def _remembered(
    seen: Remembered, mark: datetime | None, begun: datetime, what: str, fresh: Mapping[str, Known]
) -> Remembered:
    known = known_at(seen, mark, what)
    return {
        _KNOWN: None if known is None or mark is None else _stored_form(mark, known),
        _NEXT: _stored_form(begun, fresh),
    }


def _contacts_known(
    seen: Remembered, mark: datetime | None, found: Seconds | None, clock: SiteClock
) -> Iterator[tuple[str, Known]]:
    """Yield the seconds whose contacts a run knows once it is complete; the present second isn't over yet.

    An entry of the history never changes, and a further one makes its second another: those are final at once.
    """
    before, is_settled = known_at(seen, mark, CONTACTS) or {}, _settling(clock)
    for shown, second in found.found.items() if found is not None else ():
        if shown < clock.shown:
            was_final = before.get(shown) == Known(second, is_final=True)
            yield shown, Known(second, was_final or is_settled(shown))


def known_at(seen: Remembered, mark: datetime | None, what: str = CONTACTS) -> Mapping[str, Known] | None:
    """Return the seconds whose rows were all read by the run that set the mark; None if that isn't known."""
    for one in (seen.get(what) or {}).values():
        if one is not None and mark is not None and one["at"] == mark.isoformat():
            return {shown: Known(Second(*second[:4]), second[4:] != [0]) for shown, second in one["seconds"].items()}
    return None


def changes_to_read(
    seen: Remembered,
    mark: datetime | None,
    since: datetime | None,
    since_at_site: str | None,
    view: LandmarkView | None,
    clock: SiteClock,
) -> Changes:
    """Return the seconds whose rows a run has to read that goes back to `since`."""
    if view is None or mark is None or since is None or since_at_site is None or since < mark - OVERLAP:
        return ALL_CHANGES
    is_settled = _settling(clock)

    def to_read(what: str, found: Seconds | None) -> tuple[str, ...] | None:
        known = known_at(seen, mark, what)
        if known is None or found is None or not found.complete or found.since > since_at_site:
            return None
        fresh = tuple(
            shown for shown, second in found.found.items() if not _is_read(known.get(shown), second, shown, is_settled)
        )
        return fresh if len(fresh) <= SECONDS_ASKED_MAX else None

    return Changes(to_read(CONTACTS, view.modified), to_read(HISTORY, view.history))


def is_any_second_missing(seen: Remembered, mark: datetime | None, view: LandmarkView) -> bool:
    """Return whether a known second has no rows any more: they changed since, were deleted, or a backup came back."""
    return any(
        found is None
        or any(shown >= found.since and shown not in found.found for shown in known_at(seen, mark, what) or {})
        for what, found in ((CONTACTS, view.modified), (HISTORY, view.history))
    )


def _is_read(known: Known | None, second: Second, shown: str, is_settled: Callable[[str], bool]) -> bool:
    """Return whether a second needs no reading: its rows were read, and not too early."""
    return known is not None and known.second == second and (known.is_final or not is_settled(shown))


def _settling(clock: SiteClock) -> Callable[[str], bool]:
    """Return what says whether a second is settled: it is past, and no other moment is displayed the same way."""

    def is_settled(shown: str) -> bool:
        long_past = clock.now - SETTLED_AFTER
        if clock.may_mean_later(shown, long_past):
            return False
        latest = clock.latest(shown)
        return latest == clock.earliest(shown) and latest <= long_past

    return is_settled


def _stored_form(at: datetime, seconds: Mapping[str, Known]) -> Remembered:
    stored = {shown: [*one.second, int(one.is_final)] for shown, one in seconds.items()}
    return {"at": at.isoformat(), "seconds": stored}
