"""Parameters that every `get` has: filters as CiviCRM writes them, and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, with_config
from typing_extensions import TypedDict

from mailchimpsync.errors import UsageError
from mailchimpsync.store import Transaction, lookup
from mailchimpsync.store.lookup import OPERATORS, Condition, Source

LIMIT = 25
LIMIT_MAX = 25_000
"""Rows in one answer: some tens of megabytes."""

Text = Annotated[str, Field(coerce_numbers_to_str=True, max_length=500, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_Several = Annotated[list[Text], Field(min_length=1, max_length=1_000)]
_Numbers = Annotated[list[Number], Field(min_length=1, max_length=1_000)]

TextOperators = TypedDict(
    "TextOperators",
    {
        "=": Text,
        "!=": Text,
        "LIKE": Text,
        "NOT LIKE": Text,
        "IN": _Several,
        "NOT IN": _Several,
        "IS NULL": Any,
        "IS NOT NULL": Any,
    },
    total=False,
)
NumberOperators = TypedDict(
    "NumberOperators",
    {
        "=": Number,
        "!=": Number,
        "<": Number,
        "<=": Number,
        ">": Number,
        ">=": Number,
        "LIKE": Text,
        "IN": _Numbers,
        "NOT IN": _Numbers,
        "IS NULL": Any,
        "IS NOT NULL": Any,
    },
    total=False,
)
TimeOperators = TypedDict(
    "TimeOperators",
    {
        "=": datetime,
        "<": datetime,
        "<=": datetime,
        ">": datetime,
        ">=": datetime,
        "IS NULL": Any,
        "IS NOT NULL": Any,
    },
    total=False,
)
for _operators in (TextOperators, NumberOperators, TimeOperators):
    with_config(extra="forbid", hide_input_in_errors=True)(_operators)

TextFilter = Text | TextOperators | None
NumberFilter = Number | NumberOperators | None
TimeFilter = datetime | TimeOperators | None

Limit = Annotated[int, Field(ge=0, le=LIMIT_MAX, description=f"How many rows at most; 0: all, up to {LIMIT_MAX:,}.")]
Offset = Annotated[int, Field(ge=0, le=2**53, description="How many rows to leave out first.")]
Sort = Annotated[
    str, Field(max_length=200, description="Columns to sort by, such as `mailchimp_email` or `id DESC, reason`.")
]
IsCount = Annotated[bool, Field(description="Only say how many rows there are.")]


@dataclass(frozen=True, slots=True)
class Page:
    """Which of the rows are wanted."""

    limit: int = LIMIT
    offset: int = 0
    sort: str = "id"
    is_count: bool = False


def conditions(filters: Mapping[str, Any]) -> list[Condition]:
    """Return filters by column as conditions; None is no filter.

    Raises:
        UsageError: an operator that there is not.
    """
    found: list[Condition] = []
    for column, given in filters.items():
        pairs = given.items() if isinstance(given, Mapping) else [("=", given)]
        for operator, value in pairs if given is not None else ():
            if operator not in OPERATORS:
                raise UsageError(f"{column}: there is no operator {operator}. There are: {', '.join(OPERATORS)}.")
            found.append((column, operator, in_utc(value) if isinstance(value, datetime) else value))
    return found


def look_up(tx: Transaction, source: Source, wanted: list[Condition], page: Page) -> list[dict[str, Any]] | int:
    """Return a page of the rows that meet all conditions, or their number.

    Raises:
        UsageError: there is no such column to sort by; all were asked for, and there are too many.
    """
    if not (0 <= page.limit <= LIMIT_MAX and page.offset >= 0):
        raise UsageError(f"limit is at least 0 and at most {LIMIT_MAX:,}, offset at least 0.")
    if page.is_count:
        return lookup.count(tx, source, wanted)
    order = _order(page.sort, source)
    rows = lookup.find(tx, source, wanted, order=order, limit=page.limit or LIMIT_MAX + 1, offset=page.offset)
    if len(rows) > LIMIT_MAX:
        raise UsageError(f"There are more than {LIMIT_MAX:,} rows; ask for some at a time, by limit and offset.")
    return rows


def _order(sort: str, source: Source) -> list[tuple[str, bool]]:
    order = []
    for part in sort.split(","):
        name, _, direction = part.strip().partition(" ")
        if name not in source.columns or direction.strip().upper() not in {"", "ASC", "DESC"}:
            known = ", ".join(source.columns)
            raise UsageError(f"sort: “{part.strip()}” is not a column, with ASC or DESC. The columns: {known}.")
        order.append((name, direction.strip().upper() == "DESC"))
    return order if order != [("id", False)] else []


def in_utc(moment: datetime) -> datetime:
    """Return a time in UTC; one without zone is meant to be.

    Raises:
        UsageError: it is beyond the calendar.
    """
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise UsageError("A time is out of the calendar.") from None
