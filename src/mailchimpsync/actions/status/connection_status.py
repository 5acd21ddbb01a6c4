"""The status of a connection, as `getstatus` returns it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.actions.status.connection_state import ConnectionState
from mailchimpsync.config import Link
from mailchimpsync.decide.lanes import Share
from mailchimpsync.store.queries.failures import Standing

SECONDS_BEFORE_ESTIMATE = 3


@dataclass(frozen=True, slots=True)
class Failure:
    """Why some rows can't be synced, or some campaigns can't be imported, in words, and who can fix it."""

    code: str
    count: int
    sentence: str
    remedy: str
    who: str
    standing: str = Standing.NEEDS_ATTENTION.value


@dataclass(frozen=True, slots=True)
class RunProgress:
    """The progress of a run's stage: items done, the total (None: not known), and seconds of work."""

    done: int
    total: int | None
    seconds: int

    @property
    def rate(self) -> float | None:
        """Items per second; None before the first is done."""
        return self.done / self.seconds if self.done and self.seconds else None

    @property
    def seconds_left(self) -> int | None:
        """How long the rest of the stage takes at this rate; None if it is too early to say."""
        if self.rate is None or self.total is None or self.seconds < SECONDS_BEFORE_ESTIMATE:
            return None
        return round(max(0, self.total - self.done) / self.rate)


@dataclass(frozen=True, slots=True)
class CampaignsStatus:
    """The status of the import of campaigns.

    Attributes:
        begun_at: when the newest import started; None: there was none yet.
        outcome: how it ended: `done`, `out of time`, or an error code; None: it is running.
        campaigns: how many are known; `activities`: how many activities they have in CiviCRM.
        failures: how many campaigns could not be imported, and why.
    """

    begun_at: datetime | None
    outcome: str | None
    campaigns: int
    activities: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """The status of a connection; times are UTC.

    Attributes:
        running: whether a run is in progress; `interrupted`: whether one stopped midway, to be continued by the next
            call.
        crashed: about a run that stopped midway and was not continued for half an hour.
        state: the connection's state, from which everything about its health derives.
        since: since when the newest run checks, or checked, changes; None: it reads everything.
        is_counted: whether both sides were ever read completely; until then, numbers of people mean nothing.
        to_add, to_remove: people subscribed in CiviCRM but not at Mailchimp, and the reverse, as last read.
        further_rows: further addresses of group contacts that are or were members, each with its own row.
        kept_off, kept_on: likewise, but staying that way because of the connection's departure table.
        cannot_subscribe: group members who can't be subscribed; `other_fails`: the other failed rows, of which
            `cannot_join` are subscribed at Mailchimp but can't be in the group.
        rows: number of rows by sync status; `weird`: some rows with a status that this version doesn't know.
        last_outcome: how the last attempt ended; `last_error`: its error code, if it failed.
        held_plan_id: the plan that holds the connection until it is decided; `held_why`: the reasons in words.
        log: the log of the newest run.
        working: the progress of the stage of a run in progress; None: no run is, or it has not started.
        run_id: the newest run; `run_began_at`: when it started; `run_begun_by`: who started it, None: it was due.
        differences_found: unexplained differences in the last full comparison; None: there was none.
        campaigns: the status of the import of campaigns; None: they are not imported automatically.
        batches: batches whose results have not been read, if asked for; `batches_problem`: why Mailchimp could not be
            asked about them.
        sending: by which lanes updates are on their way to Mailchimp, and why.
    """

    link: Link
    stage: str
    running: bool
    interrupted: bool
    crashed: str | None
    state: ConnectionState
    last_sync_time: datetime | None
    since: datetime | None
    rows: Mapping[str, int]
    weird: tuple[Mapping[str, Any], ...]
    subscribed_at_civicrm: int
    subscribed_at_mailchimp: int
    to_add: int
    to_remove: int
    cannot_subscribe: int
    other_fails: int
    updates_outstanding: int
    updates_unsent: int
    failures: tuple[Failure, ...]
    last_outcome: str | None
    last_error: str | None
    log: tuple[tuple[datetime, str], ...]
    is_counted: bool = True
    held_plan_id: int | None = None
    held_why: tuple[str, ...] = ()
    differences_found: int | None = None
    cannot_join: int = 0
    kept_off: int = 0
    kept_on: int = 0
    further_rows: int = 0
    working: RunProgress | None = None
    run_id: int | None = None
    run_began_at: datetime | None = None
    run_begun_by: str | None = None
    campaigns: CampaignsStatus | None = None
    batches: tuple[Mapping[str, Any], ...] | None = None
    batches_problem: str | None = None
    sending: tuple[Share, ...] = ()

    @property
    def in_sync(self) -> bool:
        """Whether no one is due and the last attempt succeeded; people who can't be synced don't count."""
        return self.state.in_sync

    @property
    def next_run_at(self) -> datetime | None:
        """When a service starts the next run; None: no service runs the connection's schedule."""
        return self.state.next_run_at

    @property
    def verified_at(self) -> datetime | None:
        """When both sides were last compared in full."""
        return self.state.verified_at
