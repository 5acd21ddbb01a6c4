"""Holding the lease of a connection: whoever works on it does so alone (DESIGN 3.8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mailchimpsync.runtime import Runtime
from mailchimpsync.store import Store, runs
from mailchimpsync.sync.process import is_dead, this_process


@contextmanager
def holding_lease(store: Store, list_id: str, runtime: Runtime) -> Iterator[runs.Lease]:
    """Take the lease of an audience, that of a dead process too, and give it back at the end.

    Raises:
        BusyError: somebody else is at work.
    """
    lease = _take(store, list_id, runtime)
    try:
        yield lease
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell; a lease that stays is taken over
            _release(store, lease)
        raise
    _release(store, lease)


def _take(store: Store, list_id: str, runtime: Runtime) -> runs.Lease:
    now = runtime.now()
    with store.begin() as tx:
        owner = runs.standing(tx, list_id).lease_owner
        abandoned = owner if owner and is_dead(owner) else None
        return runs.acquire_lease(tx, list_id, this_process(), now, abandoned=abandoned)


def _release(store: Store, lease: runs.Lease) -> None:
    with store.begin() as tx:
        runs.release_lease(tx, lease)
