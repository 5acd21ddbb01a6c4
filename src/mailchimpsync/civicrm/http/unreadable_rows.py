"""Rows that can't be read: one among thousands is left out and reported; the others count."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from mailchimpsync.errors import Code, TransientError
from mailchimpsync.http import first_problem
from mailchimpsync.messages import say

FEW = 3
"""This many unreadable rows are always left out: on a page of one or two rows they may be most of it."""

SHARE_MAX = 0.5
MANY = 100
"""With more unreadable rows than this, or most of a page, the whole answer is wrong."""

T = TypeVar("T")


class UnreadableRow(NamedTuple):
    """A row that can't be read, and whose it is if known; `why` names the place, never the content."""

    entity: str
    id: int | None
    contact_id: int | None
    why: str
    address: str | None = None

    def __str__(self) -> str:
        """Return it for people, without its address."""
        number = f" {self.id}" if self.id is not None else ""
        owner = f" of contact {self.contact_id}" if self.contact_id is not None and self.entity != "Contact" else ""
        return f"{self.entity}{number}{owner} ({self.why})"


class _Raw(TypedDict):
    values: list[Any]


_RAW = TypeAdapter(_Raw)


def too_many(odd: int, rows: int) -> bool:
    """Say whether there are too many unreadable rows to be single faults."""
    return odd > max(FEW, min(MANY, rows * SHARE_MAX))


def readable_rows(body: bytes, row: TypeAdapter[T], entity: str) -> tuple[list[T], list[UnreadableRow]]:
    """Return the rows of an answer that can be read, and the others.

    Raises:
        TransientError: `CV_ODD_ANSWER`, most rows can't be read, or there are none to be read.
    """
    try:
        values = _RAW.validate_json(body)["values"]
    except ValidationError as error:
        raise _unreadable(first_problem(error)) from None  # pydantic's error would show addresses
    return readable_values(values, row.validate_python, entity)


def readable_values(
    values: Iterable[Any], read: Callable[[Any], T], entity: str
) -> tuple[list[T], list[UnreadableRow]]:
    """Return what `read` makes of values, and those of which it raises a ValueError.

    Raises:
        TransientError: `CV_ODD_ANSWER`, most of them can't be read.
    """
    found: list[T] = []
    odd: list[UnreadableRow] = []
    for value in values:
        try:
            found.append(read(value))
        except ValueError as error:
            odd.append(_unreadable_row(value, entity, error))
    if too_many(len(odd), len(found) + len(odd)):
        raise _unreadable(f"{len(odd)} of {len(found) + len(odd)} rows of {entity}, the first: {odd[0].why}")
    return found, odd


def _unreadable_row(value: Any, entity: str, error: ValueError) -> UnreadableRow:
    known = value if isinstance(value, dict) else {}
    key, address = _id(known.get("id")), known.get("email")
    why = first_problem(error) if isinstance(error, ValidationError) else str(error)
    contact = key if entity == "Contact" else _id(known.get("contact_id"))
    return UnreadableRow(entity, key, contact, why, address if isinstance(address, str) else None)


def _id(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdecimal():
        return None
    return int(value)


def _unreadable(what: str) -> TransientError:
    return TransientError(Code.CV_ODD_ANSWER, say("CiviCRM's answer cannot be read (%(what)s)", what=what))
