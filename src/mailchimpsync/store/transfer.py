"""All rows of a site as plain values, to be read from one database and written to another, of whatever kind.

What only processes that are at work need isn't part of it, and neither are sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime
from functools import cache as once
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    DateTime,
    MetaData,
    String,
    Table,
    Text,
    func,
    inspect,
    select,
)
from sqlalchemy.types import TypeEngine

from mailchimpsync.store.engine.dialect import insert_rows, last_number, number_after
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import (
    JsonText,
    UtcDateTime,
    connection_slot,
    metadata,
    service,
    status,
)

ROWS_PER_STEP = 1_000
_OF_PROCESSES = {connection_slot.name, service.name}

USERS = Table(  # Django's, see `web/models.py`
    "mailchimpsync_user",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("password", String(128)),
    Column("last_login", DateTime(timezone=True)),
    Column("name", String(100)),
    Column("role", String(20)),
    Column("created_at", DateTime(timezone=True)),
    Column("created_by", String(100)),
)


@once
def tables() -> dict[str, Table]:
    """Return the tables whose rows belong to a site, by name, in an order in which they can be filled."""
    ours = (_plain(table) for table in metadata.sorted_tables if table.name not in _OF_PROCESSES)
    return {table.name: table for table in (*ours, USERS)}


def _plain(table: Table) -> Table:
    """Return a table whose JSON is text, so that it stays as it is to the last space."""
    columns = [_plain_column(column) for column in table.columns]
    return Table(table.name, MetaData(), *columns)


def _plain_column(column: Column[Any]) -> Column[Any]:
    kind: TypeEngine[Any] = Text() if isinstance(column.type, JsonText) else column.type
    return Column(column.name, kind, primary_key=column.primary_key, autoincrement=column.autoincrement)


def has_table(tx: Connection, table: Table) -> bool:
    """Return whether a table exists; that of users does where the service was set up."""
    return inspect(tx).has_table(table.name)


def audience_at_work(tx: Connection) -> str | None:
    """Return an audience that a run, or other work, holds the lease of; None: nothing is at work."""
    for list_id in tx.execute(select(status.c.list_id).order_by(status.c.list_id)).scalars().all():
        if runs.stored_status(tx, list_id).is_held:
            return str(list_id)
    return None


def read_rows(tx: Connection, table: Table) -> Iterator[list[Any]]:
    """Yield the rows of a table as plain values, in the order of its columns and of its key."""
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=ROWS_PER_STEP)
    for row in tx.execute(query):
        yield [_in_utc(value) if isinstance(value, datetime) else value for value in row]


def _in_utc(value: datetime) -> datetime:
    """Return a time in UTC; one without a zone, as SQLite and MariaDB keep Django's, is in UTC already."""
    return value.astimezone(UTC) if value.tzinfo is not None else value.replace(tzinfo=UTC)


def write_rows(tx: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Add rows, given as `read_rows` yields them but with times as ISO 8601."""
    names = table.columns.keys()
    convert = [_converter(tx, column.type) for column in table.columns]
    insert_rows(tx, table, [dict(zip(names, _converted(convert, row), strict=True)) for row in rows])


def _converted(convert: Sequence[Callable[[Any], Any]], row: Sequence[Any]) -> Iterator[Any]:
    return (change(value) for change, value in zip(convert, row, strict=True))


def _converter(tx: Connection, kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    if isinstance(kind, UtcDateTime):
        return lambda value: datetime.fromisoformat(value) if value is not None else None
    if isinstance(kind, DateTime):
        has_zones = tx.dialect.name == "postgresql"
        return lambda value: _django_time(value, has_zones=has_zones) if value is not None else None
    if isinstance(kind, Date):
        return lambda value: date.fromisoformat(value) if value is not None else None
    return lambda value: value


def _django_time(value: str, *, has_zones: bool) -> datetime:
    time = datetime.fromisoformat(value)
    return time if has_zones else time.astimezone(UTC).replace(tzinfo=None)


def count_rows(tx: Connection, table: Table) -> int:
    """Return how many rows a table has."""
    return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def numbers(tx: Connection, among: Sequence[Table]) -> dict[str, int]:
    """Return the highest numbers that rows were given, by table: a number isn't used again, even of a deleted row."""
    found = {table.name: last_number(tx, table) for table in among}
    return {name: number for name, number in found.items() if number is not None}


def continue_after(tx: Connection, given: Mapping[str, int], among: Mapping[str, Table]) -> None:
    """Let new rows get higher numbers than those given. With MariaDB, this ends the transaction."""
    for name, number in given.items():
        number_after(tx, among[name], number)


class OneTransaction:
    """A store whose transactions are all one that is open already."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def reading(self) -> AbstractContextManager[Connection]:
        """Return the transaction; it stays open."""
        return nullcontext(self._tx)
