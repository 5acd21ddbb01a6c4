"""Custom fields: `Group.Field` in the API of the entity that the group extends, and their description.

In CiviCRM each group has a table of its own; here one table has all values, which no answer shows. Only a group with
several records for each row has one, as it is an entity too: `Custom_Group`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.civicrm.entities.entities import TABLES as ENTITY_TABLES
from mailchimpsync_sandbox.civicrm.entities.schema import DataType, Entity, Field, Packing, create_statements
from mailchimpsync_sandbox.civicrm.query.values import to_column

if TYPE_CHECKING:
    from mailchimpsync_sandbox.civicrm.database import Database

TABLES = (
    "CREATE TABLE sandbox_custom_value (field_id INTEGER, entity_id INTEGER, value, PRIMARY KEY (field_id, entity_id))",
    "CREATE INDEX sandbox_custom_value_text ON sandbox_custom_value (field_id, fold(value))",
)

_TYPES = {
    "String": DataType.STRING,
    "Memo": DataType.TEXT,
    "Int": DataType.INTEGER,
    "Money": DataType.MONEY,
    "Float": DataType.MONEY,
    "Date": DataType.DATE,
    "Boolean": DataType.BOOLEAN,
}
_FOUND = (
    "SELECT f.id, g.name || '.' || f.name, g.title || ': ' || f.label, f.data_type, f.serialize, o.name "
    "FROM civicrm_custom_field f JOIN civicrm_custom_group g ON g.id = f.custom_group_id "
    "LEFT JOIN civicrm_option_group o ON o.id = f.option_group_id "
    "WHERE f.is_active = 1 AND g.is_active = 1 AND g.is_multiple = 0 AND g.extends = ?"
)


def records_entity(database: Database, name: str) -> Entity | None:
    """Return the entity `Custom_Group` of a group with several records for each contact, or None; make its table."""
    found = database.rows(
        "SELECT id, table_name FROM civicrm_custom_group WHERE 'Custom_' || name = ? AND is_multiple = 1", (name,)
    )
    if not found:
        return None
    group_id, table = found[0]
    fields = database.rows("SELECT name, data_type FROM civicrm_custom_field WHERE custom_group_id = ?", (group_id,))
    own = tuple(Field(field, _TYPES[data_type]) for field, data_type in fields)
    owner = Field("entity_id", DataType.INTEGER, required=True, references="Contact")
    entity = Entity(name, table, (Field("id", DataType.INTEGER), owner, *own))
    if not database.rows("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)):
        for statement in create_statements(entity, ENTITY_TABLES):
            database.execute(statement)
    return entity


def custom_field(database: Database, entity: str, path: str) -> Field | None:
    """Return the custom field of an entity that `Group.Field` names, or None; its SQL reads the value."""
    if "." not in path:
        return None
    found = [row for row in database.rows(_FOUND, (entity,)) if row[1] == path]
    return _field(found[0]) if found else None


def describe_fields(database: Database, entity: str) -> list[dict[str, Any]]:
    """Return what `getFields` says about each custom field of an entity."""
    return [
        {
            "required": False,
            "name": row[1],
            "title": row[2],
            "label": row[2],
            "data_type": str(_TYPES[row[3]]),
            "options": row[5] is not None,
            "entity": entity,
            "fk_entity": None,
            "type": "Custom",
            "readonly": False,
        }
        for row in database.rows(_FOUND, (entity,))
    ]


def keep_custom_values(database: Database, entity: str, row_id: int, given: dict[str, Any]) -> list[str]:
    """Keep those of the given values that are custom fields of the entity, and return their names."""
    numbers = {row[1]: row[0] for row in database.rows(_FOUND, (entity,))} if given else {}
    kept_names = [path for path in given if path in numbers]
    for path in kept_names:
        field = custom_field(database, entity, path)
        kept = to_column(database, field, given[path]) if field is not None else given[path]
        database.execute("INSERT OR REPLACE INTO sandbox_custom_value VALUES (?, ?, ?)", (numbers[path], row_id, kept))
    return kept_names


def _field(row: tuple[Any, ...]) -> Field:
    number, name, _, data_type, serialize, options = row
    sql = f"(SELECT v.value FROM sandbox_custom_value v WHERE v.field_id = {number} AND v.entity_id = {{t}}.id)"  # noqa: S608 (a number of ours)
    packing = Packing.SEPARATED if serialize else None
    return Field(name, _TYPES[data_type or "String"], options=options, packing=packing, sql=sql)
