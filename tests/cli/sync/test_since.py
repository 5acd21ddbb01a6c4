"""`since` as people write it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailchimpsync.actions import read_since
from mailchimpsync.errors import UsageError

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)


def test_ever_means_everything() -> None:
    assert read_since(" Ever ", NOW) is None


@pytest.mark.parametrize("text", ["1970-01-01", "1990-01-01", "2009-12-31T23:59:59"])
def test_a_date_before_mailchimp_kept_dates_means_everything_as_its_api_was_seen_to_hang(text: str) -> None:
    assert read_since(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-20", "2026-11-20T00:00"),
        ("2026-11-20T14:30", "2026-11-20T14:30"),
        ("2026-11-20 14:30:05", "2026-11-20T14:30:05"),
        ("2026-11-20T14:30+01:00", "2026-11-20T13:30"),
        ("2026-11-20T14:30:00Z", "2026-11-20T14:30"),
        ("20 November 2026", "2026-11-20T00:00"),
        ("20 nov 2026", "2026-11-20T00:00"),
        ("November 20, 2026", "2026-11-20T00:00"),
        ("2026/11/20", "2026-11-20T00:00"),
        ("20.11.2026", "2026-11-20T00:00"),
        ("today", "2026-11-21T00:00"),
        ("Yesterday", "2026-11-20T00:00"),
        ("now", "2026-11-21T15:30"),
        ("2 hours ago", "2026-11-21T13:30"),
        ("-3 days", "2026-11-18T15:30"),
        ("1 week ago", "2026-11-14T15:30"),
    ],
)
def test_a_date_is_read_as_utc_unless_it_names_a_zone(text: str, meant: str) -> None:
    assert read_since(text, NOW) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "soon",
        "2026-13-01",
        "2026-02-30",
        "11/20/2026",
        "999999 weeks ago",
        "0001-01-01",
        "ever so often",
        "\x00",
    ],
)
def test_what_is_no_date_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(UsageError, match="is not a date") as caught:
        read_since(text, NOW)

    assert caught.value.exit_code == 2
    assert "UTC unless" in caught.value.what


def test_the_future_is_refused() -> None:
    with pytest.raises(UsageError, match="is in the future"):
        read_since("2026-11-21T16:31+01:00", datetime(2026, 11, 21, 15, 30, tzinfo=UTC).replace(hour=14))
