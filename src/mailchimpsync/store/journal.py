"""The journal: what was changed, on which side, why (DESIGN 3.7)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, func, select

from mailchimpsync.store.dialect import Row, insert_rows
from mailchimpsync.store.schema import journal


def write_journal(tx: Connection, entries: Sequence[Row]) -> None:
    """Add entries, all with the same columns."""
    insert_rows(tx, journal, entries)


def changes_by_kind(tx: Connection, run_ids: Sequence[int]) -> list[tuple[str, str, str, int]]:
    """Return how many changes runs made, by (side, field, new value)."""
    kind = (journal.c.side, journal.c.field, journal.c.new)
    query = select(*kind, func.count()).where(journal.c.run_id.in_(run_ids)).group_by(*kind).order_by(*kind)
    return [(side, field, new or "", number) for side, field, new, number in tx.execute(query)]


def entries_of_row(tx: Connection, list_id: str, cache_id: int) -> Sequence[RowMapping]:
    """Return the story of a row, oldest first."""
    query = select(journal).where(journal.c.list_id == list_id, journal.c.cache_id == cache_id).order_by(journal.c.id)
    return tx.execute(query).mappings().all()
