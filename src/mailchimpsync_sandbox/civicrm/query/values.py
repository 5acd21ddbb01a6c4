"""Values on their way into the database and out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.civicrm.entities.schema import SEPARATOR, DataType, Field, Packing
from mailchimpsync_sandbox.civicrm.errors import ApiError

if TYPE_CHECKING:
    from mailchimpsync_sandbox.civicrm.database import Database

Converter = Callable[[Any], Any]

_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
_FALSE_TEXTS = frozenset({"", "0", "false", "null"})


def to_column(database: Database, field: Field, value: Any) -> Any:
    """Return a value as the field's column keeps it.

    Raises:
        ApiError: it cannot be one, for example a time that is none.
    """
    if value is None or (value == "" and field.data_type is not DataType.STRING):
        return None
    if field.packing is not None:
        return pack(field.packing, value)
    match field.data_type:
        case DataType.BOOLEAN:
            return int(value.lower() not in _FALSE_TEXTS if isinstance(value, str) else bool(value))
        case DataType.INTEGER | DataType.MONEY:
            return _number(field, value)
        case DataType.DATE | DataType.DATETIME | DataType.TIMESTAMP:
            return _time(database, field, str(value))
        case _:
            return value if isinstance(value, str) else _scalar_text(field, value)


def fitted(field: Field, value: Any) -> Any:
    """Return a value that fits its column: CiviCRM cuts a text that is too long, and marks the cut."""
    if not isinstance(value, str) or not field.is_text or field.data_type is DataType.TEXT:
        return value
    return value if len(value) <= field.length else f"{value[: field.length - 3]}..."


def _scalar_text(field: Field, value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise ApiError(f"Array to string conversion in '{field.name}'")
    return str(int(value)) if isinstance(value, bool) else str(value)


def _number(field: Field, value: Any) -> float | int:
    try:
        return float(value) if field.data_type is DataType.MONEY else int(value)
    except (TypeError, ValueError) as error:
        raise ApiError(f"Invalid value for {field.name}: {value!r} is no number") from error


def _time(database: Database, field: Field, text: str) -> str:
    if text == "now":
        text = database.local_now()
    if compact := _COMPACT.fullmatch(text):
        year, month, day, *rest = compact.groups(default="00")
        text = f"{year}-{month}-{day} {':'.join(rest)}"
    text = text.replace("T", " ")
    if field.data_type is DataType.DATE:
        return text[:10]
    whole = text if len(text) > len("2026-01-01") else f"{text} 00:00:00"
    try:
        return database.to_utc(whole) if field.data_type is DataType.TIMESTAMP else whole
    except ValueError as error:
        raise ApiError(f"Invalid date for {field.name}: {text!r}") from error


def pack(packing: Packing, value: Any) -> str:
    """Return a list (or anything, for JSON) as one text."""
    if packing is Packing.JSON:
        return json.dumps(value)
    items = [str(one) for one in (value if isinstance(value, list) else [value])]
    if packing is Packing.COMMAS:
        return ",".join(items)
    return SEPARATOR + SEPARATOR.join(items) + SEPARATOR if items else ""


def unpack(packing: Packing, text: str | None) -> Any:
    """Return what `pack` was given, the parts of a list as text."""
    if text is None:
        return None
    if packing is Packing.JSON:
        return json.loads(text)
    parts = text.split("," if packing is Packing.COMMAS else SEPARATOR)
    return [part for part in parts if part]


def _plain_number(value: Any) -> Any:
    """Return a whole number as one: PHP writes 25.0 as 25."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _truth(value: Any) -> bool | None:
    return None if value is None else bool(value)


def from_column(field: Field) -> Converter | None:
    """Return what turns a column's value into the API's, or None if nothing is to be done."""
    if field.packing is not None:
        packing = field.packing
        return lambda text: unpack(packing, text)
    if field.data_type is DataType.BOOLEAN:
        return _truth
    if field.data_type is DataType.MONEY:
        return _plain_number
    return None


def compact_time(text: str) -> str:
    """Return a time as CiviCRM echoes it after a write: digits only."""
    return re.sub(r"\D", "", text)
