"""How an entity is declared: its table, its fields, and what is peculiar to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SEPARATOR = "\x01"


class DataType(StrEnum):
    """CiviCRM's data types, as `getFields` names them."""

    INTEGER = "Integer"
    STRING = "String"
    TEXT = "Text"
    BOOLEAN = "Boolean"
    MONEY = "Money"
    DATE = "Date"
    DATETIME = "Datetime"  # kept and shown as the wall-clock of the site on that day
    TIMESTAMP = "Timestamp"  # kept in UTC, shown in the zone of the database session


class Packing(StrEnum):
    """How a list is kept in one column."""

    SEPARATED = "separated"  # CiviCRM's own: values between \x01 characters
    COMMAS = "commas"
    JSON = "json"


TEXTUAL = frozenset({DataType.STRING, DataType.TEXT})


@dataclass(frozen=True)
class Field:
    """A field: `references` names the entity a number points to, `options` an option group, `length` is in characters.

    `sql` makes a field that is worked out on reading, with `{t}` for the table's alias; such a field has no column.
    """

    name: str
    data_type: DataType = DataType.STRING
    required: bool = False
    default: Any = None
    references: str | None = None
    cascade: bool = True
    options: str | None = None
    packing: Packing | None = None
    sql: str | None = None
    length: int = 255

    @property
    def is_text(self) -> bool:
        """Whether comparisons fold case and accents."""
        return self.data_type in TEXTUAL and self.packing is None


@dataclass(frozen=True)
class Entity:
    """An entity over one table; `columns` are the fields that are kept in it.

    `echo` are keys that a write answers with besides the fields, those of `echo_of_last` for the last row of several
    only; with `reloads` a write answers with the row read back. `match` is how `save` finds a row that is there.
    Rows of an entity that `is_file` are files in CiviCRM, without ids.
    """

    name: str
    table: str
    fields: tuple[Field, ...]
    label: str = "name"
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    folded_indexes: tuple[str, ...] = ()
    reloads: bool = False
    echo: tuple[str, ...] = ()
    echo_of_last: tuple[str, ...] = ()
    action_params: frozenset[str] = frozenset()
    match: tuple[str, ...] = ()
    is_file: bool = False
    by_name: dict[str, Field] = field(init=False, compare=False, repr=False)
    columns: tuple[Field, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {one.name: one for one in self.fields})
        object.__setattr__(self, "columns", tuple(one for one in self.fields if one.sql is None))


_SQL_TYPES = {DataType.INTEGER: "INTEGER", DataType.BOOLEAN: "INTEGER", DataType.MONEY: "REAL"}


def create_statements(entity: Entity, tables: dict[str, str]) -> list[str]:
    """Return the SQL that makes the entity's table and indexes; `tables` gives the table of each entity by name."""
    lines = [_column(one, tables) for one in entity.columns]
    lines += [f"UNIQUE ({', '.join(names)})" for names in entity.unique]
    made = [f"CREATE TABLE {entity.table} ({', '.join(lines)})"]
    # A reference without an index makes every delete, and every bulk insert, scan the whole referring table.
    leading = {names[0] for names in (*entity.unique, *entity.indexes)}
    made += [
        f"CREATE INDEX {entity.table}_fk_{one.name} ON {entity.table} ({one.name})"
        for one in entity.columns
        if one.references is not None and one.name not in leading
    ]
    made += [
        f"CREATE INDEX {entity.table}_{'_'.join(names)} ON {entity.table} ({', '.join(names)})"
        for names in entity.indexes
    ]
    made += [
        f"CREATE INDEX {entity.table}_folded_{name} ON {entity.table} (fold({name}))" for name in entity.folded_indexes
    ]
    return made


def _column(one: Field, tables: dict[str, str]) -> str:
    if one.name == "id":
        # AUTOINCREMENT: MySQL never gives a deleted row's id again.
        return "id INTEGER PRIMARY KEY AUTOINCREMENT"
    parts = [one.name, _SQL_TYPES.get(one.data_type, "TEXT")]
    if one.required:
        parts.append("NOT NULL")
    if one.default is not None:
        parts.append(f"DEFAULT {one.default!r}" if isinstance(one.default, str) else f"DEFAULT {int(one.default)}")
    if one.references is not None:
        parts.append(f"REFERENCES {tables[one.references]}(id) ON DELETE {'CASCADE' if one.cascade else 'SET NULL'}")
    return " ".join(parts)
