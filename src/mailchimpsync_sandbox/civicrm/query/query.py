"""`get`: from parameters to SQL to rows."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mailchimpsync_sandbox.civicrm.access.rows import Access
from mailchimpsync_sandbox.civicrm.entities.entities import ENTITIES
from mailchimpsync_sandbox.civicrm.entities.options import options_of, to_suffix
from mailchimpsync_sandbox.civicrm.entities.schema import Entity
from mailchimpsync_sandbox.civicrm.errors import ApiError, UnknownFieldError
from mailchimpsync_sandbox.civicrm.query.conditions import Conditions
from mailchimpsync_sandbox.civicrm.query.paths import Expression, Scope, split_alias
from mailchimpsync_sandbox.civicrm.query.values import Converter, from_column

_JOIN_KINDS = {"INNER": "INNER JOIN", "LEFT": "LEFT JOIN"}


@dataclass(frozen=True)
class Found:
    """Rows, and how many there would be without a limit, if that was asked for."""

    rows: list[dict[str, Any]]
    matched: int | None = None


class Query:
    """One `get`, compiled; it finds what the user sees."""

    def __init__(self, entity: Entity, params: dict[str, Any], access: Access) -> None:
        self._database = access.database
        self._entity = entity
        self._params = params
        self._access = access
        self._scope = Scope(access.database, entity, with_custom_fields=access.sees_custom_data)
        self._values: list[Any] = []
        for one in params.get("join") or []:
            self._join(one)
        self._columns = self._select()
        self._where = self._conditions(self._where_clauses())
        if seen := access.clause(entity, "a"):
            self._where += f" AND {seen}"
        self._grouping = self._group_by()
        self._order = self._order_by()

    def run(self) -> Found:
        """Return what is asked for.

        Raises:
            ApiError: the database refuses the query.
        """
        select = self._params.get("select") or []
        matched = self._count() if "row_count" in select else None
        if select == ["row_count"]:
            return Found([], matched)
        return Found(self._fetch(), matched)

    def ids(self) -> list[int]:
        """Return the ids of the rows that match, in order."""
        sql = f"SELECT a.id {self._tail()}{self._order}{self._limit()}"
        return [row[0] for row in self._database.rows(sql, self._values)]

    def _count(self) -> int:
        selected = "1" if not self._grouping else self._selected()
        sql = f"SELECT COUNT(*) FROM (SELECT {selected} {self._tail()})"
        return int(self._database.rows(sql, self._values)[0][0])

    def _fetch(self) -> list[dict[str, Any]]:
        sql = f"SELECT {self._selected()} {self._tail()}{self._order}{self._limit()}"
        keys = list(self._columns)
        rows = [dict(zip(keys, row, strict=True)) for row in self._database.rows(sql, self._values)]
        for key, one in self._columns.items():
            if convert := self._converter(one):
                for row in rows:
                    row[key] = convert(row[key])
        return rows

    def _selected(self) -> str:
        return ", ".join(self._scope.shown(one) for one in self._columns.values())

    def _tail(self) -> str:
        return f"FROM {self._entity.table} a {' '.join(self._scope.joins)} WHERE {self._where}{self._grouping}"

    def _limit(self) -> str:
        limit, offset = int(self._params.get("limit") or 0), int(self._params.get("offset") or 0)
        if not limit and not offset:
            return ""
        return f" LIMIT {limit or -1} OFFSET {offset}"

    def _conditions(self, clauses: list[Any], resolve: Callable[[str], Expression] | None = None) -> str:
        built = Conditions(self._scope, resolve or self._scope.expression, self._access)
        sql = built.all_of(clauses)
        self._values += built.values
        return sql

    def _join(self, join: list[Any]) -> None:
        name, _, alias = str(join[0]).partition(" AS ")
        kind, conditions = str(join[1]).upper(), [one for one in join[2:] if isinstance(one, list)]
        if name not in ENTITIES or kind not in _JOIN_KINDS:
            raise ApiError(f"Cannot join {join[0]}")
        new = self._scope.new_alias()
        self._scope.explicit[alias or name] = (new, ENTITIES[name])
        place = len(self._scope.joins)
        self._scope.joins.append("")
        built = Conditions(self._scope, self._scope.expression, self._access, operands_are_expressions=True)
        seen = self._access.clause(ENTITIES[name], new) or "1"
        on = f"{built.all_of(conditions)} AND {seen}"
        self._scope.joins[place] = f"{_JOIN_KINDS[kind]} {ENTITIES[name].table} {new} ON {on}"
        self._values += built.values

    def _select(self) -> dict[str, Expression]:
        columns: dict[str, Expression] = {}
        for item in self._params.get("select") or ["*"]:
            for path in self._expanded(str(item)):
                text, key = split_alias(path)
                try:
                    columns[key] = self._scope.expression(text)
                except UnknownFieldError:  # as in CiviCRM: it is left out, without a word
                    continue
        if "id" in columns or self._params.get("groupBy"):
            return columns
        return {"id": self._scope.field("id"), **columns}

    def _expanded(self, item: str) -> list[str]:
        if item == "row_count":
            return []
        if item != "*" and not item.endswith(".*"):
            return [item]
        try:
            _, entity, _ = self._scope.walk(item)
        except ApiError:  # `custom.*` on a site without custom fields
            return []
        return [item[:-1] + one.name for one in entity.columns]

    def _where_clauses(self) -> list[Any]:
        where = list(self._params.get("where") or [])
        if self._entity.name == "Contact" and not _mentions(where, {"id", "is_deleted"}):
            where.append(["is_deleted", "=", False])
        return where

    def _group_by(self) -> str:
        grouping = [self._scope.expression(str(one)).sql for one in self._params.get("groupBy") or []]
        having = self._params.get("having") or []
        if having and not grouping:
            grouping = ["a.id"]
        sql = f" GROUP BY {', '.join(grouping)}" if grouping else ""
        return f"{sql} HAVING {self._conditions(having, self._selected_or_field)}" if having else sql

    def _selected_or_field(self, name: str) -> Expression:
        return self._columns.get(name) or self._scope.expression(name)

    def _order_by(self) -> str:
        parts = []
        for name, direction in (self._params.get("orderBy") or {}).items():
            if str(direction).upper() not in {"ASC", "DESC"}:
                raise ApiError(f"Invalid sort direction. Cannot order by {name} {direction}")
            one = self._selected_or_field(name)
            sql = f"fold({one.sql})" if one.field is not None and one.field.is_text else one.sql
            parts.append(f"{sql} {str(direction).upper()}")
        return f" ORDER BY {', '.join(parts)}" if parts else ""

    def _converter(self, one: Expression) -> Converter | None:
        if one.field is None:
            return None
        plain = from_column(one.field)
        if one.suffix is None:
            return plain
        shown = to_suffix(options_of(self._database, one.field), one.suffix)
        if one.field.packing is None:
            return lambda value: None if value is None else shown.get(str(value))
        return lambda text: None if text is None else [shown.get(str(item)) for item in (plain or list)(text)]


def _mentions(clauses: list[Any], names: set[str]) -> bool:
    """Return whether a condition, however deep, is on one of the fields."""
    for one in clauses:
        if not isinstance(one, list) or not one:
            continue
        nested = one[1] if len(one) > 1 and isinstance(one[1], list) else []
        if isinstance(one[0], list):
            nested = one
        elif one[0] in names:
            return True
        elif str(one[0]).upper() not in {"AND", "OR", "NOT"}:
            continue
        if _mentions(nested, names) or (nested and nested[0] in list(names)):
            return True
    return False
