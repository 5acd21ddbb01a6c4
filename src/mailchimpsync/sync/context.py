"""What every stage of a run needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mailchimpsync.civicrm import CivicrmClient, to_site
from mailchimpsync.mailchimp import MailchimpClient
from mailchimpsync.model import Connection
from mailchimpsync.runtime import Deadline, Progress, Runtime
from mailchimpsync.store import Store, Transaction, runs


@dataclass(frozen=True)
class Run:
    """One pass over one connection, as far as this call goes; `since` None: everything."""

    id: int
    connection: Connection
    store: Store
    mailchimp: MailchimpClient
    civicrm: CivicrmClient
    runtime: Runtime
    deadline: Deadline
    progress: Progress
    lease: runs.Lease
    started_at: datetime
    since: datetime | None
    site_offset: timedelta

    @property
    def list_id(self) -> str:
        """The audience."""
        return self.connection.list_id

    @property
    def since_at_site(self) -> str | None:
        """`since` as CiviCRM writes it."""
        return to_site(self.since, self.site_offset) if self.since else None

    @property
    def sends_updates_of(self) -> int | None:
        """The run whose updates it sends; None: whatever is waiting."""
        return None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction that holds the lease: a run that lost it writes nothing more."""
        with self.store.begin() as tx:
            runs.hold_lease(tx, self.lease, self.runtime.now())
            yield tx

    def read_progress(self) -> Mapping[str, Any]:
        """Return where the stage goes on, or nothing at its beginning."""
        with self.transaction() as tx:
            return runs.standing(tx, self.list_id).progress or {}

    def note_progress(self, tx: Transaction, progress: Mapping[str, Any] | None) -> None:
        """Note where the stage goes on."""
        runs.set_progress(tx, self.list_id, progress)

    def log(self, message: str) -> None:
        """Add a line to the run's log, and tell whoever watches."""
        with self.transaction() as tx:
            runs.add_log(tx, self.list_id, self.id, self.runtime.now(), message)
        self.progress.message(message)
