"""Rows with a type: a `NamedTuple` names the columns of a query, so that the type checker knows every reader of them.

The columns are named once, as the fields of the type. A tuple is made and read faster than SQLAlchemy's mappings.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, Select, select

R = TypeVar("R", bound=NamedTuple)


def select_as(row: type[R], *tables: FromClause, **expressions: ColumnElement[Any]) -> Select[R]:
    """Return the query for the fields of a type: each the expression given for it, else the first table's column."""
    columns = {name: column for table in reversed(tables) for name, column in table.c.items()}
    columns.update({name: expression.label(name) for name, expression in expressions.items()})
    return select(*(columns[name] for name in row._fields))


def fetch(tx: Connection, row: type[R], query: Select[R]) -> list[R]:
    """Return the rows of a query that `select_as` built for this type."""
    return [*map(row._make, tx.execute(query).all())]


def fetch_one(tx: Connection, row: type[R], query: Select[R]) -> R | None:
    """Return the only row of such a query; None: it has none."""
    found = tx.execute(query).one_or_none()
    return row._make(found) if found is not None else None
