"""CiviCRM's times are the site's local time without a zone; inside, everything is UTC (docs/decisions/times.md)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailchimpsync.errors import Code, EvidenceError
from mailchimpsync.messages import say

QUARTER = timedelta(minutes=15)
OFFSET_MAX = timedelta(hours=14)
RESIDUAL_MAX = timedelta(minutes=5)


def offset_of(site_now: str, now: datetime) -> timedelta:
    """Return how far the site's clock is ahead of UTC, to the quarter hour; `now` is our time, aware.

    Raises:
        EvidenceError: `CV_CLOCK`, no time zone explains the difference: it is over 14 hours, or over 5 minutes off
            every quarter of an hour.
        ValueError: `site_now` is not of the form `YYYY-MM-DD HH:MM:SS`.
    """
    difference = to_utc(site_now, timedelta(0)) - now.astimezone(UTC)
    offset = round(difference / QUARTER) * QUARTER
    if abs(offset) > OFFSET_MAX or abs(difference - offset) > RESIDUAL_MAX:
        seconds = round(difference.total_seconds())
        raise EvidenceError(
            Code.CV_CLOCK, say("CiviCRM's clock differs from ours by %(seconds)s seconds", seconds=seconds)
        )
    return offset


def to_site(at: datetime, offset: timedelta) -> str:
    """Return an aware time as CiviCRM writes it, to the second, in the site's local time."""
    return (at.astimezone(UTC) + offset).strftime("%Y-%m-%d %H:%M:%S")


def to_utc(text: str, offset: timedelta) -> datetime:
    """Return the aware time, in UTC, that CiviCRM wrote in the site's local time.

    Raises:
        ValueError: it is not of the form `YYYY-MM-DD HH:MM:SS`.
    """
    return datetime.fromisoformat(f"{text}+00:00") - offset
