"""Holding the lease of a connection: only its holder may work on it. See docs/decisions/leases.md."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync.store import Store
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.lease.owner import current_process, is_dead
from mailchimpsync.sync.options import Systems

RENEWED_EVERY = timedelta(minutes=1)
"""While waiting for external systems; each transaction renews it too."""


class OwnedLease:
    """Checked by the clients before each request: may this run still write, and does its lease last long enough?"""

    def __init__(self, store: Store, lease: runs.Lease, runtime: Runtime) -> None:
        self._store, self._lease, self._runtime = store, lease, runtime
        self._renewed: datetime | None = None

    def check(self) -> None:
        """Renew the lease.

        Raises:
            LeaseLostError: another process has it; nothing more may be sent.
        """
        with self._store.begin() as tx:
            runs.renew_lease(tx, self._lease)
        self._renewed = self._runtime.now()

    def renew(self) -> None:
        """Renew the lease unless that was done a moment ago; else as `check`."""
        if self._renewed is None or self._runtime.now() - self._renewed >= RENEWED_EVERY:
            self.check()


@contextmanager
def owned_lease(systems: Systems, list_id: str, deadline: Deadline) -> Iterator[runs.Lease]:
    """Own the lease of an audience, and let both clients write only while it is owned.

    Raises:
        BusyError: another process holds it.
    """
    with systems.until(deadline), acquired_lease(systems.store, list_id) as lease, writing_under(systems, lease):
        yield lease


@contextmanager
def writing_under(systems: Systems, lease: runs.Lease) -> Iterator[None]:
    """Let both clients write only while a lease is owned, and renew it while they wait."""
    owned = OwnedLease(systems.store, lease, systems.runtime)
    systems.mailchimp.permit = systems.civicrm.permit = owned
    try:
        yield
    finally:
        systems.mailchimp.permit = systems.civicrm.permit = None


@contextmanager
def acquired_lease(store: Store, list_id: str, *, by_force: bool = False) -> Iterator[runs.Lease]:
    """Acquire the lease of an audience, also from a dead process, and release it at the end.

    `by_force` takes it from a living process as well, which then can't write any more.

    Raises:
        BusyError: another process holds it.
    """
    lease = _acquire(store, list_id, by_force=by_force)
    try:
        yield lease
    except BaseException:
        with suppress(Exception):  # the first error is the one to report; a lease that isn't released is taken over
            _release(store, lease)
        raise
    _release(store, lease)


def is_held(store: Store, list_id: str) -> bool:
    """Return whether a process that isn't known to be dead holds the lease of an audience."""
    with store.begin() as tx:
        found = runs.stored_status(tx, list_id)
    return found.is_held and not is_dead(found.lease_owner or "")


def _acquire(store: Store, list_id: str, *, by_force: bool) -> runs.Lease:
    with store.begin() as tx:
        owner = runs.stored_status(tx, list_id).lease_owner
        abandoned = owner if owner and (by_force or is_dead(owner)) else None
        return runs.acquire_lease(tx, list_id, current_process(), abandoned=abandoned)


def _release(store: Store, lease: runs.Lease) -> None:
    with store.begin() as tx:
        runs.release_lease(tx, lease)
