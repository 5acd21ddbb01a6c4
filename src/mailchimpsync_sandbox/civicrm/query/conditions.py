"""`where`, `having` and the conditions of joins, as SQL."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mailchimpsync_sandbox.civicrm.access.rows import Access
from mailchimpsync_sandbox.civicrm.entities.options import from_suffix, options_of
from mailchimpsync_sandbox.civicrm.entities.schema import SEPARATOR, DataType, Packing
from mailchimpsync_sandbox.civicrm.errors import ApiError
from mailchimpsync_sandbox.civicrm.query.folding import fold
from mailchimpsync_sandbox.civicrm.query.paths import Expression, Scope
from mailchimpsync_sandbox.civicrm.query.values import to_column

_COMPARISONS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_DEPTH_MAX = 20
_NO_OPERAND = frozenset({"IS NULL", "IS NOT NULL", "IS EMPTY", "IS NOT EMPTY"})


@dataclass
class Conditions:
    """Builds conditions over a scope; `values` are to be bound, in order.

    `resolve` tells what a name means: the scope's fields, or for `having` what was selected.
    `access` is the user's: who is meant by `user_contact_id`, who is in a smart group.
    """

    scope: Scope
    resolve: Callable[[str], Expression]
    access: Access
    operands_are_expressions: bool = False
    values: list[Any] = field(default_factory=list)

    def all_of(self, clauses: list[Any], joiner: str = " AND ", depth: int = 0) -> str:
        """Return the clauses, all of which must hold (or one, with another joiner).

        Raises:
            ApiError: a field or an operator is unknown.
        """
        if depth > _DEPTH_MAX:
            raise ApiError("Conditions nested too deep")
        parts = [self._clause(one, depth) for one in clauses]
        return f"({joiner.join(parts)})" if parts else "1"

    def _clause(self, clause: Any, depth: int) -> str:
        if not isinstance(clause, list) or not clause:
            raise ApiError("Invalid where clause")
        head = str(clause[0]).upper()
        if head in {"AND", "OR"} and len(clause) > 1 and isinstance(clause[1], list):
            return self.all_of(clause[1], f" {head} ", depth + 1)
        if head == "NOT" and len(clause) > 1 and isinstance(clause[1], list):
            nested = clause[1] if clause[1] and isinstance(clause[1][0], list) else [clause[1]]
            return f"NOT {self.all_of(nested, ' AND ', depth + 1)}"
        left = self.resolve(str(clause[0]))
        operator = str(clause[1]).upper() if len(clause) > 1 else "="
        operand = clause[2] if len(clause) > 2 else None  # noqa: PLR2004 (field, operator, value)
        by_field = self.operands_are_expressions or (len(clause) > 3 and bool(clause[3]))  # noqa: PLR2004 (a flag behind)
        if by_field and isinstance(operand, str) and operator in _COMPARISONS:
            return f"{left.sql} {_COMPARISONS[operator]} {self.resolve(operand).sql}"
        return self._compare(left, operator, operand)

    def _compare(self, left: Expression, operator: str, operand: Any) -> str:
        if left.field is not None and left.field.name == "groups" and left.field.sql == "NULL":
            return self._in_groups(left, operator, operand)
        if operator in _NO_OPERAND or (operand is None and operator in {"=", "!="}):
            return _emptiness(left, {"=": "IS NULL", "!=": "IS NOT NULL"}.get(operator, operator))
        special = self._special(left, operator, operand)
        if special is not None:
            return special
        if operator not in _COMPARISONS:
            raise ApiError("Illegal operator")
        self.values.append(self._bound(left, operand))
        return f"{_compared(left)} {_COMPARISONS[operator]} ?"

    def _special(self, left: Expression, operator: str, operand: Any) -> str | None:
        match operator:
            case "=" | "IN" if left.field is not None and left.field.packing is Packing.JSON and left.field.sql:
                return self._contains(left, operand, " OR ")
            case "IN" | "NOT IN":
                return self._in(left, operator, operand)
            case "LIKE" | "NOT LIKE" | "REGEXP" | "NOT REGEXP":
                like = self._like if operator.endswith("LIKE") else self._matches
                return like(left, operator, str(operand))
            case "BETWEEN" | "NOT BETWEEN":
                self.values += [self._bound(left, one) for one in self._list(operand, 2)]
                return f"{_compared(left)} {operator} ? AND ?"
            case "CONTAINS" | "NOT CONTAINS":
                found = self._contains(left, operand)
                return found if operator == "CONTAINS" else f"({left.sql} IS NULL OR NOT {found})"
        return None

    def _like(self, left: Expression, operator: str, pattern: str) -> str:
        """A pattern is held against what is kept, not what is shown: no name of a choice is like any."""
        if left.suffix is not None:
            return "0" if operator == "LIKE" else "1"
        self.values.append(fold(pattern))
        return f"fold({left.sql}) {operator} ? ESCAPE '\\'"

    def _matches(self, left: Expression, operator: str, pattern: str) -> str:
        """A regular expression is held against the signs as they are kept, in any case. It may name no classes here."""
        if "[:" in pattern:
            raise ApiError("DB Error: syntax error")
        self.values.append(pattern)
        return f"{left.sql} {operator} ?"

    def _in(self, left: Expression, operator: str, operand: Any) -> str:
        self.values.append(json.dumps([self._bound(left, one) for one in self._list(operand)]))
        return f"{_compared(left)} {operator} (SELECT value FROM json_each(?))"

    def _list(self, operand: Any, length: int | None = None) -> list[Any]:
        items = operand if isinstance(operand, list) else [operand]
        if length is not None and len(items) != length:
            raise ApiError(f"Operator expects {length} values")
        return items

    def _contains(self, left: Expression, operand: Any, joiner: str = " AND ") -> str:
        parts = []
        for one in self._list(operand):
            packing = left.field.packing if left.field else None
            value = self._choice(left, one)
            if packing is Packing.JSON:
                self.values.append(str(value))
                parts.append(f"EXISTS (SELECT 1 FROM json_each({left.sql}) WHERE value = ?)")
            elif packing is not None:
                mark = "," if packing is Packing.COMMAS else SEPARATOR
                self.values.append(f"{mark}{value}{mark}")
                parts.append(f"instr('{mark}' || {left.sql} || '{mark}', ?) > 0")
            else:
                self.values.append(fold(str(value)))
                parts.append(f"instr(fold({left.sql}), ?) > 0")
        return f"({joiner.join(parts) or '1'})"

    def _choice(self, left: Expression, operand: Any) -> Any:
        if left.suffix is None or left.field is None:
            return operand
        choices = from_suffix(options_of(self.scope.database, left.field), left.suffix)
        return choices.get(fold(operand))

    def _bound(self, left: Expression, operand: Any) -> Any:
        """Return an operand as the column keeps it, so that the two can be compared."""
        value = self._choice(left, operand)
        if left.field is None or value is None:
            return value
        if value == "user_contact_id" and left.field.data_type is DataType.INTEGER:
            return self.access.user.contact_id
        if left.field.packing is not None:
            return value
        if left.field.data_type is DataType.INTEGER and not str(value).lstrip("-").isdigit():
            return value
        kept = to_column(self.scope.database, left.field, value)
        return fold(kept) if left.field.is_text else kept

    def _with_children(self, group_ids: list[int]) -> list[int]:
        """Who is in a child group is in its parents too."""
        nested = (
            "WITH RECURSIVE f(id) AS (SELECT value FROM json_each(?) UNION SELECT n.child_group_id FROM "
            "civicrm_group_nesting n JOIN f ON n.parent_group_id = f.id) SELECT id FROM f"
        )
        return [row[0] for row in self.scope.database.rows(nested, (json.dumps(group_ids),))]

    def _in_groups(self, left: Expression, operator: str, operand: Any) -> str:
        if operator not in {"IN", "NOT IN", "=", "!="}:
            raise ApiError("Illegal operator")
        given = [int(one) for one in (self._choice(left, one) for one in self._list(operand)) if one is not None]
        ids = self._with_children(given)
        self.values += [json.dumps(ids), json.dumps(self.access.members_of(ids))]
        wanted = "NOT IN" if operator in {"NOT IN", "!="} else "IN"
        return (
            f"{left.alias}.id {wanted} (SELECT contact_id FROM civicrm_group_contact WHERE status = 'Added' "
            "AND group_id IN (SELECT value FROM json_each(?)) UNION SELECT value FROM json_each(?))"
        )


def _compared(left: Expression) -> str:
    return f"fold({left.sql})" if left.field is not None and left.field.is_text else left.sql


def _emptiness(left: Expression, operator: str) -> str:
    if operator in {"IS NULL", "IS NOT NULL"}:
        return f"{left.sql} {operator}"
    empty = f"({left.sql} IS NULL OR {left.sql} IN ('', 0))"
    return empty if operator == "IS EMPTY" else f"NOT {empty}"
