"""Reads dates for `since` in the forms people write."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from mailchimpsync.errors import UsageError
from mailchimpsync.messages import moment, say

EVER = "ever"
YEAR_MIN = 1970  # an earlier date is a typing mistake; `ever` means everything
EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
"""An earlier moment means `ever`. Mailchimp's API was seen to hang when asked for changes since 1970."""

_UNIT = {"minute": 1, "min": 1, "hour": 60, "day": 1_440, "week": 10_080}
_AGO = re.compile(r"-?\s*(\d{1,6})\s*(minute|min|hour|day|week)s?(?:\s+ago)?")
_DAYS = {"today": 0, "midnight": 0, "yesterday": 1}
_FORMS = ("%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%B %d %Y", "%b %d, %Y", "%b %d %Y")


def read_since(text: str, now: datetime) -> datetime | None:
    """Return the moment a text means, in UTC; None for `ever` and dates before 2010. UTC unless it names a zone.

    Raises:
        UsageError: it can't be read, or is in the future; names the forms that can be read.
    """
    words = " ".join(text.lower().split())
    if words == EVER:
        return None
    at = _relative(words, now) or _iso(text.strip()) or _written_out(words)
    if at is None or at.year < YEAR_MIN:
        raise UsageError(
            say(
                "since “%(text)s” is not a date. Use `ever`, a date such as 2026-11-20 or 2026-11-20T14:30 (UTC "
                "unless it names a zone, as in 2026-11-20T14:30+01:00), `20 November 2026`, `yesterday`, or `3 days "
                "ago`.",
                text=text,
            )
        )
    if at > now:
        raise UsageError(say("since “%(text)s” is in the future (%(moment)s).", text=text, moment=moment(at)))
    return at if at >= EARLIEST else None


def _relative(words: str, now: datetime) -> datetime | None:
    if words in _DAYS:
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=_DAYS[words])
    if words == "now":
        return now
    found = _AGO.fullmatch(words)
    try:
        return now - timedelta(minutes=int(found[1]) * _UNIT[found[2]]) if found else None
    except OverflowError:
        return None


def _iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _written_out(words: str) -> datetime | None:
    for form in _FORMS:
        try:
            return datetime.strptime(words, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
