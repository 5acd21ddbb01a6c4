"""What changing single rows has in common: alone on the audience, and rows that have to be there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Table

from mailchimpsync.actions.site import Site
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import edits
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.lease.lease import holding_lease

RowId = Annotated[int, Field(gt=0, lt=2**63)]


@contextmanager
def exclusive_transaction(site: Site, list_id: str) -> Iterator[Transaction]:
    """Open a transaction in which no run works on the audience.

    Raises:
        BusyError: a run is at work.
    """
    with holding_lease(site.store, list_id) as lease, site.store.begin() as tx:
        runs.hold_lease(tx, lease)
        yield tx


def existing(tx: Transaction, table: Table, row_id: int, what: str) -> dict[str, Any]:
    """Return a row by its id.

    Raises:
        UsageError: there is none; `what` says what it would have been.
    """
    found = edits.row(tx, table, row_id)
    if found is None:
        raise UsageError(f"There is no {what} {row_id}.", code=Code.UNKNOWN)
    return found


def read_row(site: Site, table: Table, row_id: int, what: str) -> dict[str, Any]:
    """Return a row by its id, in a transaction of its own: to know its audience before working on that alone.

    Raises:
        UsageError: there is none.
    """
    with site.store.begin() as tx:
        return existing(tx, table, row_id, what)
