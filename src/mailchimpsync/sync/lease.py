"""Holding the lease of a connection: whoever works on it does so alone (DESIGN 3.8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mailchimpsync.runtime import Runtime
from mailchimpsync.store import Store, runs
from mailchimpsync.sync.process import is_dead, this_process


@contextmanager
def holding_lease(store: Store, list_id: str, runtime: Runtime, *, by_force: bool = False) -> Iterator[runs.Lease]:
    """Take the lease of an audience, that of a dead process too, and give it back at the end.

    `by_force` takes it from a living one as well, which then can write nothing more.

    Raises:
        BusyError: somebody else is at work.
    """
    lease = _take(store, list_id, runtime, by_force=by_force)
    try:
        yield lease
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell; a lease that stays is taken over
            _release(store, lease)
        raise
    _release(store, lease)


def is_held(store: Store, list_id: str, runtime: Runtime) -> bool:
    """Say whether a process that is not known to be dead holds the lease of an audience."""
    with store.begin() as tx:
        found = runs.standing(tx, list_id)
    if found.lease_owner is None or found.lease_expires is None or found.lease_expires <= runtime.now():
        return False
    return not is_dead(found.lease_owner)


def _take(store: Store, list_id: str, runtime: Runtime, *, by_force: bool) -> runs.Lease:
    now = runtime.now()
    with store.begin() as tx:
        owner = runs.standing(tx, list_id).lease_owner
        abandoned = owner if owner and (by_force or is_dead(owner)) else None
        return runs.acquire_lease(tx, list_id, this_process(), now, abandoned=abandoned)


def _release(store: Store, lease: runs.Lease) -> None:
    with store.begin() as tx:
        runs.release_lease(tx, lease)
