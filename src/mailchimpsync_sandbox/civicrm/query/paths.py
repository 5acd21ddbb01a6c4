"""What a name in a query means: a field, a field of a joined entity, a function."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC

from mailchimpsync_sandbox.civicrm.database import Database
from mailchimpsync_sandbox.civicrm.entities.custom import custom_field
from mailchimpsync_sandbox.civicrm.entities.entities import ENTITIES, LOCATIONS
from mailchimpsync_sandbox.civicrm.entities.options import SUFFIXES, has_options
from mailchimpsync_sandbox.civicrm.entities.schema import DataType, Entity, Field
from mailchimpsync_sandbox.civicrm.errors import ApiError, UnknownFieldError

_ALIASED = re.compile(r"(?P<expression>.+?)\s+AS\s+(?P<alias>\w+)", re.IGNORECASE | re.DOTALL)
_FUNCTION = re.compile(
    r"(?P<name>[A-Za-z_]+)\((?P<distinct>DISTINCT\s+)?(?P<arguments>.*)\)", re.DOTALL | re.IGNORECASE
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_KEEPS_TYPE = frozenset({"MAX", "MIN", "SUM", "COALESCE"})
_FUNCTIONS = _KEEPS_TYPE | {"COUNT", "AVG", "LOWER", "UPPER", "GROUP_CONCAT", "CONCAT"}
_JOINS_MAX = 40


@dataclass(frozen=True)
class Expression:
    """A piece of SQL. `field` is what it has the type of; `suffix` is the `name` of `group_type:name`."""

    sql: str
    field: Field | None = None
    suffix: str | None = None
    alias: str = "a"


class Scope:
    """The tables of a query: the entity asked for, and what its names lead to.

    `joins` holds the SQL of the joins, in order. Joins made by a path (`contact_id.is_deleted`) are made once each.
    """

    def __init__(self, database: Database, entity: Entity, *, with_custom_fields: bool = True) -> None:
        self.database = database
        self._with_custom_fields = with_custom_fields
        self.entity = entity
        self.joins: list[str] = []
        self._made: dict[str, tuple[str, Entity]] = {}
        self.explicit: dict[str, tuple[str, Entity]] = {}

    def new_alias(self) -> str:
        """Return an alias no table has yet.

        Raises:
            ApiError: the query joins more tables than the stand-in is ready for.
        """
        if len(self.joins) >= _JOINS_MAX:
            raise ApiError("Too many joins")
        return f"j{len(self.joins)}"

    def walk(self, path: str) -> tuple[str, Entity, str]:
        """Return the alias and entity that a dotted path leads to, and the last part of the path.

        Raises:
            ApiError: it leads nowhere.
        """
        alias, entity, so_far = "a", self.entity, ""
        *steps, last = path.split(".")
        for step in steps:
            so_far = f"{so_far}.{step}" if so_far else step
            if so_far in self.explicit:
                alias, entity = self.explicit[so_far]
                continue
            if so_far not in self._made:
                self._made[so_far] = self._join(alias, entity, step, path)
            alias, entity = self._made[so_far]
        return alias, entity, last

    def _join(self, alias: str, entity: Entity, step: str, path: str) -> tuple[str, Entity]:
        new = self.new_alias()
        location = LOCATIONS.get(step.removesuffix("_primary")) if step.endswith("_primary") else None
        field = entity.by_name.get(step)
        if location is not None and entity.name == "Contact":
            self.joins.append(
                f"LEFT JOIN {location.table} {new} ON {new}.contact_id = {alias}.id AND {new}.is_primary = 1"
            )
            return new, location
        if field is None or field.references is None:
            raise UnknownFieldError(path)
        target = ENTITIES[field.references]
        self.joins.append(f"LEFT JOIN {target.table} {new} ON {new}.id = {alias}.{step}")
        return new, target

    def field(self, path: str) -> Expression:
        """Return a field by its path, for example `contact_id.is_deleted` or `group_type:name`.

        Raises:
            ApiError: there is none.
        """
        bare, _, suffix = path.partition(":")
        own = custom_field(self.database, self.entity.name, bare) if self._with_custom_fields else None
        if own is not None:
            alias, field, name = "a", own, bare
        else:
            alias, entity, name = self.walk(bare)
            found = entity.by_name.get(name)
            if found is None:
                raise UnknownFieldError(path)
            field = found
        if suffix and (suffix not in SUFFIXES or not has_options(field)):
            raise UnknownFieldError(path)
        sql = field.sql.format(t=alias) if field.sql else f"{alias}.{name}"
        return Expression(sql, field, suffix or None, alias)

    def expression(self, text: str) -> Expression:
        """Return a field, a literal, or a function of them.

        Raises:
            ApiError: it is none of these.
        """
        text = text.strip()
        if _QUOTED.fullmatch(text):
            inner = text[1:-1].replace("'", "''")
            return Expression(f"'{inner}'")
        if _NUMBER.fullmatch(text) or text == "*":
            return Expression(text)
        if function := _FUNCTION.fullmatch(text):
            return self._function(function["name"].upper(), bool(function["distinct"]), function["arguments"])
        return self.field(text)

    def _function(self, name: str, distinct: bool, arguments: str) -> Expression:
        if name == "NOW":
            return Expression(f"'{self.database.local_now()}'")
        if name not in _FUNCTIONS:
            raise ApiError(f"Unable to parse sql expression: {name}({arguments})")
        parts = [self.expression(one) for one in arguments.split(",")]
        inner = ", ".join(self.shown(one) for one in parts)
        if name == "CONCAT":
            return Expression("(" + " || ".join(self.shown(one) for one in parts) + ")")
        field = replace(parts[0].field, packing=None) if name in _KEEPS_TYPE and parts[0].field else None
        # The value is already the site's time, so that it must not be moved again.
        if field is not None and field.data_type is DataType.TIMESTAMP:
            field = replace(field, data_type=DataType.DATETIME)
        return Expression(f"{name}({'DISTINCT ' if distinct else ''}{inner})", field)

    def shown(self, one: Expression) -> str:
        """Return the SQL whose value goes out: timestamps are moved to the time of the database session."""
        zones = self.database.zones
        if zones.zone is UTC or one.field is None or one.field.data_type is not DataType.TIMESTAMP:
            return one.sql
        if zones.session_is_named:
            return f"shown_time({one.sql})"
        now = self.database.now()
        return f"datetime({one.sql}, '{zones.offset(now, now).total_seconds():+.0f} seconds')"


def split_alias(text: str) -> tuple[str, str]:
    """Return an item of `select` as its expression and the key it goes out under."""
    if aliased := _ALIASED.fullmatch(text.strip()):
        return aliased["expression"], aliased["alias"]
    if function := _FUNCTION.fullmatch(text.strip()):
        return text, f"{function['name'].upper()}:{function['arguments'].strip()}"
    return text, text
