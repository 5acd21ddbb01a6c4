"""What the steps of an import share: both sides, the lease, the options, and the results so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mailchimpsync.civicrm import CampaignSetup, Kind
from mailchimpsync.runtime import Deadline, Progress
from mailchimpsync.store import Transaction
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import campaigns
from mailchimpsync.store.site.campaigns import StoredCampaign
from mailchimpsync.sync.options import Systems


@dataclass
class Row:
    """A campaign as it is stored, kept up to date by `CampaignImport.change`."""

    stored: StoredCampaign


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What to import: campaigns sent `since` (None: a week before the last complete import), or `everything`.

    A campaign is followed for `follow_days` after it was sent: people who get a contact meanwhile are added, and with
    `opens` or `clicks` those are read once a day.
    """

    since: datetime | None = None
    everything: bool = False
    opens: bool = False
    clicks: bool = False
    follow_days: int = 30

    def reaches(self, sent_at: datetime) -> bool:
        """Return whether campaigns as old as one sent then were requested explicitly."""
        return self.everything or (self.since is not None and self.since <= sent_at)

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of activities needed."""
        return [Kind.SENT, *([Kind.OPENED] if self.opens else []), *([Kind.CLICKED] if self.clicks else [])]

    @property
    def reactions(self) -> list[Kind]:
        """The kinds about what people did."""
        return self.kinds[1:]


@dataclass
class CampaignImport:
    """One call of an import, working on one audience under its lease."""

    systems: Systems
    lease: runs.Lease
    list_id: str
    wanted: ImportOptions
    deadline: Deadline
    progress: Progress
    setup: CampaignSetup
    made: list[int] = field(default_factory=list)
    complete: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction that holds the lease.

        Raises:
            LeaseLostError: another process has it.
        """
        with self.systems.store.begin() as tx:
            runs.renew_lease(tx, self.lease)
            yield tx

    @property
    def now(self) -> datetime:
        """The current time."""
        return self.systems.runtime.now()

    @property
    def followed_since(self) -> datetime:
        """Campaigns sent before this are no longer followed."""
        return self.now - timedelta(days=self.wanted.follow_days)

    def change(self, row: Row, **values: Any) -> None:
        """Set columns of a campaign, in a transaction of its own."""
        with self.transaction() as tx:
            self.change_within(tx, row, **values)

    def change_within(self, tx: Transaction, row: Row, **values: Any) -> None:
        """Set columns of a campaign, in a transaction."""
        campaigns.change_campaign(tx, row.stored.id, **values)
        row.stored = row.stored._replace(**values)
