"""What the endpoint describes about itself: fields, entities, permissions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from mailchimpsync_sandbox.civicrm.access.permissions import KNOWN
from mailchimpsync_sandbox.civicrm.database import Database
from mailchimpsync_sandbox.civicrm.entities import custom
from mailchimpsync_sandbox.civicrm.entities.entities import ENTITIES
from mailchimpsync_sandbox.civicrm.entities.options import has_options, options_of
from mailchimpsync_sandbox.civicrm.entities.schema import Entity


def _permissions() -> list[dict[str, Any]]:
    return [{"name": name, "title": title} for name, title in KNOWN.items()]


def _entities() -> list[dict[str, Any]]:
    return [{"name": one.name, "title": one.name, "table_name": one.table} for one in ENTITIES.values()]


# Entities that are lists rather than tables; they can only be read.
LISTS: dict[str, Callable[[], list[dict[str, Any]]]] = {"Permission": _permissions, "Entity": _entities}


def fields_of(
    database: Database, entity: Entity, *, load_options: bool, with_custom_fields: bool
) -> list[dict[str, Any]]:
    """Return what `getFields` says about each field; with `load_options` the choices as value to label."""
    describe_fields = []
    for one in entity.columns:
        options: Any = has_options(one)
        if options and load_options:
            options = {str(choice.value): choice.label for choice in options_of(database, one)}
        describe_fields.append(
            {
                "required": one.required and one.default is None,
                "name": one.name,
                "title": one.name.replace("_", " ").title(),
                "label": one.name.replace("_", " ").title(),
                "data_type": str(one.data_type),
                "options": options,
                "entity": entity.name,
                "fk_entity": one.references,
                "type": "Field",
                "readonly": one.name == "id",
            }
        )
    return [*describe_fields, *(custom.describe_fields(database, entity.name) if with_custom_fields else ())]


def select_rows(rows: list[dict[str, Any]], params: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the requested rows and keys of a list that isn't a table. Conditions: `=` and `IN`."""
    for name, operator, value in params.get("where") or []:
        wanted = value if operator == "IN" else [value]
        rows = [row for row in rows if row.get(name) in wanted]
    start, limit = int(params.get("offset") or 0), int(params.get("limit") or 0)
    rows = rows[start : start + limit if limit else None]
    select = [name for name in params.get("select") or [] if name != "*"]
    return [{key: value for key, value in row.items() if key in select} for row in rows] if select else rows


def parse_json(text: str | None) -> Any:
    """Return what a JSON column holds, None if it is empty."""
    return json.loads(text) if text else None
