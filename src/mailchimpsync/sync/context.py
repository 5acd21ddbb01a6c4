"""What every stage of a run needs, and other work under the lease of a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from mailchimpsync.civicrm import SEES_EVERYTHING, CivicrmClient, SiteClock, UnreadableRow, Visibility
from mailchimpsync.effects import Effect
from mailchimpsync.mailchimp import MailchimpClient
from mailchimpsync.model import Connection
from mailchimpsync.runtime import Deadline, Progress, Runtime
from mailchimpsync.store import Store, Transaction
from mailchimpsync.store.journal.journal import NewEntry
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site.tombstones import NONE_ERASED, Erased


def _never_aborted() -> bool:
    return False


def _no_progress() -> None:
    return None


class About(NamedTuple):
    """Whose change it is: the row, its contact and member at that time, and the run that made it."""

    cache_id: int
    contact_id: int | None
    member_id: str | None
    run_id: int | None


class Changes(NamedTuple):
    """The seconds whose contacts and history entries have to be read, as the site shows them; None: all."""

    contacts: tuple[str, ...] | None = None
    history: tuple[str, ...] | None = None

    @property
    def none(self) -> bool:
        """Whether there are none."""
        return self.contacts == () and self.history == ()


ALL_CHANGES = Changes()


@dataclass(frozen=True, kw_only=True)
class Work:
    """Work on one connection under its lease; its messages go into the log of run `id`, if any.

    `stage_progress` returns the progress of the stage, for observers elsewhere.
    """

    id: int | None
    connection: Connection
    store: Store
    mailchimp: MailchimpClient
    runtime: Runtime
    deadline: Deadline
    progress: Progress
    lease: runs.Lease
    civicrm: CivicrmClient
    stage_progress: Callable[[], runs.StageProgress | None] = _no_progress

    @property
    def list_id(self) -> str:
        """The audience."""
        return self.connection.list_id

    @property
    def sends_updates_of(self) -> int | None:
        """The run whose updates it sends; None: any that are waiting."""
        return None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction that holds the lease: a process that has lost it can't write any more."""
        with self.store.begin() as tx:
            runs.renew_lease(tx, self.lease, self.stage_progress())
            yield tx

    def expect(self, remaining: int) -> None:
        """Report how many items of the stage remain."""
        at = self.stage_progress()
        self.progress.advance(0, remaining + (at.done if at is not None else 0))

    def entry(
        self, about: About, effect: Effect, reason: str, answer: str | None = None, at: datetime | None = None
    ) -> NewEntry:
        """Return the journal entry for a change made now, or refused; `answer` is the other side's response.

        `at` is the time for entries that are written together.
        """
        cache_id, contact_id, member_id, run_id = about
        now = at or self.runtime.now()
        return NewEntry(self.list_id, cache_id, now, effect, reason, contact_id, member_id, run_id, answer)

    def log(self, message: str) -> None:
        """Add a line to the run's log, and report it."""
        with self.transaction() as tx:
            runs.add_log(tx, self.list_id, self.id, self.runtime.now(), message)
        self.progress.message(message)


@dataclass(frozen=True, kw_only=True)
class Run(Work):
    """One pass over one connection, within this call.

    Attributes:
        started_at: when it began, in this or an earlier call; what the mark becomes.
        since: the time from which it reads changes; None: everything.
        site_clock: how to read and write CiviCRM's times.
        abort_requested: returns whether this run was asked to stop, or its connection was paused.
        waits_for_batches: whether it waits for Mailchimp; without, it ends once everything is sent.
        kept_plan_id: the plan it carries out, and nothing else.
        accepts_empty: whether a side that looks empty is believed.
        unguarded: whether the caller reviews its plan, so that it isn't held.
        erased: people who are left alone.
        with_data: whether what plugins know of people goes to Mailchimp too.
        notes: where this run does something other than the caller expects.
        to_read: the seconds, as CiviCRM shows them, whose contacts and history have to be read.
        visibility: which missing contacts CiviCRM shows.
        unreadable: records that couldn't be read and aren't recorded yet.
        named_rows: unreadable records that the log already names (contact_problems.py).
    """

    id: int
    started_at: datetime
    since: datetime | None
    site_clock: SiteClock
    abort_requested: Callable[[], bool] = _never_aborted
    waits_for_batches: bool = True
    kept_plan_id: int | None = None
    accepts_empty: bool = False
    unguarded: bool = False
    erased: Erased = NONE_ERASED
    with_data: bool = False
    notes: list[str] = field(default_factory=list)
    to_read: Changes = ALL_CHANGES
    visibility: Visibility = SEES_EVERYTHING
    unreadable: list[UnreadableRow] = field(default_factory=list)
    named_rows: set[UnreadableRow] = field(default_factory=set)

    @property
    def since_at_site(self) -> str | None:
        """`since` in CiviCRM's time zone and format."""
        return self.site_clock.shown_from(self.since) if self.since else None

    def read_progress(self) -> Mapping[str, Any]:
        """Return where the stage continues; empty at its start."""
        with self.transaction() as tx:
            return runs.stored_status(tx, self.list_id).progress or {}

    def note(self, message: str) -> None:
        """Log something the caller should know."""
        self.notes.append(message)
        self.log(message)

    def note_progress(self, tx: Transaction, progress: Mapping[str, Any] | None) -> None:
        """Store where the stage continues."""
        runs.set_progress(tx, self.list_id, progress)
