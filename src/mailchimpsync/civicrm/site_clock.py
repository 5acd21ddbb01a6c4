"""What the times of a site mean: two kinds of column, and two kinds of database session.

A TIMESTAMP is shown with the session's offset: today's, where the session has a number, or that of the date's own day,
where it has a named zone. A DATETIME is the wall-clock of its day. No query that a key's user may make shows which kind
a session is, so it is learnt; until then dates are read in the way in which a mistake mails nobody who has unsubscribed
(docs/decisions/times.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from mailchimpsync.civicrm.times import to_site, to_utc
from mailchimpsync.errors import Code, EvidenceError
from mailchimpsync.messages import say

_SAMPLED_DAYS = (1, 8, 15, 22)
_YEARS_SAMPLED = 12


class SessionZone(StrEnum):
    """How the database session of a site holds its time zone."""

    NUMERIC = "numeric"  # one offset for all dates: today's
    NAMED = "named"  # each date has its own
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SiteClock:
    """How to read and write a site's times; `offset` is what its clock is ahead of UTC at `now`.

    `shown` is `now` as the site shows it. `zone` is the site's, where it is configured; else all zones that have the
    same offset now are thought possible.
    """

    offset: timedelta
    now: datetime
    zone: ZoneInfo | None = None
    session: SessionZone = SessionZone.UNKNOWN
    shown: str = ""
    _offsets_known: dict[str, tuple[timedelta, timedelta]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Raise `CV_TIME_ZONE` where the configured zone is not the site's: their clocks differ now."""
        if self.zone is not None and self.now.astimezone(self.zone).utcoffset() != self.offset:
            raise EvidenceError(
                Code.CV_TIME_ZONE, say("CiviCRM's clock doesn't follow the time zone %(zone)s", zone=self.zone.key)
            )

    @property
    def _zones(self) -> tuple[ZoneInfo, ...]:
        """The zones the site may be in; looking for them takes 0.06 s, so it is done only where they matter."""
        return (self.zone,) if self.zone is not None else _zones_like(self.offset, self.now.date())

    def earliest(self, shown: str) -> datetime:
        """Return the earliest moment, in UTC, that a TIMESTAMP shown so can mean.

        Raises:
            ValueError: it is not of the form `YYYY-MM-DD HH:MM:SS`.
        """
        return to_utc(shown, self._smallest_and_largest(shown)[1])

    def latest(self, shown: str) -> datetime:
        """Return the latest moment, in UTC, that a TIMESTAMP shown so can mean. Raises as `earliest`."""
        return to_utc(shown, self._smallest_and_largest(shown)[0])

    def may_mean_later(self, shown: str, than: datetime) -> bool:
        """Say whether a TIMESTAMP shown so is later than a moment by today's offset, unless that can't be its offset.

        This takes no search for zones. If it is false, `latest` may still be later.
        """
        return self.session is not SessionZone.NAMED and to_utc(shown, self.offset) > than

    def shown_from(self, at: datetime) -> str:
        """Return the earliest form in which a TIMESTAMP of this moment is shown: reading from there misses nothing."""
        return to_site(at, min(self._offsets(to_site(at, self.offset))))

    def wall_clock(self, at: datetime) -> str:
        """Return what the site's wall-clock said at a moment, as a DATETIME holds it.

        Raises:
            EvidenceError: `CV_TIME_ZONE`, it can't be known before the site's zone is configured.
        """
        found = {at.astimezone(zone).utcoffset() or timedelta(0) for zone in self._zones} or {self.offset}
        if len(found) > 1:
            what = say(
                "CiviCRM's time on %(at)s is not known: several time zones have its offset of today",
                at=f"{at:%Y-%m-%d}",
            )
            raise EvidenceError(Code.CV_TIME_ZONE, what)
        return to_site(at, found.pop())

    def with_session(self, session: SessionZone) -> SiteClock:
        """Return the clock of a site whose session is known."""
        return replace(self, session=session, _offsets_known={})

    def _smallest_and_largest(self, shown: str) -> tuple[timedelta, timedelta]:
        """Return the two for the hour of a time: a reading asks for the same hours again and again."""
        hour = shown[: len("2026-01-01 00")]
        found = self._offsets_known.get(hour)
        if found is None:
            offsets = self._offsets(shown)
            found = self._offsets_known[hour] = min(offsets), max(offsets)
        return found

    def _offsets(self, shown: str) -> frozenset[timedelta]:
        wall = datetime.fromisoformat(shown)
        if self.session is SessionZone.NUMERIC:
            return frozenset({self.offset})
        own = _offsets_on(self._zones, wall.replace(minute=0, second=0, microsecond=0))
        if self.session is SessionZone.NAMED and own:
            return own
        return own | {self.offset}


@lru_cache(maxsize=100_000)
def _offsets_on(zones: tuple[ZoneInfo, ...], wall: datetime) -> frozenset[timedelta]:
    """Return the offsets that zones have at a time of their wall-clocks; at the end of summer time, both."""
    return frozenset(_of(wall, zone, fold) for zone in zones for fold in (0, 1))


def _of(wall: datetime, zone: ZoneInfo, fold: int) -> timedelta:
    return wall.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta(0)


@lru_cache(maxsize=64)
def _zones_like(offset: timedelta, today: date) -> tuple[ZoneInfo, ...]:
    """Return one zone of each kind with this offset today; zones with the same offsets for years are alike."""
    moments = [datetime(today.year, today.month, today.day, hour, tzinfo=UTC) for hour in (0, 12, 23)]
    kinds: dict[tuple[timedelta | None, ...], ZoneInfo] = {}
    sampled = list(_sampled(today.year))
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        if any(at.astimezone(zone).utcoffset() == offset for at in moments):
            kinds.setdefault(tuple(at.astimezone(zone).utcoffset() for at in sampled), zone)
    return tuple(kinds.values())


def _sampled(year: int) -> Iterable[datetime]:
    for past in range(year - _YEARS_SAMPLED, year + 1):
        for month in range(1, 13):
            for day in _SAMPLED_DAYS:
                yield datetime(past, month, day, tzinfo=UTC)
