"""Rows as requested through the API: by conditions, sorted, a page at a time.

Rows are mappings here, not types: which table and which columns, the caller chooses.

The ids are found first, which indexes alone can do, and then only the rows of that page: a late page of a large table
doesn't need the rows before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    type_coerce,
)

from mailchimpsync.addresses import member_id_of, normalise_address, spellings
from mailchimpsync.store.schema import JsonText, batch, cache, group_contact, update

ROWS_PER_STATEMENT = 1_000
_NO_ESCAPE = "\x1f"  # a character nobody types: by default, a backslash works differently in each database

Condition = tuple[str, str, Any]
"""A column, an operator of `OPERATORS`, and a value."""

OPERATORS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column.is_distinct_from(value),
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "IN": lambda column, value: column.in_(value),
    "NOT IN": lambda column, value: column.not_in(value) | column.is_(None),
    "BETWEEN": lambda column, value: column.between(*value),
    "NOT BETWEEN": lambda column, value: ~column.between(*value) | column.is_(None),
    "LIKE": lambda column, value: _text(column).ilike(_pattern(value), escape=_NO_ESCAPE),
    "NOT LIKE": lambda column, value: _text(column).not_ilike(_pattern(value), escape=_NO_ESCAPE) | column.is_(None),
    "IS NULL": lambda column, _value: column.is_(None),
    "IS NOT NULL": lambda column, _value: column.is_not(None),
}
"""CiviCRM's operators. Null differs from every value; LIKE ignores case, on any database."""


@dataclass(frozen=True)
class Source:
    """What can be queried: a table with an `id`, and columns of another one that is joined when needed."""

    table: Table
    joined: FromClause | None = None
    others: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, ColumnElement[Any]]:
        """All columns by name; the others outrank the table's."""
        return {**{column.name: column for column in self.table.c}, **self.others}

    def ids(self, conditions: Sequence[Condition], *more: str) -> Select[Any]:
        """Return the query for the ids that meet all conditions; `more` columns will be used too."""
        names = {name for name, _, _ in conditions} | set(more)
        query = select(self.table.c.id)
        if self.joined is not None and names & self.others.keys():
            query = query.select_from(self.joined)
        columns = self.columns
        return query.where(
            *(OPERATORS[operator](_plain(columns[name]), _wide(value)) for name, operator, value in conditions)
        )


updates = Source(update)
batches = Source(batch)


def cache_with_group(group_id: int) -> Source:
    """Return the cache rows, each with what CiviCRM says of its contact in a group: civicrm_status, civicrm_updated."""
    return _cache_with(literal(group_id))


def cache_with_groups(groups: Mapping[str, int]) -> Source:
    """Likewise for several audiences, each with its group."""
    if len(groups) == 1:
        return cache_with_group(*groups.values())
    return _cache_with(case(dict(groups), value=cache.c.mailchimp_list_id))


def _cache_with(group_id: ColumnElement[int]) -> Source:
    here = and_(
        group_contact.c.list_id == cache.c.mailchimp_list_id,
        group_contact.c.contact_id == cache.c.civicrm_contact_id,
        group_contact.c.group_id == group_id,
    )
    others = {
        "civicrm_status": group_contact.c.status,
        "civicrm_updated": group_contact.c.date,
        "ours": group_contact.c.ours,
    }
    return Source(cache, cache.outerjoin(group_contact, here), others)


def count(tx: Connection, source: Source, conditions: Sequence[Condition]) -> int:
    """Return how many rows meet all conditions."""
    found = source.ids(conditions).subquery()
    return int(tx.execute(select(func.count()).select_from(found)).scalar_one())


def find(
    tx: Connection,
    source: Source,
    conditions: Sequence[Condition],
    *,
    order: Sequence[tuple[str, bool]] = (),
    limit: int,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """Return at most `limit` rows that meet all conditions, skipping the first `offset`.

    `order` is columns, each with whether it is descending; ties are in ascending order of id.
    """
    columns = source.columns
    sorting = [columns[name].desc() if descends else columns[name].asc() for name, descends in order]
    query = source.ids(conditions, *(name for name, _ in order)).order_by(*sorting, source.table.c.id)
    ids = list(tx.execute(query.limit(limit).offset(offset)).scalars())
    rows: dict[int, dict[str, Any]] = {}
    for start in range(0, len(ids), ROWS_PER_STATEMENT):
        rows.update(_rows(tx, source, ids[start : start + ROWS_PER_STATEMENT]))
    return [rows[key] for key in ids]


def _rows(tx: Connection, source: Source, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    labelled = [column.label(name) for name, column in source.columns.items()]
    query = select(*labelled).select_from(source.table if source.joined is None else source.joined)
    return {row["id"]: dict(row) for row in tx.execute(query.where(source.table.c.id.in_(ids))).mappings()}


def has_address(tx: Connection, lists: Collection[str], addresses: Collection[str]) -> Condition:
    """Return the condition that finds the members with given addresses, ignoring case.

    A member's id follows from the address, and is indexed. Very old members have another one: if an address isn't
    found, all are searched.
    """
    here, lowered = cache.c.mailchimp_list_id.in_(lists), func.lower(cache.c.mailchimp_email)
    wanted = {one: f"m:{member_id_of(one)}" for one in spellings(addresses)}
    columns = (cache.c.id, lowered.label("address"))
    by_identity = select(*columns).where(here, cache.c.identity.in_(wanted.values()), lowered.in_(wanted))
    found = tx.execute(by_identity).all()
    known = {normalise_address(one.address) for one in found}
    if missing := [one for one in wanted if normalise_address(one) not in known]:
        found = [*found, *tx.execute(select(*columns).where(here, lowered.in_(missing))).all()]
    return ("id", "IN", [one.id for one in found])


def _wide(value: Any) -> Any:
    """Let numbers be as large as they are: PostgreSQL would refuse one that doesn't fit a small column."""
    if isinstance(value, list):
        return [_wide(one) for one in value]
    return literal(value, BigInteger) if isinstance(value, int) else value


def _plain(column: Any) -> Any:
    """JSON is compared as the text stored."""
    return type_coerce(column, Text) if isinstance(column.type, JsonText) else column


def _text(column: Any) -> Any:
    return column if isinstance(column.type, String) else cast(column, String(30))


def _pattern(value: str) -> str:
    """Return a pattern; one without `%` matches anywhere, as in the PHP extension."""
    pattern = value.replace(_NO_ESCAPE, "")
    return pattern if "%" in pattern else f"%{pattern}%"
