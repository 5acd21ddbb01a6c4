"""What fails in the middle of a step is told by its own cause, on every database."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailchimpsync.errors import StoreError
from mailchimpsync.store import Store
from mailchimpsync.store.engine import dialect
from mailchimpsync.store.schema import cache

ROWS = [{"id": number, "identity": str(number)} for number in range(3)]


def test_a_step_that_fails_with_many_rows_at_hand_tells_its_own_cause(store: Store) -> None:
    """The temporary table can't be dropped in a transaction that failed; that must not take the cause's place."""
    with pytest.raises(StoreError, match="nowhere"), store.begin() as tx, dialect._temporary_table(tx, cache, ROWS):
        tx.exec_driver_sql("SELECT 1 FROM nowhere")

    with store.begin() as tx, dialect._temporary_table(tx, cache, ROWS) as temporary:
        assert len(tx.execute(select(temporary)).all()) == 3
