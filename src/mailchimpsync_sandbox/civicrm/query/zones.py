"""The two kinds of time of a site: what its database session shows, and the wall-clock of its zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

OFFSET_MINUTES_MAX = 14 * 60


def fixed(minutes: int) -> tzinfo:
    """Return the zone that is always so many minutes ahead of UTC.

    Raises:
        ValueError: no place on earth has it.
    """
    if abs(minutes) > OFFSET_MINUTES_MAX:
        raise ValueError("utc_offset_minutes must be within 14 hours")
    return timezone(timedelta(minutes=minutes))


def by_name(name: str) -> ZoneInfo:
    """Return the zone of a name such as `America/New_York`.

    Raises:
        ValueError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"no such zone: {name}") from error


@dataclass(frozen=True)
class Zones:
    """A site's zone, and whether its database session has it by name.

    A session by name shows each TIMESTAMP with the offset of its own day. Others, as WordPress sets them, have the
    offset of today as a number, and show the dates of the other half of the year with it too. Columns of kind DATETIME
    hold the wall-clock of the zone on their day, whatever the session.
    """

    zone: tzinfo = UTC
    session_is_named: bool = False

    def shown(self, moment: datetime, now: datetime) -> datetime:
        """Return how the session shows a TIMESTAMP, without zone."""
        return (moment + self.offset(moment, now)).replace(tzinfo=None)

    def moment(self, shown: datetime, now: datetime) -> datetime:
        """Return the moment that the session takes a local time for, without zone."""
        if not self.session_is_named:
            return shown - self.offset(now, now)
        return shown.replace(tzinfo=self.zone).astimezone(UTC).replace(tzinfo=None)

    def offset(self, moment: datetime, now: datetime) -> timedelta:
        """Return what the session adds to a moment."""
        at = moment if self.session_is_named else now
        return at.astimezone(self.zone).utcoffset() or timedelta(0)

    def wall_clock(self, moment: datetime) -> datetime:
        """Return what a clock on the wall of the site says at a moment, without zone."""
        return moment.astimezone(self.zone).replace(tzinfo=None)
