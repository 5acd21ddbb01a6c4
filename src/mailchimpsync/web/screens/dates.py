"""Times and numbers as readers write them: in the language and the time zone of their browser.

Texts of the engine have times as `messages.moment` writes them; `with_local_times` rewrites these. Every screen uses
these functions, so that a time looks the same wherever it stands.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from django.utils import timezone
from django.utils.formats import date_format, number_format

_MOMENT = re.compile(r"\b(?P<day>\d{4}-\d\d-\d\d)(?: (?P<time>\d\d:\d\d) UTC)?(?![-T:\w])")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")


def written(value: datetime) -> str:
    """Return a time in the reader's language and time zone; UTC is named, the reader's own zone isn't."""
    local = timezone.localtime(value)
    text = date_format(local, "DATETIME_FORMAT")
    return f"{text} UTC" if local.tzname() == "UTC" else text


def written_in_utc(value: datetime) -> str:
    """Return a time in UTC, in the reader's language."""
    return f"{date_format(value.astimezone(UTC), 'DATETIME_FORMAT')} UTC"


def written_day(value: date) -> str:
    """Return a day in the reader's language."""
    return date_format(value, "DATE_FORMAT")


def with_local_times(text: str) -> str:
    """Return a text in which each time and each day of the engine is written for the reader."""
    return _MOMENT.sub(_rewritten, text)


def _rewritten(found: re.Match[str]) -> str:
    try:
        if found["time"] is None:
            return written_day(date.fromisoformat(found["day"]))
        return written(datetime.fromisoformat(f"{found['day']} {found['time']}+00:00"))
    except ValueError:  # such as 2026-13-45: it was no date
        return found[0]


def with_local_number(value: str) -> str:
    """Return a value of a message; a number that the engine has grouped the English way is grouped for the reader."""
    return number_format(value.replace(",", ""), 0, force_grouping=True) if _GROUPED.fullmatch(value) else value
