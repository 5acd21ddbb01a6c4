"""What the fleet's operators did, within transactions for the fleet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.schema.fleet_tables import operation, operation_site, sign_in_link


class Operation(NamedTuple):
    """What an operator did, such as `pause`; times are UTC."""

    id: int
    what: str
    by: str
    reason: str | None
    began_at: datetime
    ended_at: datetime | None


class OperationSite(NamedTuple):
    """A site that it was done to; `outcome` None: not yet."""

    site: str
    outcome: str | None
    has_failed: bool


def add_operation(
    tx: Connection, what: str, by: str, names: Collection[str], now: datetime, *, reason: str | None = None
) -> int:
    """Record that an operator begins something, and return its number."""
    values = {"what": what, "by": by, "reason": reason, "began_at": now}
    number: int = tx.execute(insert(operation).values(values).returning(operation.c.id)).scalar_one()
    rows = [{"operation": number, "site": name, "has_failed": False} for name in names]
    tx.execute(insert(operation_site), rows)
    return number


def note_outcome(tx: Connection, number: int, name: str, outcome: str, *, has_failed: bool) -> None:
    """Record what became of an operation for one site."""
    found = operation_site.c.operation == number, operation_site.c.site == name
    tx.execute(update(operation_site).where(*found).values(outcome=outcome, has_failed=has_failed))


def end_operation(tx: Connection, number: int, now: datetime) -> None:
    """Record that an operation is over."""
    tx.execute(update(operation).where(operation.c.id == number).values(ended_at=now))


def find_operation(tx: Connection, number: int) -> Operation | None:
    """Return an operation, or None."""
    return fetch_one(tx, Operation, select_as(Operation, operation).where(operation.c.id == number))


def sites_of(tx: Connection, number: int) -> list[OperationSite]:
    """Return the sites of an operation, by name."""
    query = select_as(OperationSite, operation_site).where(operation_site.c.operation == number)
    return fetch(tx, OperationSite, query.order_by(operation_site.c.site))


def newest_operations(tx: Connection, limit: int) -> list[tuple[Operation, int, str]]:
    """Return the newest operations, each with the number of its sites, and the first one's name."""
    found = fetch(tx, Operation, select_as(Operation, operation).order_by(operation.c.id.desc()).limit(limit))
    query = (
        select(operation_site.c.operation, func.count(), func.min(operation_site.c.site))
        .where(operation_site.c.operation.in_([one.id for one in found]))
        .group_by(operation_site.c.operation)
    )
    numbers = {row[0]: (row[1], row[2]) for row in tx.execute(query)}
    return [(one, *numbers.get(one.id, (0, ""))) for one in found]


def prune_operations(tx: Connection, before: datetime) -> None:
    """Forget what was done before a time."""
    tx.execute(delete(operation).where(operation.c.began_at < before))


def add_link(tx: Connection, digest: str, site: str, by: str, now: datetime, expires_at: datetime) -> None:
    """Keep the digest of a link by which an operator opens a site once; those that have expired are deleted."""
    tx.execute(delete(sign_in_link).where(sign_in_link.c.expires_at < now))
    tx.execute(insert(sign_in_link).values(digest=digest, site=site, by=by, expires_at=expires_at))


def use_link(tx: Connection, digest: str, site: str, now: datetime) -> str | None:
    """Use a link up, and return the operator; None: it is of another site, has expired, or was used before."""
    found = sign_in_link.c.digest == digest, sign_in_link.c.site == site, sign_in_link.c.expires_at >= now
    name: str | None = tx.execute(delete(sign_in_link).where(*found).returning(sign_in_link.c.by)).scalar_one_or_none()
    return name
