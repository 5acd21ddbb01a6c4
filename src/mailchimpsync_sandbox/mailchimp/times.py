"""Times as Mailchimp writes and reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_READABLE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?")


def stamp(at: datetime) -> str:
    """Write a time as the API does: UTC, whole seconds, `2021-11-23T22:52:05+00:00`."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat()


def read_time(text: object) -> datetime | None:
    """Read a time, taken as UTC where it names no zone.

    None for what Mailchimp's own reader dislikes: more than six fraction digits, a plus sign that arrived as a space.
    """
    if not isinstance(text, str) or not _READABLE.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def bound(text: str | None) -> str | None:
    """Return a date filter's value in the order of stored stamps, or None where it is absent or unreadable."""
    at = read_time(text)
    if at is None:
        return None
    at = at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds") if at.microsecond else at.isoformat()


def stored(text: object) -> str:
    """Return a time given from outside as a stamp; `""` for none.

    Raises:
        ValueError: it cannot be read.
    """
    if text in (None, ""):
        return ""
    at = read_time(text)
    if at is None:
        raise ValueError(f"not a time: {text!r}")
    return stamp(at)
