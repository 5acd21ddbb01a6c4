"""Runs, the mark, and the lease that lets one run at a time work on a connection.

See docs/decisions/safe-to-kill.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    false,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from mailchimpsync.errors import BusyError, Code, LeaseLostError
from mailchimpsync.messages import say
from mailchimpsync.model import Stage
from mailchimpsync.store.engine.dialect import simulated_now, upsert, utc_moment
from mailchimpsync.store.engine.typed_rows import fetch_one, select_as
from mailchimpsync.store.schema import log, run, status

Moment = ColumnElement[Any]

LEASE_DURATION = timedelta(minutes=10)
ABORT_REQUEST_VALID_FOR = timedelta(minutes=1)
"""An older request was left by a process that died; it must not stop every later run."""

MESSAGE_LENGTH_MAX = 1_000
NAME_LENGTH_MAX = 100
MEMBERS = "members"
"""The kind of a run over a few members; the kind of all others is `run`."""
WHOLE_RUN = "run"
"""The kind of a run over a whole connection."""
COMPLETE = ("done", "waiting", "incomplete")
"""The outcomes of complete runs: everything was read, decided and sent."""
HISTORY = "history"
"""The key in what is remembered of CiviCRM: the newest entry of its history that we know."""

NOT_BEGUN = "failed"
"""The outcome of a call that failed before its run had started."""

_NOT_BEGUN = dict.fromkeys(("progress", "stage_done", "stage_total", "stage_seconds"))

# Even a small run uses these dozens of times; building such a statement takes longer than executing it.
_BY_AUDIENCE = update(status).where(status.c.list_id == bindparam("of"))
_SET_STAGE = _BY_AUDIENCE.values(stage=bindparam("stage"), **_NOT_BEGUN)
_SET_PROGRESS = _BY_AUDIENCE.values(progress=bindparam("progress"))
_BY_LEASE = _BY_AUDIENCE.where(status.c.lease_token == bindparam("token"))
_PROGRESS_COLUMNS: dict[str, Any] = {name: bindparam(name) for name in ("stage_done", "stage_total", "stage_seconds")}


class _Statements:
    """The statements that use the time: the database's, or one passed with each call."""

    def __init__(self, now: Moment, until: Moment, asked_since: Moment) -> None:
        is_held = and_(status.c.lease_owner.is_not(None), status.c.lease_expires > now)
        is_asked = status.c.abort_requested > asked_since
        state_columns = (
            func.coalesce(is_held, false()).label("is_held"),
            func.coalesce(is_asked, false()).label("is_asked"),
        )
        self.stored = select(status, *state_columns).where(status.c.list_id == bindparam("of"))
        self.renew = _BY_LEASE.values(lease_expires=until)
        self.renew_and_record = self.renew.values(_PROGRESS_COLUMNS)
        owner = status.c.lease_owner
        free = or_(owner.is_(None), status.c.lease_expires <= now, owner == bindparam("abandoned"))
        self.acquire = _BY_LEASE.where(free).values(
            lease_owner=bindparam("owner"), lease_token=bindparam("next_token"), lease_expires=until
        )
        self.request_abort = _BY_AUDIENCE.values(abort_requested=now)


_BY_DATABASE = _Statements(
    utc_moment(literal(0)),
    utc_moment(literal(int(LEASE_DURATION.total_seconds()))),
    utc_moment(literal(-int(ABORT_REQUEST_VALID_FOR.total_seconds()))),
)
_SIMULATED = _Statements(
    *(bindparam(name, type_=status.c.lease_expires.type) for name in ("now", "until", "asked_since"))
)


def _by_clock(tx: Connection, *names: str) -> tuple[_Statements, dict[str, datetime]]:
    """Return the statements to use, with the values they need of `now`, `until` and `asked_since`."""
    now = simulated_now(tx)
    if now is None:
        return _BY_DATABASE, {}
    values = {"now": now, "until": now + LEASE_DURATION, "asked_since": now - ABORT_REQUEST_VALID_FOR}
    return _SIMULATED, {name: values[name] for name in names}


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a connection, as long as the token is the newest."""

    list_id: str
    token: int


@dataclass(frozen=True, slots=True)
class StageProgress:
    """Progress of a stage: items done, of how many (None: unknown), in how many seconds of work."""

    done: int = 0
    total: int | None = None
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class StoredStatus:
    """The stored state of a connection.

    By the database's clock: `is_held`, whether its lease hasn't expired; `is_asked`, whether its holder should stop.
    """

    list_id: str
    stage: Stage
    last_sync_time: datetime | None = None
    run_id: int | None = None
    progress: Mapping[str, Any] | None = None
    links: Mapping[str, Any] | None = None
    lease_owner: str | None = None
    lease_token: int = 0
    lease_expires: datetime | None = None
    abort_requested: datetime | None = None
    seen: Mapping[str, Any] | None = None
    trust: Mapping[str, Any] | None = None
    stage_done: int | None = None
    stage_total: int | None = None
    stage_seconds: int | None = None
    attempted_at: datetime | None = None
    attempt_outcome: str | None = None
    failing_code: str | None = None
    failing_since: datetime | None = None
    failing_times: int | None = None
    gone_interests: Sequence[str] | None = None
    paused_at: datetime | None = None
    paused_by: str | None = None
    pause_reason: str | None = None
    resumed_at: datetime | None = None
    is_held: bool = False
    is_asked: bool = False

    @property
    def stage_progress(self) -> StageProgress | None:
        """Return the stage's progress, None before it starts."""
        if self.stage_done is None:
            return None
        return StageProgress(self.stage_done, self.stage_total, self.stage_seconds or 0)


@dataclass(frozen=True, slots=True)
class RunStart:
    """When a run started, the start of the period it reads (None: everything), its groups, and its kept plan.

    `accepts_empty`: a side that looks empty was confirmed to be so; `with_data`: it also sends what plugins know.
    """

    at: datetime
    since: datetime | None
    links: Mapping[str, Any] | None
    kept_plan_id: int | None = None
    accepts_empty: bool = False
    with_data: bool = False


class StoredRun(NamedTuple):
    """A run.

    Attributes:
        kind: `WHOLE_RUN` or `MEMBERS`.
        begun_by: its caller; None: it was due.
        since: None: it read everything.
        finished_at: None: it is in progress, or was interrupted.
    """

    id: int
    list_id: str
    kind: str
    started_at: datetime
    begun_by: str | None
    since: datetime | None
    links: Mapping[str, Any] | None
    kept_plan_id: int | None
    finished_at: datetime | None
    outcome: str | None
    error_code: str | None
    counts: Mapping[str, Any] | None


class DataRun(NamedTuple):
    """When a run with data started, and its figures."""

    started_at: datetime
    counts: Mapping[str, Any] | None


def record_deleted_interests(tx: Connection, list_id: str, gone: Sequence[str]) -> None:
    """Record which linked interests Mailchimp doesn't have."""
    tx.execute(update(status).where(status.c.list_id == list_id).values(gone_interests=list(gone) or None))


def stored_status(tx: Connection, list_id: str) -> StoredStatus:
    """Return the state of a connection; one that has never run is ready to fetch."""
    statements, times = _by_clock(tx, "now", "asked_since")
    row = tx.execute(statements.stored, {"of": list_id, **times}).one_or_none()
    if row is None:
        return StoredStatus(list_id, Stage.FETCH)
    return StoredStatus(**{**row._mapping, "stage": Stage(row.stage)})  # noqa: SLF001 (SQLAlchemy's public name for it)


def acquire_lease(tx: Connection, list_id: str, owner: str, *, abandoned: str | None = None) -> Lease:
    """Acquire the lease of a connection, by compare and set.

    `abandoned` names an owner that is known to be dead, whose lease need not expire first.

    Raises:
        BusyError: another run holds it.
    """
    found = stored_status(tx, list_id)
    if found.lease_token == 0:
        ensure_row(tx, list_id)
    statements, times = _by_clock(tx, "now", "until")
    token = found.lease_token
    values = {"of": list_id, "token": token, "next_token": token + 1, "owner": owner, "abandoned": abandoned or ""}
    taken = tx.execute(statements.acquire, values | times)
    if taken.rowcount != 1:
        raise BusyError(Code.BUSY, say("Another run is in progress on audience %(id)s.", id=list_id))
    return Lease(list_id, token + 1)


def ensure_row(tx: Connection, list_id: str) -> None:
    """Create the row, unless another process has just done so."""
    row = {"list_id": list_id, "stage": Stage.FETCH.value, "lease_token": 0}
    upsert(tx, status, [row], keys=("list_id",), assign=lambda old, _new: [("stage", old["stage"])])


def request_abort(tx: Connection, list_id: str) -> None:
    """Ask the holder of the lease to stop."""
    ensure_row(tx, list_id)
    statements, times = _by_clock(tx, "now")
    tx.execute(statements.request_abort, {"of": list_id, **times})


def clear_abort(tx: Connection, list_id: str) -> None:
    """Withdraw the request to stop."""
    tx.execute(update(status).where(status.c.list_id == list_id).values(abort_requested=None))


def renew_lease(tx: Connection, lease: Lease, stage_progress: StageProgress | None = None) -> None:
    """Renew the lease, as the first statement of every transaction of a run: without it the run may write nothing.

    `stage_progress`, the stage's progress, goes into the same row, so that storing it costs nothing extra.

    Raises:
        LeaseLostError: another process has it.
    """
    statements, times = _by_clock(tx, "until")
    values = {"of": lease.list_id, "token": lease.token, **times}
    if stage_progress is None:
        renewed = tx.execute(statements.renew, values)
    else:
        state_columns = {
            "stage_done": stage_progress.done,
            "stage_total": stage_progress.total,
            "stage_seconds": stage_progress.seconds,
        }
        renewed = tx.execute(statements.renew_and_record, values | state_columns)
    if renewed.rowcount != 1:
        raise LeaseLostError(Code.LEASE_LOST, say("Another run has taken over audience %(id)s.", id=lease.list_id))


def release_lease(tx: Connection, lease: Lease) -> None:
    """Release the lease, if it is still ours."""
    tx.execute(
        update(status)
        .where(status.c.list_id == lease.list_id, status.c.lease_token == lease.token)
        .values(lease_owner=None, lease_expires=None)
    )


def begin_run(
    tx: Connection,
    list_id: str,
    now: datetime,
    since: datetime | None,
    links: Mapping[str, Any] | None = None,
    *,
    kept_plan_id: int | None = None,
    by: str | None = None,
) -> int:
    """Record a new run, ready to fetch, with its groups and the plan it carries out; return its id.

    `by` is its caller; None: it was due.
    """
    values = {"list_id": list_id, "started_at": now, "since": since, "links": links, "kept_plan_id": kept_plan_id}
    values["begun_by"] = by[:NAME_LENGTH_MAX] if by else None
    key = tx.execute(insert(run).values(values)).inserted_primary_key
    run_id = int(key[0]) if key else 0
    at_its_beginning = {"run_id": run_id, "stage": Stage.FETCH.value, **_NOT_BEGUN}
    tx.execute(update(status).where(status.c.list_id == list_id).values(at_its_beginning))
    return run_id


def run_start(tx: Connection, run_id: int) -> RunStart:
    """Return how a run started."""
    columns = (run.c.started_at, run.c.since, run.c.links, run.c.kept_plan_id, run.c.accepts_empty, run.c.with_data)
    row = tx.execute(select(*columns).where(run.c.id == run_id)).one()
    return RunStart(*row)


def accept_empty(tx: Connection, run_id: int) -> None:
    """Record that what looks empty to a run is empty; this applies to all its calls."""
    tx.execute(update(run).where(run.c.id == run_id).values(accepts_empty=True))


def record_trust(tx: Connection, list_id: str, done: Mapping[str, Any] | None) -> None:
    """Record the run in which a side was trusted, and the trust; None: no side is trusted any more."""
    tx.execute(update(status).where(status.c.list_id == list_id).values(trust=done or null()))


def add_data(tx: Connection, run_id: int) -> None:
    """Record that a run also sends what plugins know; this applies to all its calls."""
    tx.execute(update(run).where(run.c.id == run_id).values(with_data=True))


def add_counts(tx: Connection, run_id: int, **counts: Any) -> None:
    """Add figures to those of a run."""
    found = tx.execute(select(run.c.counts).where(run.c.id == run_id)).scalar_one_or_none()
    tx.execute(update(run).where(run.c.id == run_id).values(counts={**(found or {}), **counts}))


def last_data_run(tx: Connection, list_id: str) -> DataRun | None:
    """Return the newest complete run with data of a connection."""
    query = select_as(DataRun, run).where(
        run.c.list_id == list_id, run.c.kind == WHOLE_RUN, run.c.with_data, run.c.outcome.in_(COMPLETE)
    )
    return fetch_one(tx, DataRun, query.order_by(run.c.id.desc()).limit(1))


def remember_seen(tx: Connection, list_id: str, seen: Mapping[str, Any]) -> None:
    """Store what CiviCRM showed."""
    tx.execute(update(status).where(status.c.list_id == list_id).values(seen=seen))


def record_history(tx: Connection, list_id: str, newest: int) -> None:
    """Record the end of CiviCRM's history including our latest changes."""
    remember_seen(tx, list_id, {**_seen(tx, list_id), HISTORY: newest})


def history_before_changes(tx: Connection, list_id: str) -> int | None:
    """Return the end of CiviCRM's history as it is known, and record that it is unknown while changes are made."""
    seen = _seen(tx, list_id)
    remember_seen(tx, list_id, {**seen, HISTORY: None})
    known_to: int | None = seen.get(HISTORY)
    return known_to


def _seen(tx: Connection, list_id: str) -> Mapping[str, Any]:
    return tx.execute(select(status.c.seen).where(status.c.list_id == list_id)).scalar_one_or_none() or {}


def history_known_to(tx: Connection) -> int | None:
    """Return the newest entry of CiviCRM's history that we know, from all connections.

    None: not certain, because changes are being made or were interrupted, or an older version made them.
    """
    noted = [seen[HISTORY] for seen in tx.execute(select(status.c.seen)).scalars() if seen and HISTORY in seen]
    return max(noted, default=None) if None not in noted else None


def begin_members_run(tx: Connection, list_id: str, now: datetime) -> int:
    """Record a run over a few members, which doesn't change the connection's state; return its id."""
    key = tx.execute(insert(run).values(list_id=list_id, kind=MEMBERS, started_at=now)).inserted_primary_key
    return int(key[0]) if key else 0


def end_members_run(tx: Connection, run_id: int, now: datetime, outcome: str) -> None:
    """Record how a run over a few members ended."""
    tx.execute(update(run).where(run.c.id == run_id).values(finished_at=now, outcome=outcome))


def set_stage(tx: Connection, list_id: str, stage: Stage) -> None:
    """Move on to a stage, at its start."""
    tx.execute(_SET_STAGE, {"of": list_id, "stage": stage.value})


def set_progress(tx: Connection, list_id: str, progress: Mapping[str, Any] | None) -> None:
    """Store where the stage continues."""
    tx.execute(_SET_PROGRESS, {"of": list_id, "progress": progress})


def end_run(
    tx: Connection,
    list_id: str,
    run_id: int,
    now: datetime,
    outcome: str,
    *,
    mark: datetime | None = None,
    links: Mapping[str, Any] | None = None,
) -> None:
    """Record how a run ended; with a `mark`, later runs read only changes since then."""
    tx.execute(update(run).where(run.c.id == run_id).values(finished_at=now, outcome=outcome))
    values: dict[str, Any] = {"run_id": None, "stage": Stage.FETCH.value, **_NOT_BEGUN}
    if mark is not None:
        values["last_sync_time"] = mark
    if links is not None:
        values["links"] = links
    tx.execute(update(status).where(status.c.list_id == list_id).values(values))


def record_error(tx: Connection, run_id: int, code: Code | None) -> None:
    """Record the error that interrupted a run, or None when it continues."""
    tx.execute(update(run).where(run.c.id == run_id).values(error_code=code.value if code else None))


def add_log(tx: Connection, list_id: str, run_id: int | None, now: datetime, message: str) -> None:
    """Add a line to a run's log."""
    line = {"list_id": list_id, "run_id": run_id, "time": now, "message": message[:MESSAGE_LENGTH_MAX]}
    tx.execute(insert(log), line)


def log_lines(tx: Connection, list_id: str, run_id: int) -> list[tuple[datetime, str]]:
    """Return a run's log, oldest first."""
    query = select(log.c.time, log.c.message).where(log.c.list_id == list_id, log.c.run_id == run_id).order_by(log.c.id)
    return [(row.time, row.message) for row in tx.execute(query)]


def last_activity(tx: Connection, list_id: str) -> datetime | None:
    """Return when the newest line of a connection's log was written, None before the first."""
    query = select(log.c.time).where(log.c.list_id == list_id).order_by(log.c.id.desc()).limit(1)
    return tx.execute(query).scalar_one_or_none()


def last_run(tx: Connection, list_id: str) -> StoredRun | None:
    """Return the newest run of a connection.

    Syncs of a few members don't count, nor calls that failed before their run had started.
    """
    query = select_as(StoredRun, run).where(run.c.list_id == list_id, run.c.kind == WHOLE_RUN, has_run())
    return fetch_one(tx, StoredRun, query.order_by(run.c.id.desc()).limit(1))


def has_run() -> ColumnElement[bool]:
    """Return the condition that a row of the table of runs stands for a run that has started."""
    return or_(run.c.outcome.is_(None), run.c.outcome != NOT_BEGUN)


def first_run(tx: Connection, list_id: str) -> datetime | None:
    """Return when a connection was first synced."""
    query = select(func.min(run.c.started_at)).where(run.c.list_id == list_id, run.c.kind == WHOLE_RUN, has_run())
    return tx.execute(query).scalar_one_or_none()


def last_full_run(tx: Connection, list_id: str) -> datetime | None:
    """Return when the newest complete run that read everything started."""
    return tx.execute(newest_full_run(list_id).with_only_columns(run.c.started_at)).scalar_one_or_none()


def newest_full_run(list_id: str) -> Select[Any]:
    """Return the query for the newest complete run of a connection that read everything."""
    query = select(run).where(
        run.c.list_id == list_id, run.c.kind == WHOLE_RUN, run.c.since.is_(None), run.c.outcome.in_(COMPLETE)
    )
    return query.order_by(run.c.id.desc()).limit(1)
