"""Parameters of every `get`: filters in CiviCRM's form, and paging."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AliasChoices, Field, with_config
from typing_extensions import TypedDict

from mailchimpsync.errors import UsageError
from mailchimpsync.store import Store, Transaction
from mailchimpsync.store.queries import lookup
from mailchimpsync.store.queries.lookup import OPERATORS, Condition, Source

LIMIT = 25
LIMIT_MAX = 25_000
"""Rows in one response: some tens of megabytes."""

Text = Annotated[str, Field(coerce_numbers_to_str=True, max_length=500, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_Several = Annotated[list[Text], Field(min_length=1, max_length=1_000)]
_Times = Annotated[list[datetime], Field(min_length=1, max_length=1_000)]
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
        "BETWEEN": tuple[Text, Text],
        "NOT BETWEEN": tuple[Text, Text],
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
        "BETWEEN": tuple[Number, Number],
        "NOT BETWEEN": tuple[Number, Number],
        "IS NULL": Any,
        "IS NOT NULL": Any,
    },
    total=False,
)
TimeOperators = TypedDict(
    "TimeOperators",
    {
        "=": datetime,
        "!=": datetime,
        "<": datetime,
        "<=": datetime,
        ">": datetime,
        ">=": datetime,
        "IN": _Times,
        "NOT IN": _Times,
        "BETWEEN": tuple[datetime, datetime],
        "NOT BETWEEN": tuple[datetime, datetime],
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


class Paging(TypedDict, total=False):
    """Which columns of which of the matching rows a `get` returns."""

    columns: Annotated[
        str | list[str] | None,
        Field(
            max_length=2_000,
            validation_alias=AliasChoices("return", "columns"),
            description="Only these columns, as a list or separated by commas; `id` is always included.",
        ),
    ]
    limit: Annotated[
        int, Field(LIMIT, ge=0, le=LIMIT_MAX, description=f"The most rows to return; 0: all, up to {LIMIT_MAX:,}.")
    ]
    offset: Annotated[int, Field(0, ge=0, le=2**53, description="How many rows to skip first.")]
    sort: Annotated[
        str | list[str],
        Field("id", max_length=200, description="Columns to sort by, such as `mailchimp_email` or `id DESC, reason`."),
    ]
    is_count: Annotated[bool, Field(False, description="Return only the number of rows.")]


def conditions(given: Mapping[str, Any]) -> list[Condition]:
    """Return the filters among the parameters of a `get` as conditions; None is no filter.

    Raises:
        UsageError: an unknown operator.
    """
    found: list[Condition] = []
    for column, wanted in given.items():
        if wanted is None or column in Paging.__annotations__:
            continue
        for operator, value in wanted.items() if isinstance(wanted, Mapping) else [("=", wanted)]:
            if operator not in OPERATORS:
                raise UsageError(f"{column}: there is no operator {operator}. Operators: {', '.join(OPERATORS)}.")
            found.append((column, operator, _with_times_in_utc(value)))
    return found


def _with_times_in_utc(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_with_times_in_utc(one) for one in value]
    return in_utc(value) if isinstance(value, datetime) else value


def look_up(tx: Transaction, source: Source, wanted: list[Condition], paging: Paging) -> list[dict[str, Any]] | int:
    """Return a page of the rows that match all conditions, or their number.

    Raises:
        UsageError: no such column to sort by; all rows were asked for, and there are too many.
    """
    limit, offset = paging.get("limit", LIMIT), paging.get("offset", 0)
    if not (0 <= limit <= LIMIT_MAX and offset >= 0):
        raise UsageError(f"limit must be from 0 to {LIMIT_MAX:,}, and offset at least 0.")
    if paging.get("is_count"):
        return lookup.count(tx, source, wanted)
    order = _order(paging.get("sort", "id"), source)
    rows = lookup.find(tx, source, wanted, order=order, limit=limit or LIMIT_MAX + 1, offset=offset)
    if len(rows) > LIMIT_MAX:
        raise UsageError(f"There are more than {LIMIT_MAX:,} rows. Read them in parts, with limit and offset.")
    return rows


def rows_or_count(store: Store, source: Source, given: Paging) -> list[dict[str, Any]] | int:
    """Return what a `get` with these parameters returns: rows that pass its filters, or their number.

    Raises:
        UsageError: there is no such column or operator; there are too many rows for one answer.
    """
    with store.begin() as tx:
        rows = look_up(tx, source, conditions(given), given)
    found: list[dict[str, Any]] | int = select_columns(rows, given.get("columns"), list(source.columns))
    return found


def select_columns(rows: list[dict[str, Any]] | int, columns: str | list[str] | None, known: Collection[str]) -> Any:
    """Return rows with only these columns and their `id`; a number unchanged.

    Raises:
        UsageError: there is no such column.
    """
    names = _names(columns)
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"return: there is no column {', '.join(unknown)}. Columns: {', '.join(known)}.")
    if isinstance(rows, int) or not names:
        return rows
    return [{name: value for name, value in row.items() if name == "id" or name in names} for row in rows]


def _names(columns: str | list[str] | None) -> list[str]:
    """Return names given as a list, separated by commas, or as the text of a list."""
    text = ",".join(columns) if isinstance(columns, list) else columns or ""
    return [name for part in text.strip("[] ").split(",") if (name := part.strip(" '\""))]


def _order(sort: str | list[str], source: Source) -> list[tuple[str, bool]]:
    order = []
    for part in sort if isinstance(sort, list) else sort.split(","):
        name, _, direction = part.strip().partition(" ")
        if name not in source.columns or direction.strip().upper() not in {"", "ASC", "DESC"}:
            known = ", ".join(source.columns)
            raise UsageError(f"sort: “{part.strip()}” is not a column with an optional ASC or DESC. Columns: {known}.")
        order.append((name, direction.strip().upper() == "DESC"))
    return order if order != [("id", False)] else []


def in_utc(moment: datetime) -> datetime:
    """Return a time in UTC; one without a zone is taken as UTC.

    Raises:
        UsageError: it is out of range.
    """
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise UsageError("A time is out of range.") from None
