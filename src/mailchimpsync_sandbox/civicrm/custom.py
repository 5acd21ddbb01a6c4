"""Custom fields of contacts: `Group.Field` in queries, and their description.

In CiviCRM each group has a table of its own; here one table has all values, which no answer shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.civicrm.schema import DataType, Field, Packing
from mailchimpsync_sandbox.civicrm.values import to_column

if TYPE_CHECKING:
    from mailchimpsync_sandbox.civicrm.database import Database

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
    "LEFT JOIN civicrm_option_group o ON o.id = f.option_group_id WHERE f.is_active = 1 AND g.is_active = 1"
)


def custom_field(database: Database, name: str) -> Field | None:
    """Return the custom field of contacts that `Group.Field` names; its SQL reads the value."""
    found = [row for row in database.rows(_FOUND) if row[1] == name]
    return _field(found[0]) if found else None


def described(database: Database) -> list[dict[str, Any]]:
    """Return what `getFields` tells of each."""
    return [
        {
            "required": False,
            "name": row[1],
            "title": row[2],
            "label": row[2],
            "data_type": str(_TYPES[row[3]]),
            "options": row[5] is not None,
            "entity": "Contact",
            "fk_entity": None,
            "type": "Custom",
            "readonly": False,
        }
        for row in database.rows(_FOUND)
    ]


def set_custom(database: Database, contact_id: int, name: str, value: Any) -> None:
    """Give a contact a value.

    Raises:
        KeyError: there is no such field.
    """
    number = {row[1]: row[0] for row in database.rows(_FOUND)}[name]
    field = custom_field(database, name)
    kept = to_column(database, field, value) if field is not None else value
    database.execute("INSERT OR REPLACE INTO sandbox_custom_value VALUES (?, ?, ?)", (number, contact_id, kept))


def _field(row: tuple[Any, ...]) -> Field:
    number, name, _, data_type, serialize, options = row
    sql = f"(SELECT v.value FROM sandbox_custom_value v WHERE v.field_id = {number} AND v.entity_id = {{t}}.id)"  # noqa: S608 (a number of ours)
    packing = Packing.SEPARATED if serialize else None
    return Field(name, _TYPES[data_type], options=options, packing=packing, sql=sql)
