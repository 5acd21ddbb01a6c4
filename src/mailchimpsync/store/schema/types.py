"""Column types, and how our tables are defined. All times are UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

from mailchimpsync import messages

PREFIX = "civicrm_mailchimpsync_"
_MARIADB = ("mysql", "mariadb")

metadata = MetaData(
    naming_convention={
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC; the database stores it without zone."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Keep microseconds in MariaDB too; its dialect is slow to load, so only who uses it does."""
        if dialect.name not in _MARIADB:
            return super().load_dialect_impl(dialect)
        from sqlalchemy.dialects import mysql  # noqa: PLC0415 (see above)

        return dialect.type_descriptor(mysql.DATETIME(fsp=6))

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Write SQLite's text at the speed of C; the other databases' drivers take a datetime directly."""
        return _sqlite_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Read it in the same way."""
        return _from_sqlite_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None else None


_WITHOUT_ZONE = len("2026-01-01 00:00:00.000000")


def _sqlite_text(value: datetime | None) -> str | None:
    """Return the form in which SQLAlchemy's own DateTime stores times in SQLite."""
    if value is None:
        return None
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat(" ", "microseconds")[:_WITHOUT_ZONE]


def _from_sqlite_text(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value + "+00:00") if value is not None else None


class _Long(TypeDecorator[Any]):
    """What may be longer than 64 KB."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that holds 16 MB in MariaDB, whose dialect only who uses it loads."""
        if dialect.name not in _MARIADB:
            return super().load_dialect_impl(dialect)
        from sqlalchemy.dialects import mysql  # noqa: PLC0415 (see above)

        return dialect.type_descriptor(mysql.MEDIUMTEXT())


class LongText(_Long):
    """Text that may be longer than 64 KB."""

    cache_ok = True
    python_type = str


class JsonText(_Long):
    """JSON as text, without spaces. SQL NULL is None."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:  # noqa: ARG002 (the base class names it)
        """Write text directly: JSON is most of what is written."""
        return _json_or_null

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002 (likewise)
        """Read it in the same way."""
        return _value_or_null


class MessagesJson(JsonText):
    """JSON in which sentences are messages: they come back with their text and values."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:  # noqa: ARG002 (the base class names it)
        return lambda value: _json_or_null(messages.to_json(value))

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002 (likewise)
        """Read sentences back with their text and values."""
        return lambda value: messages.from_json(_value_or_null(value))


def _json_or_null(value: Any) -> str | None:
    return to_json(value).decode() if value is not None else None


def _value_or_null(value: str | None) -> Any:
    return from_json(value) if value is not None else None


def json_text(value: Any) -> str:
    """Return a JSON value as text."""
    return to_json(value).decode()


ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows automatically for INTEGER only


def table(name: str, *columns: Any, **options: Any) -> Table:
    """Define one of our tables. Migrations create it, and give it the options that matter then."""
    return Table(PREFIX + name, metadata, *columns, **options)
