"""When a connection's next run is due: functions of its schedule, its last runs, and the clock.

Only the run table is remembered beyond this process, so that a restarted service, or a second one on the same database,
sees that a run has just been made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from zoneinfo import ZoneInfo

from cronsim import CronSim

from mailchimpsync.actions.runs.quiet_hours import is_quiet, quiet_end
from mailchimpsync.config import Schedule
from mailchimpsync.errors import REGISTRY, Code, Retry
from mailchimpsync.store import Transaction
from mailchimpsync.store.runs import attempts, runs
from mailchimpsync.sync import Outcome

BACKOFF = timedelta(minutes=1)
"""The wait after a first temporary error; it doubles with each further one, up to the next regular time.

A connection that fails again and again may wait for `FAILING_EVERY`, even if it is due more often.
"""

FAILING_EVERY = timedelta(minutes=15)

CONTINUE_AFTER = timedelta(seconds=5)
"""The pause between two calls of one run, and before a busy connection is tried again, so that webhooks can work."""

FULL_SLACK = timedelta(hours=1)
"""How early a full run may start; without it, a weekly run could miss its slot because the last one was late."""

DATA_SLACK = timedelta(minutes=30)
"""The same for a run with data."""

SKEW_MAX = timedelta(hours=1)
"""How far the clocks of two services may differ."""

DELAY_SHARE = 10
"""The random delay is at most the tenth part of the interval between runs."""

_DOUBLINGS_MAX = 20


class AttemptOutcome(StrEnum):
    """How a call ended."""

    COMPLETE = "complete"
    MORE = "more to do"
    BUSY = "busy"
    FAILED = "failed, may pass"
    PERSON = "failed, needs a person"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last call of this process for a connection; `failures` counts temporary errors in a row."""

    began_at: datetime
    ended_at: datetime
    outcome: AttemptOutcome
    failures: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """What is known about a connection's runs.

    Attributes:
        first_seen: when this process first checked it.
        run_started: when its newest run started, or was found to be unnecessary, in any process; None before the first.
        run_open: whether that run was interrupted and has to be continued.
        attempt: this process's last call; an error before a run starts leaves no other trace.
    """

    first_seen: datetime
    run_started: datetime | None = None
    run_open: bool = False
    attempt: Attempt | None = None


def history_of(tx: Transaction, list_id: str, first_seen: datetime, attempt: Attempt | None) -> History:
    """Return a connection's history from its newest run, or from the last call that found nothing to do."""
    last_run = runs.last_run(tx, list_id)
    if last_run is None:
        return History(first_seen, attempt=attempt)
    unchanged = attempts.last_ended_with(tx, list_id, Outcome.UNCHANGED)
    started = max(last_run.started_at, unchanged or last_run.started_at)
    return History(first_seen, started, last_run.finished_at is None, attempt)


def failed_attempt(stored: runs.StoredStatus) -> Attempt | None:
    """Return the last call, as the tables know it, if it failed."""
    code, ended = stored.failing_code, stored.attempted_at
    if code is None or ended is None:
        return None
    passes = code in Code.__members__ and REGISTRY[Code(code)].retry is Retry.NEXT_RUN
    return Attempt(ended, ended, AttemptOutcome.FAILED if passes else AttemptOutcome.PERSON, stored.failing_times or 1)


def due(schedule: Schedule, past: History, now: datetime, key: str) -> datetime | None:
    """Return when the next call is due; None: never. It is due now if that is not after `now`.

    Quiet hours put off only a connection's first run: any other may carry it across that someone has left.
    `key` identifies the connection, so that random delays differ.
    """
    if not schedule.enabled or (by_runs := _due_by_runs(schedule, past, now, key)) is None:
        return None
    wanted = max(by_runs, _not_before(schedule, past.attempt, key) or by_runs)
    if past.run_started is not None:
        return wanted
    wanted = _after_quiet(schedule, wanted, key)
    return _after_quiet(schedule, now, key) if wanted <= now and is_quiet(schedule, now) else wanted


def reads_everything(schedule: Schedule, last_full: datetime | None, now: datetime) -> bool:
    """Say whether the next run has to read everything; `last_full` is when the last such run started."""
    return _is_time(schedule, timedelta(days=schedule.full_every_days), FULL_SLACK, last_full, now)


def checks_data(schedule: Schedule, last_with_data: datetime | None, now: datetime) -> bool:
    """Say whether the next run also checks for new data; `last_with_data` is when the last such run started."""
    return _is_time(schedule, timedelta(hours=schedule.data_every_hours), DATA_SLACK, last_with_data, now)


def _is_time(schedule: Schedule, every: timedelta, slack: timedelta, last: datetime | None, now: datetime) -> bool:
    """Say whether `every` has passed since `last`.

    Quiet hours put it off, but at most for as long again: some schedules have no other time.
    """
    if not every:
        return False
    quiet = is_quiet(schedule, now)
    return not quiet if last is None else now - last >= every * (1 + quiet) - slack


def _after_quiet(schedule: Schedule, at: datetime, key: str) -> datetime:
    if not is_quiet(schedule, at):
        return at
    end = quiet_end(schedule, at)
    delayed = end + _delay(schedule, end, key)
    return end if is_quiet(schedule, delayed) else delayed


def _due_by_runs(schedule: Schedule, past: History, now: datetime, key: str) -> datetime | None:
    """Return when it is due by the run table alone; a run far in the future means that a clock was put back."""
    if past.run_started is None:
        return past.first_seen if schedule.cron is None else _regular(schedule, past.first_seen, key)
    started = past.run_started if past.run_started <= now + SKEW_MAX else past.first_seen
    return started if past.run_open else _regular(schedule, started, key)


def _not_before(schedule: Schedule, attempt: Attempt | None, key: str) -> datetime | None:
    if attempt is None or attempt.outcome is AttemptOutcome.COMPLETE:
        return None
    if attempt.outcome is AttemptOutcome.PERSON:
        return _when_failing(schedule, attempt.began_at, key)
    if attempt.outcome is not AttemptOutcome.FAILED:
        return attempt.ended_at + CONTINUE_AFTER
    again = attempt.ended_at + BACKOFF * (1 << min(max(attempt.failures - 1, 0), _DOUBLINGS_MAX))
    regular = _when_failing(schedule, attempt.ended_at, key)
    return again if regular is None else min(again, regular)


def _when_failing(schedule: Schedule, after: datetime, key: str) -> datetime | None:
    regular = _regular(schedule, after, key)
    return None if regular is None else max(regular, after + FAILING_EVERY)


def _regular(schedule: Schedule, after: datetime, key: str) -> datetime | None:
    """Return the schedule's next time after a run that started at `after`, with its random delay."""
    at = after + timedelta(minutes=schedule.every_minutes) if schedule.cron is None else _cron(schedule, after)
    return at + _delay(schedule, at, key) if at is not None else None


def _cron(schedule: Schedule, after: datetime) -> datetime | None:
    slot = next(CronSim(schedule.cron or "", after.astimezone(ZoneInfo(schedule.time_zone))), None)
    return slot.astimezone(UTC) if slot else None


def _delay(schedule: Schedule, at: datetime, key: str) -> timedelta:
    """Return a random delay that is the same on every call and in every process, and small beside the interval."""
    number = int.from_bytes(sha256(f"{key} {at.isoformat()}".encode()).digest()[:8])
    interval = schedule.every_minutes * 60 if schedule.cron is None else schedule.jitter_seconds * DELAY_SHARE
    return timedelta(seconds=number % (min(schedule.jitter_seconds, interval // DELAY_SHARE) + 1))
