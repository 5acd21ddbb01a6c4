"""Where the three databases differ: connections, upserts, bulk updates. No other module asks which one it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Insert,
    MetaData,
    Table,
    Text,
    Update,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    insert,
    literal,
    make_url,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine
from typing_extensions import TypeIs

from mailchimpsync.store.engine.fair_lock import FairLock
from mailchimpsync.store.schema import UtcDateTime, json_text

if TYPE_CHECKING:
    from sqlalchemy.dialects import mysql, postgresql

BUSY_TIMEOUT_SECONDS = 30
ROWS_PER_STATEMENT = 5_000
ROWS_FOR_TEMPORARY_TABLE = 100
IDLE_SECONDS = 5.0
"""After how long without use a connection of a fleet is asked whether it still works, before it is used again."""

FLEET_CONNECTION_SECONDS = 1_800
"""PostgreSQL remembers, for each connection, all tables that it has used: after a while of 1,000 sites that is much."""

STATEMENTS_KEPT = 200
"""How many statements are kept as they are built and compiled: that takes longer than SQLite's work for some rows."""

_OPTIONS: dict[str, Any] = {"hide_parameters": True}  # error messages would carry people's addresses

CLOCK = "mailchimpsync_clock"
"""An execution option: the clock to use instead of the database's, where time is simulated."""

READ_TRANSACTION = "mailchimpsync_reading"
"""An execution option: the transaction writes nothing."""

NAMESPACE = "mailchimpsync_namespace"
"""An execution option: the `Namespace` of the transactions, where many sites share a database."""

Row = Mapping[str, Any]
Columns = ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]
Assignments = Sequence[tuple[str, Any]]


class Namespace(NamedTuple):
    """In which schema a transaction finds tables, and with whose rights; `none`: those of the user that signed in."""

    role: str = "none"
    schema: str = ""


def connect(url: str) -> Engine:
    """Return an engine for `sqlite:///file`, `postgresql://…` or `mariadb://…`, configured for the store."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(url, in_memory=parsed.database in (None, "", ":memory:"))
        case "postgresql":
            return create_engine(parsed.set(drivername="postgresql+psycopg"), **_OPTIONS, pool_pre_ping=True)
        case "mysql" | "mariadb":
            query = {"charset": "utf8mb4", **parsed.query}
            return create_engine(
                parsed.set(drivername="mariadb+pymysql", query=query),
                **_OPTIONS,
                pool_pre_ping=True,
                isolation_level="READ COMMITTED",
            )
        case other:
            raise ValueError(f"{other} is not a database this program can use: sqlite, postgresql or mariadb")


def connect_to_read(url: str) -> Engine:
    """Return an engine for somebody else's MySQL or MariaDB, whose connections only read.

    Raises:
        ValueError: it is another database.
    """
    if make_url(url).get_backend_name() not in ("mysql", "mariadb"):
        raise ValueError("not a MySQL or MariaDB database")
    engine = connect(url)

    @event.listens_for(engine, "connect")
    def _only_read(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")

    return engine


def connect_fleet(url: str) -> Engine:
    """Return an engine for the PostgreSQL database of many sites.

    Each transaction begins with one statement that takes the namespace in the execution options, until it ends. Without
    one no table is found. Nothing lasts longer than a transaction, statements that the server has prepared included: it
    would have to analyse them again for each site, and a pooler in front of it may change connections.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "postgresql":
        raise ValueError("a fleet needs PostgreSQL")
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        **_OPTIONS,
        pool_recycle=FLEET_CONNECTION_SECONDS,
        connect_args={"prepare_threshold": None},
    )
    _check_idle_connections(engine)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        take_namespace(connection, connection.get_execution_options().get(NAMESPACE, Namespace()))

    return engine


def _check_idle_connections(engine: Engine) -> None:
    """Ask a connection that was idle whether it still works; a look at a site has two dozen short transactions."""

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        since = record.info.get("idle_since")
        if since is not None and monotonic() - since > IDLE_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error


def take_namespace(connection: Connection, namespace: Namespace) -> None:
    """Take a role and a search path until the end of the transaction."""
    connection.exec_driver_sql(
        "SELECT set_config('role', %s, true), set_config('search_path', quote_ident(%s), true)", tuple(namespace)
    )


def _sqlite(url: str, *, in_memory: bool) -> Engine:
    if in_memory:
        engine = create_engine(url, **_OPTIONS, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        engine = create_engine(url, **_OPTIONS, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})

    @event.listens_for(engine, "connect")
    def _set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions are started below, so that a writer waits instead of failing
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-32768",
            "wal_autocheckpoint=8192",  # pages, which are 32 MB: less often than at 4 MB, pages are copied once
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_reading = connection.get_execution_options().get(READ_TRANSACTION, False)
        connection.exec_driver_sql("BEGIN" if is_reading and not in_memory else "BEGIN IMMEDIATE")

    return engine


def server(connection: Connection) -> tuple[str, tuple[int, ...]]:
    """Return the database's common name, and its version."""
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
    found = connection.dialect
    name = "mariadb" if getattr(found, "is_mariadb", False) else found.name
    return names[name], tuple(part for part in found.server_version_info or () if isinstance(part, int))


def check_integrity(connection: Connection) -> str | None:
    """Return what is wrong with the database's file, or None; servers check theirs themselves."""
    if connection.dialect.name != "sqlite":
        return None
    found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    return None if found == "ok" else found


def writer_lock(engine: Engine) -> FairLock | None:
    """Return the lock for the threads of this process, for a database with one writer at a time."""
    return FairLock() if engine.dialect.name == "sqlite" else None


def readers_block(engine: Engine) -> bool:
    """Return whether readers need the lock too: an in-memory database has one connection for all."""
    return isinstance(engine.pool, StaticPool)


def snapshot_options(engine: Engine) -> dict[str, Any]:
    """Return the execution options of a transaction in which all queries see the same moment; SQLite's readers do."""
    isolation = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    return {READ_TRANSACTION: True, **isolation}


def last_number(connection: Connection, table: Table) -> int | None:
    """Return the highest number that rows of a table were given; None: it has no numbers, or no row ever."""
    if (numbered := table.autoincrement_column) is None:
        return None
    values = {"table": table.name, "column": numbered.name}
    match connection.dialect.name:
        case "sqlite":
            query = "SELECT seq FROM sqlite_sequence WHERE name = :table"
        case "postgresql":
            query = "SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:table, :column) AS regclass))"
        case _:
            query = (
                "SELECT AUTO_INCREMENT - 1 FROM information_schema.TABLES"
                " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = :table"
            )
    found: int | None = connection.execute(text(query), values).scalar()
    return found or None


def number_after(connection: Connection, table: Table, number: int) -> None:
    """Let the next row of a table get a higher number. MariaDB ends the transaction with it."""
    numbered = table.autoincrement_column
    match connection.dialect.name:
        case "sqlite":
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": table.name})
            connection.execute(
                text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :number)"),
                {"table": table.name, "number": number},
            )
        case "postgresql":
            connection.execute(
                text("SELECT setval(CAST(pg_get_serial_sequence(:table, :column) AS regclass), :number)"),
                {"table": table.name, "column": numbered.name if numbered is not None else "", "number": number},
            )
        case _:
            connection.exec_driver_sql(f"ALTER TABLE {table.name} AUTO_INCREMENT = {int(number) + 1}")


def any_of(connection: Connection, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Return the condition that a column has one of many values, numbers or texts: one parameter for all of them.

    SQLAlchemy renders a parameter for each value of `in_`, which takes as long as SQLite takes to find its row.
    """
    match connection.dialect.name:
        case "sqlite":
            given = func.json_each(literal(json_text(list(values)), Text())).table_valued("value")
            return column.in_(select(given.c.value))
        case "postgresql":
            return column == any_(literal(list(values), ARRAY(column.type)))
        case _:
            return column.in_(values)


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    keys: Sequence[str],
    assign: Callable[[Columns, Columns], Assignments] | None = None,
    alike: Row | None = None,
) -> None:
    """Insert rows; update the existing row if one has the same unique `keys`.

    Args:
        connection: within a transaction.
        table: the table; its unique key over `keys` decides which rows are the same.
        rows: all with the same columns.
        keys: the columns of the unique key.
        assign: returns, from the columns of the existing and the new row, the assignments to make; those that read an
            existing value come before those that overwrite it (MariaDB carries them out in order). Without it all given
            columns are overwritten.
        alike: columns with the same value for all rows, which rows may then leave out.
    """
    if not rows:
        return
    alike = alike or {}
    assign = assign or _overwriting([*rows[0], *alike], keys)
    if len(rows) < ROWS_FOR_TEMPORARY_TABLE:
        _execute_many(
            connection,
            _upsert_statement(_insert_into(connection, table), assign, keys),
            [{**row, **alike} for row in rows],
        )
        return
    with _temporary_table(connection, table, rows) as temporary:
        constants = [literal(value, table.c[column].type) for column, value in alike.items()]
        order = [temporary.c[key] for key in keys if key in temporary.c]  # insert in the order of the index
        values = select(*temporary.c, *constants).where(true()).order_by(*order)
        insertion = _insert_into(connection, table).from_select([*rows[0], *alike], values)
        connection.execute(_upsert_statement(insertion, assign, keys))


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, all with the same columns."""
    if rows:
        _execute_many(connection, _insertion(table), rows)


def _execute_many(connection: Connection, statement: Insert | Update, rows: Sequence[Row]) -> None:
    if connection.dialect.name == "sqlite":
        _execute_many_in_sqlite(connection, _prepare(connection.dialect, statement, tuple(rows[0])), rows)
        return
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        connection.execute(statement, list(rows[start : start + ROWS_PER_STATEMENT]))


@lru_cache(maxsize=STATEMENTS_KEPT)
def _insertion(table: Table) -> Insert:
    return insert(table)


@lru_cache(maxsize=STATEMENTS_KEPT)
def _update_of(table: Table, columns: tuple[str, ...]) -> Update:
    values = {column: bindparam(column, type_=table.c[column].type) for column in columns if column != "id"}
    return update(table).where(table.c.id == bindparam("row_id")).values(values)


class _Prepared(NamedTuple):
    """A statement as the driver takes it, and how to convert each of its parameters."""

    text: str
    parameters: Sequence[tuple[str, Callable[[Any], Any] | None]]


@lru_cache(maxsize=STATEMENTS_KEPT)
def _prepare(dialect: Dialect, statement: Insert | Update, columns: tuple[str, ...]) -> _Prepared:
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    names = compiled.positiontup or []
    return _Prepared(compiled.string, [(name, _converter(dialect, compiled.binds[name].type)) for name in names])


def _execute_many_in_sqlite(connection: Connection, prepared: _Prepared, rows: Sequence[Row]) -> None:
    """Pass the rows directly to the driver: binding them through SQLAlchemy costs more than SQLite's own work."""
    statement, parameters = prepared
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        chunk = rows[start : start + ROWS_PER_STATEMENT]
        columns = [_column_of(chunk, name, convert) for name, convert in parameters]
        connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _column_of(rows: Sequence[Row], name: str, convert: Callable[[Any], Any] | None) -> Iterable[Any]:
    values = [*map(itemgetter(name), rows)]
    if convert is None:
        return values
    if _are_alike(values):
        return repeat(convert(values[0]), len(values))
    return map(convert, values)


def _are_alike(values: Sequence[Any]) -> bool:
    """Return whether all are the same scalar value: true and 1, which are equal, may be inside of others."""
    first = values[0]
    return not isinstance(first, dict | list) and values.count(first) == len(values)


def _converter(dialect: Dialect, kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    processor: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _overwriting(columns: Sequence[str], keys: Sequence[str]) -> Callable[[Columns, Columns], Assignments]:
    return lambda _old, new: [(column, new[column]) for column in columns if column not in keys]


class utc_moment(FunctionElement[datetime]):  # noqa: N801 (as SQLAlchemy names its functions)
    """The database's own time, plus a number of seconds: all processes that share it use the same clock."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(utc_moment, "sqlite")
def _moment_in_sqlite(element: utc_moment, compiler: SQLCompiler, **_options: Any) -> str:
    seconds = compiler.process(element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', {seconds} || ' seconds') || '000'"


@compiles(utc_moment, "postgresql")
def _moment_in_postgresql(element: utc_moment, compiler: SQLCompiler, **_options: Any) -> str:
    seconds = compiler.process(element.clauses)
    return f"((clock_timestamp() AT TIME ZONE 'UTC') + make_interval(secs => CAST({seconds} AS double precision)))"


@compiles(utc_moment, "mysql")
@compiles(utc_moment, "mariadb")
def _moment_in_mariadb(element: utc_moment, compiler: SQLCompiler, **_options: Any) -> str:
    return f"(UTC_TIMESTAMP(6) + INTERVAL {compiler.process(element.clauses)} SECOND)"


def simulated_now(connection: Connection) -> datetime | None:
    """Return the time of the clock that the store was given; None if it uses the database's."""
    clock = connection.get_execution_options().get(CLOCK)
    return clock() if clock is not None else None


_GROWN = """
    SELECT quote_ident(relname) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
        AND pg_relation_size(oid) > 2 * current_setting('block_size')::bigint * greatest(relpages, 8)
"""
"""Tables of PostgreSQL that are more than twice as large as when it last looked."""


def counts_late(engine: Engine) -> bool:
    """Return whether the database learns only after a while how large its tables are, as PostgreSQL does."""
    return engine.dialect.name == "postgresql"


def refresh_statistics(connection: Connection, *rewritten: Table) -> None:
    """Make PostgreSQL look again at tables that have grown much, and at those whose rows were rewritten.

    Until it does so itself, a minute later, it takes them for what they were, and scans one for every row of another:
    5,000 new members took seven minutes. SQLite chooses by the indexes alone, and MariaDB counts as tables grow.
    """
    grown = connection.exec_driver_sql(_GROWN).scalars().all()
    if tables := sorted({*grown, *(table.name for table in rewritten)}):
        connection.exec_driver_sql(f"ANALYZE {', '.join(tables)}")


AnyInsert: TypeAlias = "mysql.Insert | postgresql.Insert | sqlite.Insert"


def _insert_into(connection: Connection, table: Table) -> AnyInsert:
    """Return the database's own kind of insert."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 (slow to load, and here it is loaded already)

        return postgresql.insert(table)
    from sqlalchemy.dialects import mysql  # noqa: PLC0415 (likewise)

    return mysql.insert(table)


def _is_for_mariadb(insertion: AnyInsert) -> TypeIs[mysql.Insert]:
    return insertion.stringify_dialect == "mysql"


def _upsert_statement(
    insertion: AnyInsert,
    assign: Callable[[Columns, Columns], Assignments],
    keys: Sequence[str],
) -> Insert:
    existing: Columns = insertion.table.c
    if _is_for_mariadb(insertion):
        return insertion.on_duplicate_key_update(list(assign(existing, insertion.inserted)))
    return insertion.on_conflict_do_update(index_elements=list(keys), set_=dict(assign(existing, insertion.excluded)))


def update_by_id(connection: Connection, table: Table, rows: Sequence[Row], *, alike: Row | None = None) -> None:
    """Set the given columns of rows, found by their `id`; all rows have the same columns.

    `alike` has columns with the same value for all rows.
    """
    alike = alike or {}
    if len(rows) < ROWS_FOR_TEMPORARY_TABLE:
        _update_one_by_one(connection, table, [{**row, **alike} for row in rows])
    else:
        _update_from_temporary_table(connection, table, rows, alike)


def _update_one_by_one(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    if not rows:
        return
    _execute_many(connection, _update_of(table, tuple(rows[0])), [{**row, "row_id": row["id"]} for row in rows])


def _update_from_temporary_table(connection: Connection, table: Table, rows: Sequence[Row], alike: Row) -> None:
    """What is the same for all rows is written in the statement, and not in each row."""
    shared = {name: rows[0][name] for name in rows[0] if name != "id" and _are_alike([row[name] for row in rows])}
    own = [name for name in rows[0] if name not in shared]
    with _temporary_table(connection, table, [{name: row[name] for name in own} for row in rows]) as temporary:
        values = {**{column: temporary.c[column] for column in own if column != "id"}, **shared, **alike}
        connection.execute(update(table).where(table.c.id == temporary.c.id).values(values))


@contextmanager
def _temporary_table(connection: Connection, table: Table, rows: Sequence[Row]) -> Iterator[Table]:
    """Load rows into a temporary table: one statement over all is several times faster than one for each."""
    with created(connection, _temporary_like(table, tuple(rows[0]))) as temporary:
        insert_rows(connection, temporary, rows)
        yield temporary


@contextmanager
def created(connection: Connection, temporary: Table) -> Iterator[Table]:
    """Have a temporary table that only this transaction sees."""
    temporary.create(connection)
    try:
        yield temporary
    except BaseException:
        with suppress(SQLAlchemyError):  # if the connection or its transaction is lost, so is the table
            temporary.drop(connection)
        raise
    temporary.drop(connection)


@lru_cache(maxsize=STATEMENTS_KEPT)
def _temporary_like(table: Table, names: tuple[str, ...]) -> Table:
    columns = [Column(name, table.c[name].type, primary_key=name == "id", autoincrement=False) for name in names]
    return temporary_table(f"tmp_{table.name}", *columns)


def temporary_table(name: str, *columns: Column[Any]) -> Table:
    """Define a temporary table. Defined once, its statements are compiled once."""
    options: dict[str, Any] = {"mariadb_charset": "utf8mb4", "mariadb_collate": "utf8mb4_bin"}
    return Table(name, MetaData(), *columns, prefixes=["TEMPORARY"], **options)
