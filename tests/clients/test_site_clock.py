"""Two kinds of time and of session: an ambiguous date is read so that nobody who left is mailed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mailchimpsync.civicrm import SessionZone, SiteClock
from mailchimpsync.errors import Code, EvidenceError

NOVEMBER = datetime(2026, 11, 20, 12, tzinfo=UTC)
NEW_YORK, LAGOS = ZoneInfo("America/New_York"), ZoneInfo("Africa/Lagos")
WINTER = timedelta(hours=-5)
JULY = "2026-07-10 07:00:00"


def utc(hour: int) -> datetime:
    return datetime(2026, 7, 10, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("session", "earliest", "latest"),
    [(SessionZone.NUMERIC, 12, 12), (SessionZone.NAMED, 11, 11), (SessionZone.UNKNOWN, 11, 12)],
)
def test_a_summer_date_shown_in_winter_means_what_the_session_says(
    session: SessionZone, earliest: int, latest: int
) -> None:
    clock = SiteClock(WINTER, NOVEMBER, NEW_YORK, session)
    assert (clock.earliest(JULY), clock.latest(JULY)) == (utc(earliest), utc(latest))


def test_without_a_configured_zone_every_zone_with_todays_time_is_possible() -> None:
    clock = SiteClock(WINTER, NOVEMBER)
    assert clock.earliest(JULY) <= utc(11)
    assert clock.latest(JULY) >= utc(12)


def test_a_recent_date_means_one_moment() -> None:
    clock = SiteClock(WINTER, NOVEMBER)
    shown = "2026-11-19 07:00:00"
    assert clock.earliest(shown) == clock.latest(shown) == datetime(2026, 11, 19, 12, tzinfo=UTC)


def test_the_hour_that_comes_twice_is_two_moments_in_a_named_zone() -> None:
    clock = SiteClock(WINTER, NOVEMBER, NEW_YORK, SessionZone.NAMED)
    twice = "2026-11-01 01:30:00"
    assert clock.latest(twice) - clock.earliest(twice) == timedelta(hours=1)


def test_a_wall_clock_of_summer_is_written_with_the_offset_of_its_day() -> None:
    assert SiteClock(WINTER, NOVEMBER, NEW_YORK).wall_clock(utc(11)) == JULY
    assert SiteClock(timedelta(hours=1), NOVEMBER, LAGOS).wall_clock(utc(11)) == "2026-07-10 12:00:00"


def test_a_wall_clock_that_can_not_be_known_is_refused_with_what_to_do() -> None:
    with pytest.raises(EvidenceError) as caught:
        SiteClock(WINTER, NOVEMBER).wall_clock(utc(11))
    assert caught.value.code is Code.CV_TIME_ZONE
    assert "civicrm.time_zone" in caught.value.remedy
    assert SiteClock(WINTER, NOVEMBER).wall_clock(NOVEMBER) == "2026-11-20 07:00:00"


def test_a_configured_zone_that_is_not_the_sites_is_refused() -> None:
    with pytest.raises(EvidenceError, match="Africa/Lagos"):
        SiteClock(WINTER, NOVEMBER, LAGOS)


def test_a_caller_asking_for_changes_since_a_moment_misses_none_in_any_kind_of_session() -> None:
    clock = SiteClock(WINTER, NOVEMBER, NEW_YORK)
    assert (
        clock.shown_from(utc(12)) == JULY
    )  # as a session with a numeric zone shows it, an hour before one with a named zone
