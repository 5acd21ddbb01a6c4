"""Where a connection stands, as `getstatus` tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.actions.status.connection_state import ConnectionState
from mailchimpsync.config import Link

SECONDS_BEFORE_A_GUESS = 3


@dataclass(frozen=True, slots=True)
class Failure:
    """Why some rows can't be synced, or some campaigns not imported, in words, and who can mend it."""

    code: str
    count: int
    sentence: str
    remedy: str
    who: str


@dataclass(frozen=True, slots=True)
class Working:
    """How far a run is in its stage: items done, of how many (None: unknown), in how many seconds of work."""

    done: int
    total: int | None
    seconds: int

    @property
    def rate(self) -> float | None:
        """Items a second; None before there are any."""
        return self.done / self.seconds if self.done and self.seconds else None

    @property
    def seconds_left(self) -> int | None:
        """How long the stage will take at this rate, where that can be said already."""
        if self.rate is None or self.total is None or self.seconds < SECONDS_BEFORE_A_GUESS:
            return None
        return round(max(0, self.total - self.done) / self.rate)


@dataclass(frozen=True, slots=True)
class CampaignsStatus:
    """How the import of campaigns stands.

    Attributes:
        begun_at: when the newest import began; None: there was none yet.
        outcome: how it ended: `done`, `out of time`, or the code of an error; None: it is at work.
        campaigns: how many are known; `activities`: how many were made of them in CiviCRM.
        failures: which campaigns could not be imported, and why.
    """

    begun_at: datetime | None
    outcome: str | None
    campaigns: int
    activities: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """Where a connection stands; times are UTC.

    Attributes:
        running: whether a run is at work now; `interrupted`: whether one stopped midway, and the next call goes on.
        crashed: what is known of a run that stopped midway, when nobody has gone on with it for half an hour.
        state: what is true of it; all that says how good it is derives from this.
        since: since when the newest run looks, or looked, at changes; None: at everything.
        is_counted: whether both sides were ever read to the end; before that, the numbers of people say nothing.
        to_add, to_remove: how many are subscribed here and not there, and the other way round, as last read.
        further_rows: further addresses of contacts in the group that are or were members, each with a row of its own.
        kept_off, kept_on: likewise, where that stays so, as the connection's departure table says.
        cannot_subscribe: how many group members can't be subscribed; `other_fails`: the other failed rows,
            of which `cannot_join` are subscribed at Mailchimp, and can't be in the group.
        rows: number of rows by sync status; `weird`: some of those with a status that this version doesn't know.
        last_outcome: how the last attempt ended; `last_error`: the code of the error that it ended with, if so.
        held_plan_id: the plan that holds the connection until somebody has decided about it; `held_why`: in words.
        log: that of the newest run.
        working: how far the run that is at work is in its stage; None: none is, or it has not begun.
        run_id: the newest run; `run_began_at`: when it did, and `run_begun_by`: who called for it, None: it was due.
        differences_found: by the last full comparison, those nothing explains; None: there was none.
        campaigns: how the import of campaigns stands; None: they are not imported by themselves.
        batches: those whose results have not been read, if they were asked for; `batches_problem`: why they could not
            be asked about at Mailchimp.
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
    working: Working | None = None
    run_id: int | None = None
    run_began_at: datetime | None = None
    run_begun_by: str | None = None
    campaigns: CampaignsStatus | None = None
    batches: tuple[Mapping[str, Any], ...] | None = None
    batches_problem: str | None = None

    @property
    def in_sync(self) -> bool:
        """Say whether nobody is due and the last attempt succeeded; who can't be synced does not count against it."""
        return self.state.in_sync

    @property
    def next_run_at(self) -> datetime | None:
        """When a service begins the next run; None: none works by the connection's schedule."""
        return self.state.next_run_at

    @property
    def verified_at(self) -> datetime | None:
        """When both sides were last compared in full."""
        return self.state.verified_at
