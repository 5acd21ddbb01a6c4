"""The quiet hours of a schedule: a time of day, in the schedule's time zone, in which only changes are synced.

See docs/decisions/quiet-hours.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailchimpsync.config import Schedule

_DAYS_LOOKED_AT = 3
"""Today, tomorrow and one more day, in case the clocks are put forward over the time being looked for."""


def is_quiet(schedule: Schedule, at: datetime) -> bool:
    """Say whether a moment is in the quiet hours; quiet hours that start and end at the same time are none."""
    if schedule.quiet is None:
        return False
    begin, end = _times(schedule.quiet)
    now = at.astimezone(ZoneInfo(schedule.time_zone)).time()
    return begin <= now < end if begin <= end else now >= begin or now < end


def quiet_end(schedule: Schedule, at: datetime) -> datetime:
    """Return the first moment after `at` at which quiet hours end; `at` itself if there are none."""
    if schedule.quiet is None:
        return at
    _, end = _times(schedule.quiet)
    moments = (moment for moment in _moments(end, schedule, at) if not is_quiet(schedule, moment))
    return next(moments, at)


def seconds_until_quiet(schedule: Schedule, at: datetime, at_most: float) -> float:
    """Return how long after `at` the next quiet hours start, but at most `at_most` seconds."""
    if schedule.quiet is None:
        return at_most
    begin, _ = _times(schedule.quiet)
    moments = (moment for moment in _moments(begin, schedule, at) if is_quiet(schedule, moment))
    return min(at_most, (next(moments, at + timedelta(seconds=at_most)) - at).total_seconds())


def _times(quiet: str) -> tuple[time, time]:
    begin, _, end = quiet.partition("-")
    return time.fromisoformat(begin), time.fromisoformat(end)


def _moments(of_day: time, schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Yield the moments of a time of day, soonest first: there are two in the night when clocks are put back."""
    zone = ZoneInfo(schedule.time_zone)
    today = after.astimezone(zone).date()
    for day in range(_DAYS_LOOKED_AT):
        local = datetime.combine(today + timedelta(days=day), of_day, zone)
        yield from sorted({moment for fold in (0, 1) if (moment := _utc(local, fold)) > after})


def _utc(local: datetime, fold: int) -> datetime:
    return local.replace(fold=fold).astimezone(UTC)
