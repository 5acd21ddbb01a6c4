"""Custom fields: `Group.Field` in the API of the entity that the group extends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.civicrm.schema import Field

if TYPE_CHECKING:
    from mailchimpsync_sandbox.civicrm.database import Database

# In CiviCRM each group has a table, and each of its fields a column; here all values are in one table.
TABLES = (
    "CREATE TABLE sandbox_custom_value (field_id INTEGER, entity_id INTEGER, value TEXT, UNIQUE (field_id, entity_id))",
    "CREATE INDEX sandbox_custom_value_text ON sandbox_custom_value (field_id, fold(value))",
)


def custom_field(database: Database, entity: str, path: str) -> Field | None:
    """Return the field that a path names on an entity, or None if there is none."""
    group, _, name = path.partition(".")
    if not name:
        return None
    found = database.rows(
        "SELECT f.id FROM civicrm_custom_field f JOIN civicrm_custom_group g ON g.id = f.custom_group_id "
        "WHERE g.name = ? AND f.name = ? AND g.extends = ? AND g.is_active AND f.is_active",
        (group, name, entity),
    )
    if not found:
        return None
    number = int(found[0][0])
    sql = f"(SELECT v.value FROM sandbox_custom_value v WHERE v.field_id = {number} AND v.entity_id = {{t}}.id)"  # noqa: S608 (a number)
    return Field(path, sql=sql)


def keep_custom_values(database: Database, entity: str, row_id: int, given: dict[str, Any]) -> None:
    """Keep those of the given values that are custom fields of the entity."""
    for path, value in given.items():
        if custom_field(database, entity, path) is not None:
            group, _, name = path.partition(".")
            database.execute(
                "INSERT INTO sandbox_custom_value (field_id, entity_id, value) SELECT f.id, ?, ? "
                "FROM civicrm_custom_field f JOIN civicrm_custom_group g ON g.id = f.custom_group_id "
                "WHERE g.name = ? AND f.name = ? ON CONFLICT DO UPDATE SET value = excluded.value",
                (row_id, value, group, name),
            )
