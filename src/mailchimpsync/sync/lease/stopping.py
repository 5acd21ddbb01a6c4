"""Stopping a run from another process: it is asked to stop, and if it doesn't, its lease is taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync.store import Store
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.lease.lease import acquired_lease, is_held
from mailchimpsync.sync.options import Outcome

CHECK_INTERVAL = timedelta(seconds=0.5)
ABORT_TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.25


class AbortWatch:
    """Tells whether a run is asked to stop, or its connection was paused.

    It queries the store at most twice a second, and stays with a yes.
    """

    def __init__(self, store: Store, list_id: str, runtime: Runtime) -> None:
        self._store, self._list_id, self._runtime = store, list_id, runtime
        self._requested = False
        self._next_check: datetime | None = None

    def __call__(self) -> bool:
        """Return whether to stop. Must not be called within a transaction."""
        now = self._runtime.now()
        if not self._requested and (self._next_check is None or now >= self._next_check):
            self._next_check = now + CHECK_INTERVAL
            with self._store.begin() as tx:
                found = runs.stored_status(tx, self._list_id)
            self._requested = found.is_asked or found.paused_at is not None
        return self._requested

    def joined_to(self, deadline: Deadline) -> Deadline:
        """Return a deadline that is also reached as soon as the run is asked to stop."""
        return replace(deadline, stop=lambda: deadline.is_stopped or self())


@contextmanager
def take_over_lease(store: Store, list_id: str, runtime: Runtime) -> Iterator[runs.Lease]:
    """Acquire the lease from its holder: ask it to stop, wait some seconds, then take the lease regardless.

    From then on the other run can't write anything here. A request already in progress can't be called back.
    """
    with store.begin() as tx:
        runs.request_abort(tx, list_id)
    deadline = Deadline.after(runtime, ABORT_TIMEOUT_SECONDS)
    while is_held(store, list_id) and not deadline.reached:
        deadline.sleep(POLL_SECONDS)
    with acquired_lease(store, list_id, by_force=True) as lease:
        with store.begin() as tx:
            runs.renew_lease(tx, lease)
            runs.clear_abort(tx, list_id)
        yield lease


def outcome_of_stop(found: runs.StoredStatus, *, was_asked: bool) -> Outcome:
    """Return the outcome of a run that ends early: out of time, or as another process has asked."""
    if not was_asked:
        return Outcome.OUT_OF_TIME
    return Outcome.ABORTED if found.is_asked or found.paused_at is None else Outcome.PAUSED
