"""The jobs of a fleet, and how each waits: in which queue, how urgent, and beside which others it may not be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mailchimpsync.actions.work import Kind

NOW, LATER, LONG = "now", "later", "long"
"""The queues: what wakes the workers, what waits for its time, and what takes long, for which some threads are kept."""

PRIORITIES: Mapping[str, int] = {
    Kind.EVENTS: 100,
    Kind.PLAN: 90,
    Kind.BATCHES: 60,
    Kind.SYNC: 40,
    Kind.ALERTS: 30,
    Kind.CAMPAIGNS: 20,
    Kind.VERIFY: 20,
    Kind.WEBHOOKS: 15,
    Kind.HOUSEKEEPING: 10,
}
OPT_OUTS_PRIORITY = 100
"""That of a sync that has opt-outs to send."""

_SLOW = {Kind.CAMPAIGNS, Kind.VERIFY, Kind.WEBHOOKS, Kind.HOUSEKEEPING}
_LOCKED = {Kind.EVENTS, Kind.SYNC}


@dataclass(frozen=True)
class Job:
    """Work that waits in a queue: its kind and a few words, nothing that another version could read differently.

    Attributes:
        kind: one of `Kind`, or one that only other versions know.
        site: the site's name; empty: it is about the whole fleet.
        audience: whose connection it is about; None: the whole site.
        after: where a job that is done in parts goes on.
    """

    kind: str
    site: str = ""
    audience: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class Place:
    """How a job waits.

    Attributes:
        job: which.
        at: not before this time; None: as soon as a thread is free.
        is_long: it is a part of something long, and takes turns with others of this sort.
        has_opt_outs: somebody who has left is to be taken off the list by it.
    """

    job: Job
    at: datetime | None = None
    is_long: bool = False
    has_opt_outs: bool = False

    @property
    def queue(self) -> str:
        """Return the queue it waits in."""
        if self.is_long or self.job.kind in _SLOW:
            return LONG
        return NOW if self.at is None else LATER

    @property
    def priority(self) -> int:
        """Return how urgent it is; the highest goes first."""
        return OPT_OUTS_PRIORITY if self.has_opt_outs else PRIORITIES.get(self.job.kind, 0)

    @property
    def lock(self) -> str | None:
        """Return what it may not run beside.

        A job that waits for its time has none: procrastinate would keep all others with this lock waiting for it. If it
        meets another one when its time has come, the lease sorts them out.
        """
        return self._about if self.at is None and self.job.kind in _LOCKED else None

    @property
    def queueing_lock(self) -> str:
        """Return what it may not wait beside."""
        return f"{self.job.kind} {self._about}{' …' if self.job.after is not None else ''}"

    @property
    def _about(self) -> str:
        return f"{self.job.site}/{self.job.audience or ''}"

    @property
    def words(self) -> dict[str, str]:
        """Return what is stored of the job."""
        given = {"kind": self.job.kind, "site": self.job.site, "audience": self.job.audience, "after": self.job.after}
        return {name: str(value) for name, value in given.items() if value}
