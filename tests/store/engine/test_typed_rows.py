"""Typed rows: the columns of a query are the fields of its type."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from sqlalchemy import Connection, Select, func, select

from mailchimpsync.store import Store
from mailchimpsync.store.engine.typed_rows import fetch, fetch_one, select_as
from mailchimpsync.store.schema import log
from store.databases import hour


class Line(NamedTuple):
    id: int
    message: str
    length: int


def _lines() -> Select[Line]:
    return select_as(Line, log, length=func.length(log.c.message)).order_by(log.c.id)


def _add(tx: Connection, *messages: str) -> None:
    tx.execute(log.insert(), [{"list_id": "a", "time": hour(9), "message": one} for one in messages])


def test_a_row_has_its_table_s_columns_and_the_expressions_given(store: Store) -> None:
    with store.begin() as tx:
        _add(tx, "one", "three")
        one, three = fetch(tx, Line, _lines())
        assert (one.message, one.length, three.message, three.length) == ("one", 3, "three", 5)
        assert fetch_one(tx, Line, _lines().limit(1)) == one


def test_no_row_is_none(store: Store) -> None:
    with store.begin() as tx:
        assert fetch_one(tx, Line, _lines()) is None


def test_the_first_table_s_column_counts() -> None:
    newest = select(func.max(log.c.id).label("id")).subquery("newest")
    query = select_as(Line, newest, log, length=log.c.id)
    assert [str(column) for column in query.selected_columns][:2] == ["newest.id", f"{log.name}.message"]


def test_a_field_without_a_column_is_an_error() -> None:
    with pytest.raises(KeyError, match="length"):
        select_as(Line, log)
