"""Which contacts a run need not read again, although it goes back further than the mark.

It goes back two hours further, because clocks differ and changes become visible late. After a mass edit that can be
tens of thousands of contacts that the last run has read. That run knew in which seconds contacts had been modified
before it read them; if a second still has the same contacts, nothing in it is new
(docs/decisions/reading-overlap.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from mailchimpsync.civicrm import Second, Seconds, SiteClock
from mailchimpsync.civicrm.times import to_site

OVERLAP = timedelta(hours=2)
"""How far before the mark a run starts reading, because clocks differ and changes become visible late."""

SETTLED_AFTER = timedelta(minutes=10)
"""A second is final once it is this long past by both clocks, which may differ by five minutes.

Until then a contact may be modified again within it, or a change waiting for a lock may become visible.
"""

CLOCKS_CHANGE_BY = timedelta(hours=1)
FURTHEST_BEHIND = timedelta(hours=-14)
"""The earliest time zone of a site whose clock has never been seen."""

SECONDS_ASKED_MAX = 200
CONTACTS = "contacts"
_KNOWN, _NEXT = "known", "next"
Remembered = Mapping[str, Any]


def asked_since(seen: Remembered, mark: datetime | None, now: datetime) -> str:
    """Return the start of the request for seconds, in the site's time: what the next run reads, or more."""
    offset = timedelta(minutes=seen["offset_minutes"]) if "offset_minutes" in seen else FURTHEST_BEHIND
    return to_site((mark or now) - OVERLAP - CLOCKS_CHANGE_BY, offset)


def seconds_to_remember(
    seen: Remembered, mark: datetime | None, begun: datetime, found: Seconds | None, clock: SiteClock
) -> Remembered:
    """Return what a new run remembers: what the run that set the mark knew, and what it will know itself.

    `found` is from before it reads any contact. It counts once the mark is this run's start: then all was read.
    """
    settled = (
        {} if found is None else {shown: one for shown, one in found.found.items() if _is_settled(clock, shown, begun)}
    )
    known = known_at(seen, mark)
    return {
        _KNOWN: None if known is None or mark is None else _stored_form(mark, known),
        _NEXT: _stored_form(begun, settled),
    }


def known_at(seen: Remembered, mark: datetime | None) -> Mapping[str, Second] | None:
    """Return the seconds whose contacts were all read by the run that set the mark; None if that isn't known."""
    for one in (seen.get(CONTACTS) or {}).values():
        if one is not None and mark is not None and one["at"] == mark.isoformat():
            return {shown: Second(*second) for shown, second in one["seconds"].items()}
    return None


def seconds_to_read(
    seen: Remembered, mark: datetime | None, since: datetime | None, since_at_site: str | None, found: Seconds | None
) -> tuple[str, ...] | None:
    """Return the seconds whose contacts have to be read; None: all since the run's start."""
    known = known_at(seen, mark)
    if known is None or mark is None or since is None or since_at_site is None or found is None:
        return None
    if not found.complete or found.since > since_at_site or since < mark - OVERLAP:
        return None
    fresh = tuple(shown for shown, one in found.found.items() if known.get(shown) != one)
    return fresh if len(fresh) <= SECONDS_ASKED_MAX else None


def _is_settled(clock: SiteClock, shown: str, begun: datetime) -> bool:
    """Return whether a second is settled: it is past, and no other moment is displayed the same way."""
    latest = clock.latest(shown)
    return latest == clock.earliest(shown) and latest <= begun - SETTLED_AFTER


def _stored_form(at: datetime, seconds: Mapping[str, Second]) -> Remembered:
    return {"at": at.isoformat(), "seconds": {shown: list(one) for shown, one in seconds.items()}}
