"""Shared by actions that change single rows: exclusive access to the audience, and rows that must exist."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table

from mailchimpsync.actions.site import Site
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import edits
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.lease.lease import acquired_lease


@contextmanager
def exclusive_transaction(site: Site, list_id: str) -> Iterator[Transaction]:
    """Open a transaction during which no run works on the audience.

    Raises:
        BusyError: a run is in progress.
    """
    with acquired_lease(site.store, list_id) as lease, site.store.begin() as tx:
        runs.renew_lease(tx, lease)
        yield tx


def existing(tx: Transaction, table: Table, row_id: int, what: str) -> dict[str, Any]:
    """Return a row by its id.

    Raises:
        UsageError: there is none; `what` is its name in the message.
    """
    found = edits.row(tx, table, row_id)
    if found is None:
        raise UsageError(f"There is no {what} {row_id}.", code=Code.UNKNOWN)
    return found


def read_row(site: Site, table: Table, row_id: int, what: str) -> dict[str, Any]:
    """Return a row by its id, in its own transaction: to know its audience before getting exclusive access.

    Raises:
        UsageError: there is none.
    """
    with site.store.begin() as tx:
        return existing(tx, table, row_id, what)
