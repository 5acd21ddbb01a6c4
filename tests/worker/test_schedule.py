"""When the service syncs a connection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mailchimpsync.actions.runs.quiet_hours import is_quiet, quiet_end, seconds_until_quiet
from mailchimpsync.actions.runs.schedule import (
    BACKOFF,
    CONTINUE_AFTER,
    FAILING_EVERY,
    Attempt,
    AttemptOutcome,
    History,
    checks_data,
    due,
    reads_everything,
)
from mailchimpsync.config import Schedule

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def plan(**given: Any) -> Schedule:
    return Schedule(**{"every_minutes": 60, "jitter_seconds": 0, **given})


def after_run(started: datetime, **more: Any) -> History:
    return History(first_seen=LONG_AGO, run_started=started, **more)


def attempt(sync_result: AttemptOutcome, ended: datetime = NOON, failures: int = 0) -> Attempt:
    return Attempt(ended - MINUTE, ended, sync_result, failures)


# -- by the interval ----------------------------------------------------------------------------------------------


def test_a_connection_that_was_never_synced_is_due_when_it_is_first_seen() -> None:
    assert due(plan(), History(first_seen=NOON), NOON, "news") == NOON


def test_the_interval_counts_from_start_to_start() -> None:
    assert due(plan(every_minutes=15), after_run(NOON), NOON + 14 * MINUTE, "news") == NOON + 15 * MINUTE


def test_a_connection_that_missed_a_regular_time_is_due_at_once() -> None:
    assert due(plan(), after_run(NOON), NOON + 30 * HOUR, "news") == NOON + HOUR


def test_a_schedule_that_is_switched_off_is_never_due() -> None:
    assert due(plan(enabled=False), History(first_seen=NOON), NOON, "news") is None


def test_an_interrupted_run_goes_on_at_once() -> None:
    assert due(plan(), after_run(NOON, run_open=True), NOON + MINUTE, "news") == NOON


def test_a_run_out_of_time_lets_others_have_their_turn_first() -> None:
    past = after_run(NOON - MINUTE, run_open=True, attempt=attempt(AttemptOutcome.MORE))

    assert due(plan(), past, NOON, "news") == NOON + CONTINUE_AFTER


def test_a_clock_that_was_put_back_by_a_year_does_not_stop_the_sync_for_a_year() -> None:
    past = History(first_seen=NOON - MINUTE, run_started=NOON + timedelta(days=365))

    assert due(plan(), past, NOON, "news") == NOON - MINUTE + HOUR


def test_a_service_whose_clock_is_a_little_late_does_not_run_again_at_once() -> None:
    assert due(plan(), after_run(NOON + MINUTE), NOON, "news") == NOON + MINUTE + HOUR


# -- after errors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("failures", "minutes"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 60), (99, 60)])
def test_passing_errors_are_tried_again_less_and_less_often_up_to_the_interval(failures: int, minutes: int) -> None:
    past = after_run(NOON - 5 * HOUR, attempt=attempt(AttemptOutcome.FAILED, failures=failures))

    assert due(plan(), past, NOON, "news") == NOON + minutes * MINUTE


def test_what_needs_a_person_is_tried_again_at_its_next_regular_time() -> None:
    past = after_run(NOON - 5 * HOUR, attempt=attempt(AttemptOutcome.PERSON))

    assert due(plan(), past, NOON, "news") == NOON - MINUTE + HOUR


def test_what_needs_a_person_midway_does_not_go_on_before_its_next_regular_time() -> None:
    past = after_run(NOON - 5 * HOUR, run_open=True, attempt=attempt(AttemptOutcome.PERSON))

    assert due(plan(), past, NOON, "news") == NOON - MINUTE + HOUR


def test_when_another_service_has_just_synced_the_next_regular_time_counts() -> None:
    past = after_run(NOON, attempt=attempt(AttemptOutcome.BUSY))

    assert due(plan(), past, NOON + MINUTE, "news") == NOON + HOUR


# -- by cron ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cron", "zone", "started", "expected"),
    [
        ("0 3 * * *", "UTC", "2026-11-20T12:00", "2026-11-21T03:00"),
        ("0 3 * * *", "Europe/Paris", "2026-11-20T12:00", "2026-11-21T02:00"),
        ("0 3 * * *", "Europe/Paris", "2026-07-20T12:00", "2026-07-21T01:00"),
        ("*/15 * * * *", "Asia/Kolkata", "2026-11-20T12:01", "2026-11-20T12:15"),
        ("0 12 * * 1", "America/New_York", "2026-11-20T12:00", "2026-11-23T17:00"),
        # 02:30 does not exist on the day on which the clocks are put forward
        ("30 2 * * *", "Europe/Paris", "2026-03-28T02:00", "2026-03-29T01:00"),
        # it comes twice on the day on which they are put back, and the run is made once
        ("30 2 * * *", "Europe/Paris", "2026-10-24T02:00", "2026-10-25T00:30"),
        ("30 2 * * *", "Europe/Paris", "2026-10-25T00:30", "2026-10-26T01:30"),
        # every half an hour goes on through both
        ("*/30 * * * *", "Europe/Paris", "2026-10-25T00:30", "2026-10-25T01:00"),
        ("*/30 * * * *", "Europe/Paris", "2026-03-29T00:30", "2026-03-29T01:00"),
    ],
)
def test_cron_counts_by_the_clock_of_its_zone(cron: str, zone: str, started: str, expected: str) -> None:
    schedule = plan(cron=cron, time_zone=zone)

    assert due(schedule, after_run(at(started)), at(started), "news") == at(expected)


def test_a_new_connection_waits_for_its_first_slot() -> None:
    assert due(plan(cron="0 3 * * *"), History(first_seen=NOON), NOON + HOUR, "news") == at("2026-11-21T03:00")


def test_a_slot_that_was_missed_is_made_up_for_once() -> None:
    schedule, back = plan(cron="0 3 * * *"), at("2026-11-23T09:00")

    assert due(schedule, after_run(at("2026-11-20T03:00")), back, "news") == at("2026-11-21T03:00")
    assert due(schedule, after_run(back), back, "news") == at("2026-11-24T03:00")


# -- quiet hours --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quiet", "zone", "wanted", "expected"),
    [
        ("22:00-06:00", "UTC", "2026-11-20T21:59", "2026-11-20T21:59"),
        ("22:00-06:00", "UTC", "2026-11-20T22:00", "2026-11-21T06:00"),
        ("22:00-06:00", "UTC", "2026-11-21T05:59", "2026-11-21T06:00"),
        ("22:00-06:00", "UTC", "2026-11-21T06:00", "2026-11-21T06:00"),
        ("08:00-18:00", "Europe/Paris", "2026-11-20T12:00", "2026-11-20T17:00"),
        ("08:00-18:00", "Europe/Paris", "2026-07-20T12:00", "2026-07-20T16:00"),
        ("12:00-12:00", "UTC", "2026-11-20T12:00", "2026-11-20T12:00"),
        # the night in which the clocks are put forward, and that in which they are put back
        ("22:00-06:00", "Europe/Paris", "2026-03-28T22:00", "2026-03-29T04:00"),
        ("22:00-06:00", "Europe/Paris", "2026-10-24T22:00", "2026-10-25T05:00"),
        ("22:00-02:30", "Europe/Paris", "2026-03-28T22:00", "2026-03-29T01:30"),  # 02:30 does not exist
        ("22:00-02:30", "Europe/Paris", "2026-10-24T22:00", "2026-10-25T00:30"),  # the first 02:30
        ("22:00-02:30", "Europe/Paris", "2026-10-25T01:10", "2026-10-25T01:30"),  # it is 02:10 again: the second
    ],
)
def test_a_first_sync_that_falls_into_the_quiet_hours_waits_for_their_end(
    quiet: str, zone: str, wanted: str, expected: str
) -> None:
    past = History(first_seen=at(wanted))

    assert due(plan(quiet=quiet, time_zone=zone), past, at(wanted), "news") == at(expected)


def test_a_first_sync_that_found_no_slot_before_the_quiet_hours_waits_for_their_end() -> None:
    past = History(first_seen=at("2026-11-20T21:59"))

    assert due(plan(quiet="22:00-06:00"), past, at("2026-11-20T22:05"), "news") == at("2026-11-21T06:00")


@pytest.mark.parametrize(
    ("days_ago", "in_quiet_hours", "otherwise"),
    [(None, False, True), (8, False, True), (13, False, True), (14, True, True)],
)
def test_a_full_sync_waits_for_the_end_of_the_quiet_hours_but_at_most_for_as_long_again(
    days_ago: int | None, in_quiet_hours: bool, otherwise: bool
) -> None:
    last = None if days_ago is None else NOON - timedelta(days=days_ago)

    assert reads_everything(plan(quiet="11:00-13:00"), last, NOON) is in_quiet_hours
    assert reads_everything(plan(quiet="13:00-14:00"), last, NOON) is otherwise


def test_other_work_gets_no_more_time_than_there_is_before_the_quiet_hours() -> None:
    schedule = plan(quiet="22:00-06:00", time_zone="Europe/Paris")

    assert seconds_until_quiet(schedule, at("2026-11-20T20:59"), 300) == 60
    assert seconds_until_quiet(schedule, at("2026-11-20T12:00"), 300) == 300
    assert seconds_until_quiet(plan(), NOON, 300) == 300


# -- reading everything -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "last", "expected"),
    [
        (7, None, True),
        (7, NOON - timedelta(days=6), False),
        (7, NOON - timedelta(days=7), True),
        (7, NOON - timedelta(days=7) + MINUTE, True),  # last week's was late by its jitter
        (0, None, False),
        (0, LONG_AGO, False),
    ],
)
def test_now_and_then_a_run_reads_everything(days: int, last: datetime | None, expected: bool) -> None:
    assert reads_everything(plan(full_every_days=days), last, NOON) is expected


@pytest.mark.parametrize(
    ("hours", "last", "expected"),
    [
        (24, None, True),
        (24, NOON - 23 * HOUR, False),
        (24, NOON - 24 * HOUR + MINUTE, True),
        (0, LONG_AGO, False),
        (0, None, False),
    ],
)
def test_once_a_day_a_run_looks_for_data(hours: int, last: datetime | None, expected: bool) -> None:
    assert checks_data(plan(data_every_hours=hours), last, NOON) is expected


# -- whatever the schedule ----------------------------------------------------------------------------------------

moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (a bound)
times_of_day = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
schedules = st.builds(
    Schedule,
    every_minutes=st.integers(1, 10_080),
    cron=st.sampled_from([None, "*/5 * * * *", "0 3 * * *", "30 2 * * *", "15 1 * * 0", "0 0 29 2 *"]),
    quiet=st.none() | st.builds("{}-{}".format, times_of_day, times_of_day),
    time_zone=st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    jitter_seconds=st.integers(0, 3_600),
)
attempts = st.none() | st.builds(
    lambda ended, sync_result, failures: Attempt(ended - MINUTE, ended, sync_result, failures),
    moments,
    st.sampled_from(list(AttemptOutcome)),
    st.integers(0, 1_000),
)
pasts = st.builds(History, moments, st.none() | moments, st.booleans(), attempts)


@given(schedules, pasts, moments)
def test_quiet_hours_put_off_a_first_sync_and_never_the_news_that_someone_has_left(
    schedule: Schedule, past: History, now: datetime
) -> None:
    wanted = due(schedule, past, now, "news")

    assert wanted is not None
    if past.run_started is None:
        assert not is_quiet(schedule, max(wanted, now))
    else:
        assert wanted == due(schedule.model_copy(update={"quiet": None}), past, now, "news")


@given(schedules, pasts, moments)
def test_when_its_time_has_come_it_is_due(schedule: Schedule, past: History, now: datetime) -> None:
    assume(past.run_started is None or past.run_started <= now)
    wanted = due(schedule, past, now, "news")

    assert wanted is not None
    when_it_has_come = max(wanted, now)
    again = due(schedule, past, when_it_has_come, "news")
    assert again is not None
    assert again <= when_it_has_come


@given(schedules, moments)
def test_after_a_complete_run_nothing_is_due_at_once(schedule: Schedule, now: datetime) -> None:
    wanted = due(schedule, after_run(now), now, "news")

    assert wanted is not None
    assert wanted > now


@given(schedules, moments, st.integers(1, 1_000))
def test_a_failure_never_makes_the_next_try_later_than_a_success_would_or_a_quarter_of_an_hour(
    schedule: Schedule, now: datetime, failures: int
) -> None:
    schedule = schedule.model_copy(update={"quiet": None})
    failed = History(LONG_AGO, now - timedelta(days=400), attempt=attempt(AttemptOutcome.FAILED, now, failures))
    tried, regular = due(schedule, failed, now, "news"), due(schedule, after_run(now), now, "news")

    assert tried is not None
    assert regular is not None
    assert min(now + BACKOFF, regular) <= tried <= max(regular, now + FAILING_EVERY)


@given(schedules, moments)
def test_a_quiet_time_is_over_at_its_end_and_not_before(schedule: Schedule, now: datetime) -> None:
    if is_quiet(schedule, now):
        end = quiet_end(schedule, now)
        assert now < end <= now + timedelta(days=2)
        assert not is_quiet(schedule, end)


@given(st.text(min_size=1), st.integers(0, 3_600), moments)
def test_chance_delays_a_run_by_no_more_than_allowed_and_the_same_in_every_process(
    key: str, jitter: int, now: datetime
) -> None:
    schedule = Schedule(every_minutes=60, jitter_seconds=jitter)
    wanted = due(schedule, after_run(now), now, key)

    assert wanted is not None
    assert timedelta(0) <= wanted - (now + HOUR) <= timedelta(seconds=jitter)
    assert wanted == due(schedule, after_run(now), now + MINUTE, key)


def test_sites_do_not_all_start_at_once() -> None:
    schedule = Schedule(every_minutes=120, jitter_seconds=600)

    assert len({due(schedule, after_run(NOON), NOON, f"news{number}") for number in range(50)}) > 30


def test_by_default_a_connection_is_looked_at_every_minute_or_a_few_seconds_later() -> None:
    every = {due(Schedule(), after_run(NOON), NOON, f"news{number}") for number in range(50)}

    assert all(at is not None and NOON + MINUTE <= at <= NOON + MINUTE + timedelta(seconds=6) for at in every)


def test_a_connection_that_needs_a_person_is_not_tried_every_minute() -> None:
    held = after_run(NOON, attempt=attempt(AttemptOutcome.PERSON, NOON))

    assert due(Schedule(), held, NOON, "news") == NOON - MINUTE + FAILING_EVERY
