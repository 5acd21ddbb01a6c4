"""The state of a connection: the one source of every status, headline, finding, alert and metric.

See docs/decisions/one-model-of-truth.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mailchimpsync.actions.runs.schedule import due, failed_attempt, history_of
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.config import Link
from mailchimpsync.errors import LASTING_AFTER, Code, remedy_when_lasting
from mailchimpsync.store import Transaction
from mailchimpsync.store.changes import kept_plans, updates
from mailchimpsync.store.changes.batches import BatchDelay, batch_delay
from mailchimpsync.store.queries.due import NEXT_RUN, Due, count_due
from mailchimpsync.store.queries.failures import Failed, count_failed
from mailchimpsync.store.runs import runs, services
from mailchimpsync.store.verify import verifications
from mailchimpsync.sync import Outcome, deleted_interests

PAUSED_AFTER = timedelta(days=1)
"""A connection without a schedule counts as paused if no sync was tried for this long."""

CAUSES_NAMED = 5
_COMPLETE = (None, Outcome.DONE, Outcome.UNCHANGED, Outcome.HELD)
"""Outcomes of the last attempt that leave nothing to do; None: not known, written by an older version."""


class StateName(StrEnum):
    """The name of a connection's state."""

    OK = "ok"
    RUNNING = "running"
    WAITING = "waiting"
    HELD = "held"
    PAUSED = "paused"
    FAILING = "failing"
    NOT_SET_UP = "not set up"


class Level(StrEnum):
    """How good a state is: good only if no one is due, and nothing differs."""

    GOOD = "good"
    MIDDLE = "middle"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """The state of a connection; times are UTC.

    Attributes:
        due: people for whom a change is wanted but not made.
        under_way: updates without a response from Mailchimp; `under_way_since`: when the oldest was decided.
        failed: people who can't be synced, by whether they need attention.
        interrupted: a run stopped midway, and the next call continues it.
        attempted_at: when the last call of a run ended; `attempt_outcome`: its outcome or error code.
        synced_at: when the last complete run started.
        failing_code: the error of the last calls, or the reason why people's changes are refused repeatedly.
        failing_since, failing_times: since when, and how many calls in a row ended with that error.
        next_run_at: when a service starts the next run; None: no service runs this connection's schedule.
        unexplained: differences found by the last full comparison that nothing explains.
        explained: differences it found that have a known reason.
        batches: why batches have no results though they should.
        paused_at: since when nothing is synced because someone, `paused_by`, has paused it for a `pause_reason`.
        gone_interests: linked interests that no longer exist at Mailchimp, so the configuration has to be corrected.
    """

    name: StateName
    due: Due
    under_way: int
    under_way_since: datetime | None
    failed: Failed
    interrupted: bool
    held_plan_id: int | None
    attempted_at: datetime | None
    attempt_outcome: str | None
    synced_at: datetime | None
    failing_code: str | None
    failing_since: datetime | None
    failing_times: int
    next_run_at: datetime | None
    verified_at: datetime | None = None
    unexplained: int = 0
    explained: int = 0
    batches: BatchDelay | None = None
    gone_interests: tuple[str, ...] = ()
    paused_at: datetime | None = None
    paused_by: str | None = None
    pause_reason: str | None = None

    @property
    def in_sync(self) -> bool:
        """Whether both sides are known to agree, except for people who are listed as failures."""
        return self.name is StateName.OK and not self.gone_interests

    @property
    def checked_at(self) -> datetime | None:
        """When both sides were last looked at with success, also where nothing had changed."""
        looked = self.attempt_outcome in (Outcome.DONE, Outcome.UNCHANGED)
        return self.attempted_at if looked else self.synced_at

    @property
    def lasts(self) -> bool:
        """Whether the error has recurred so often that it won't pass without help."""
        return self.failing_times >= LASTING_AFTER or bool(self.due.put_off)

    @property
    def level(self) -> Level:
        """How good the state is; people who can't be synced are counted beside it."""
        if self.name in (StateName.HELD, StateName.FAILING):
            return Level.BAD
        return Level.GOOD if self.name is StateName.OK and not self.gone_interests else Level.MIDDLE

    @property
    def remedy(self) -> str:
        """What to do about the error; empty if there is none."""
        if self.failing_code is None:
            return ""
        if self.lasts and self.failing_code in Code.__members__:
            return remedy_when_lasting(Code(self.failing_code))
        return explain_code(self.failing_code).remedy


def state_of(tx: Transaction, link: Link, now: datetime, still_due: Due | None = None) -> ConnectionState:
    """Return the state of a connection according to the store; pass `still_due` if it is counted already."""
    list_id = link.audience_id
    stored = runs.stored_status(tx, list_id)
    due_now = count_due(tx, list_id) if still_due is None else still_due
    hold = kept_plans.holding_plan(tx, list_id) if link.guard.enabled else None
    plan_id = hold.id if hold is not None and hold.expires_at > now else None
    under_way, _ = updates.count_open_updates(tx, list_id)
    running = stored.is_held
    verified = verifications.newest_verification(tx, list_id)
    unexplained = verified.unexplained if verified is not None else 0
    name = _state_name(link, stored, due_now, now, running=running, held=plan_id is not None, under_way=under_way)
    return ConnectionState(
        name=StateName.FAILING if name is StateName.OK and unexplained else name,
        due=due_now,
        under_way=under_way,
        under_way_since=updates.oldest_open_update(tx, list_id) if under_way else None,
        failed=count_failed(tx, [list_id]),
        interrupted=stored.run_id is not None and not running,
        held_plan_id=plan_id,
        attempted_at=stored.attempted_at,
        attempt_outcome=stored.attempt_outcome,
        synced_at=stored.last_sync_time,
        failing_code=stored.failing_code or _refused_with(due_now),
        failing_since=stored.failing_since,
        failing_times=stored.failing_times or 0,
        next_run_at=_next_run(tx, link, stored, now),
        verified_at=verified.started_at if verified is not None else None,
        unexplained=unexplained,
        explained=verified.explained if verified is not None else 0,
        batches=batch_delay(tx, list_id, now),
        gone_interests=deleted_interests(stored, link.interests),
        paused_at=stored.paused_at,
        paused_by=stored.paused_by,
        pause_reason=stored.pause_reason,
    )


def _refused_with(due_now: Due) -> str | None:
    """Return the code of most changes that Mailchimp keeps refusing, or refuses though they take someone off."""
    if not due_now.put_off and not due_now.leaving:
        return None
    return next((code for code in (*due_now.refused, *due_now.by_cause) if code != NEXT_RUN), None)


def _state_name(  # noqa: PLR0911 (one word each)
    link: Link,
    stored: runs.StoredStatus,
    due_now: Due,
    now: datetime,
    *,
    running: bool,
    held: bool,
    under_way: int,
) -> StateName:
    last = stored.attempted_at or stored.last_sync_time
    if running:
        return StateName.RUNNING
    if stored.paused_at is not None:
        return StateName.PAUSED
    if held:
        return StateName.HELD
    if stored.failing_code is not None or due_now.put_off or due_now.leaving:
        return StateName.FAILING
    if last is None and stored.run_id is None:
        return StateName.NOT_SET_UP
    if not link.schedule.enabled and last is not None and now - last > PAUSED_AFTER:
        return StateName.PAUSED
    is_complete = stored.attempt_outcome in _COMPLETE and stored.last_sync_time is not None
    if due_now.number or under_way or stored.run_id is not None or not is_complete:
        return StateName.WAITING
    return StateName.OK


def next_run_at(tx: Transaction, link: Link, now: datetime) -> datetime | None:
    """Return when a service starts the next run; None: no service runs this connection's schedule."""
    return _next_run(tx, link, runs.stored_status(tx, link.audience_id), now)


def _next_run(tx: Transaction, link: Link, stored: runs.StoredStatus, now: datetime) -> datetime | None:
    if stored.paused_at is not None or not services.any_alive(tx, now):
        return None
    past = history_of(tx, link.audience_id, now, failed_attempt(stored))
    return due(link.schedule, past, now, link.audience_id)
