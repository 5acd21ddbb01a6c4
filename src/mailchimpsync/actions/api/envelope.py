"""Responses in the form of CiviCRM's API, which callers of the PHP extension know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from mailchimpsync.errors import Code, MailchimpsyncError
from mailchimpsync.messages import sentence

VERSION = 3
_WITHOUT_REMEDY = {Code.USAGE, Code.UNKNOWN}  # theirs, “see the message” and “see --help”, mean nothing in an envelope


def success(values: Any, *, sequential: bool = True) -> dict[str, Any]:
    """Return the envelope around values; rows are keyed by their `id` unless `sequential`.

    A number is a count, as for `is_count`. If there is exactly one row, the envelope also has its `id`.
    """
    if isinstance(values, int) and not isinstance(values, bool):
        return {"is_error": 0, "version": VERSION, "count": values, "values": values}
    only = {"id": values[0]["id"]} if isinstance(values, list) and len(values) == 1 and _has_id(values[0]) else {}
    if not sequential and isinstance(values, Sequence) and values and all(_has_id(row) for row in values):
        values = {str(row["id"]): row for row in values}
    is_collection = isinstance(values, Sized) and not isinstance(values, str)
    return {"is_error": 0, "version": VERSION, "count": len(values) if is_collection else 1, **only, "values": values}


def failure(error: MailchimpsyncError) -> dict[str, Any]:
    """Return the envelope of an error: what happened, what to do, and the other side's message."""
    what = sentence(error.what)
    message = what if error.code in _WITHOUT_REMEDY else f"{what} {error.remedy}"
    detail = {"error_detail": error.detail} if error.detail else {}
    return {"is_error": 1, "version": VERSION, "error_code": error.code.value, "error_message": message, **detail}


def plain(value: Any) -> Any:
    """Return values that JSON can hold: dataclasses as objects, times in UTC, for example 2026-11-20T12:00:00Z."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    return value


def _has_id(row: Any) -> bool:
    return isinstance(row, Mapping) and "id" in row
