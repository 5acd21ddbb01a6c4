"""`create`, `update` and `delete` of one row, with what an entity's rules add."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound
# ruff: noqa: ARG002 - a rule is given more than it may need

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.civicrm.entities.custom import keep_custom_values
from mailchimpsync_sandbox.civicrm.entities.entities import ENTITIES
from mailchimpsync_sandbox.civicrm.entities.options import SUFFIXES, from_suffix, has_options, options_of
from mailchimpsync_sandbox.civicrm.entities.schema import DataType, Entity, Field
from mailchimpsync_sandbox.civicrm.errors import ApiError
from mailchimpsync_sandbox.civicrm.query.folding import fold
from mailchimpsync_sandbox.civicrm.query.values import compact_time, fitted, from_column, to_column

if TYPE_CHECKING:
    from mailchimpsync_sandbox.civicrm.database import Database


@dataclass
class Record:
    """One row being written.

    `values` are column values; `extra` is what came with them that is no column; `row_id` is None before an insert.
    `echo` is added to the answer as it is; with `not_reloaded` the answer holds what was given, whatever the entity.
    """

    entity: Entity
    values: dict[str, Any]
    extra: dict[str, Any]
    row_id: int | None = None
    created: bool = False
    not_reloaded: bool = False
    echo: dict[str, Any] = field(default_factory=dict)


class Rules:
    """What an entity does besides storing values. The default is nothing."""

    def prepare(self, writer: Writer, record: Record) -> None:
        """Complete or correct the values before they are stored."""

    def after_write(self, writer: Writer, record: Record) -> None:
        """Act after the row is stored."""

    def before_delete(self, writer: Writer, row_ids: list[int], params: dict[str, Any]) -> bool:
        """Act before rows are deleted; return True if nothing is left to be deleted."""
        return False


class Writer:
    """Writes rows; must be used inside a transaction. `me` is the contact of the user who writes."""

    def __init__(self, database: Database, rules: dict[str, Rules], me: int | None = None) -> None:
        self.database = database
        self._rules = rules
        self.me = me

    def create(self, entity: Entity, values: dict[str, Any], extra: dict[str, Any] | None = None) -> dict[str, Any]:
        """Insert a row and return what CiviCRM answers for it.

        Raises:
            ApiError: mandatory values are missing, or a constraint is broken.
        """
        record = self._record(entity, values, extra)
        record.created = True
        self._prepare(record)
        missing = [one.name for one in entity.columns if one.required and record.values.get(one.name) is None]
        if missing:
            raise ApiError(
                f"Mandatory values missing from Api4 {entity.name}::create: {', '.join(missing)}",
                code="mandatory_missing",
            )
        record.row_id = self.insert(entity, record.values)
        return self._finish(record)

    def update(
        self, entity: Entity, row_id: int, values: dict[str, Any], extra: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Change a row and return what CiviCRM answers for it.

        Raises:
            ApiError: a constraint is broken.
        """
        record = self._record(entity, values, extra)
        record.row_id = row_id
        record.values.pop("id", None)
        self._prepare(record)
        self.set_values(entity, row_id, record.values)
        return self._finish(record)

    def delete(self, entity: Entity, row_ids: list[int], params: dict[str, Any]) -> None:
        """Delete rows by their ids."""
        if not self._rules_of(entity).before_delete(self, row_ids, params):
            self.database.execute_many(f"DELETE FROM {entity.table} WHERE id = ?", [(one,) for one in row_ids])

    def insert(self, entity: Entity, values: dict[str, Any]) -> int:
        """Insert column values as they are and return the row's id.

        Raises:
            ApiError: a constraint is broken.
        """
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        sql = (
            f"INSERT INTO {entity.table} ({names}) VALUES ({marks})"
            if values
            else f"INSERT INTO {entity.table} DEFAULT VALUES"
        )
        return self.database.execute(sql, tuple(values.values()))

    def set_values(self, entity: Entity, row_id: int, values: dict[str, Any]) -> None:
        """Change column values as they are.

        Raises:
            ApiError: a constraint is broken.
        """
        if values:
            settings = ", ".join(f"{name} = ?" for name in values)
            self.database.execute(f"UPDATE {entity.table} SET {settings} WHERE id = ?", (*values.values(), row_id))

    def row(self, entity: Entity, row_id: int) -> dict[str, Any]:
        """Return the column values of a row, or an empty dict if there is none."""
        names = [one.name for one in entity.columns]
        found = self.database.rows(f"SELECT {', '.join(names)} FROM {entity.table} WHERE id = ?", (row_id,))
        return dict(zip(names, found[0], strict=True)) if found else {}

    def _rules_of(self, entity: Entity) -> Rules:
        return self._rules.get(entity.name, _PLAIN)

    def _prepare(self, record: Record) -> None:
        self._rules_of(record.entity).prepare(self, record)
        by_name = record.entity.by_name
        record.values = {name: fitted(by_name[name], value) for name, value in record.values.items()}

    def _record(self, entity: Entity, values: dict[str, Any], extra: dict[str, Any] | None) -> Record:
        record = Record(entity, {}, dict(extra or {}))
        for key, value in values.items():
            one = entity.by_name.get(key)
            if one is not None and one.sql is None:
                record.values[key] = to_column(self.database, one, value)
            elif one is None and (resolved := self._resolved(entity, key, value)):
                record.values[resolved[0].name] = resolved[1]
            else:
                record.extra[key] = value
        return record

    def _resolved(self, entity: Entity, key: str, value: Any) -> tuple[Field, Any] | None:
        """Return the field and column value of `group_type:name` or `membership_type_id.name`."""
        name, _, suffix = key.partition(":")
        one = entity.by_name.get(name)
        if one is not None and suffix in SUFFIXES and has_options(one):
            return one, to_column(self.database, one, self._chosen(one, suffix, value))
        name, _, target_field = key.partition(".")
        one = entity.by_name.get(name)
        if one is None or one.references is None or target_field not in ENTITIES[one.references].by_name:
            return None
        table = self.database.tables[one.references]
        found = self.database.rows(f"SELECT id FROM {table} WHERE fold({target_field}) = ? LIMIT 1", (fold(value),))
        return one, found[0][0] if found else None

    def _chosen(self, one: Field, suffix: str, value: Any) -> Any:
        choices = from_suffix(options_of(self.database, one), suffix)
        if isinstance(value, list):
            return [choices[fold(item)] for item in value if fold(item) in choices]
        return choices.get(fold(value))

    def _finish(self, record: Record) -> dict[str, Any]:
        # As recorded: what the rules do afterwards, such as naming a contact after its address, does not show.
        reloaded = self._reloaded(record) if record.entity.reloads else None
        self._rules_of(record.entity).after_write(self, record)
        custom = keep_custom_values(self.database, record.entity.name, record.row_id or 0, record.extra)
        shown = self._as_given(record) if reloaded is None or record.not_reloaded else reloaded
        shown.update(record.echo)
        shown.update(custom=None, check_permissions=None)
        shown.update(dict.fromkeys([*record.entity.echo, *custom]))
        return shown

    def _reloaded(self, record: Record) -> dict[str, Any]:
        row = self.row(record.entity, record.row_id or 0)
        shown = {}
        for one in record.entity.columns:
            value = row.get(one.name)
            if value is None:
                continue
            if one.data_type is DataType.TIMESTAMP:
                value = self.database.local_from_utc(value)
            convert = from_column(one)
            shown[one.name] = convert(value) if convert else value
        return shown

    def _as_given(self, record: Record) -> dict[str, Any]:
        shown: dict[str, Any] = {"id": record.row_id}
        for one in record.entity.columns:
            if record.values.get(one.name) is None:
                continue
            value = record.values[one.name]
            convert = from_column(one)
            shown[one.name] = convert(value) if convert else value
            if one.data_type is DataType.TIMESTAMP:
                shown[one.name] = compact_time(self.database.local_from_utc(value))
            elif one.data_type in {DataType.DATE, DataType.DATETIME}:
                shown[one.name] = compact_time(value)
        return shown


_PLAIN = Rules()
