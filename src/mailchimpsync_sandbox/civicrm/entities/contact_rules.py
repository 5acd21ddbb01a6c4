"""Contacts and what belongs to them: names, e-mail addresses, trash, merges."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, values are bound
# ruff: noqa: ARG002 - a rule is given more than it may need

from __future__ import annotations

import secrets
from typing import Any

from mailchimpsync_sandbox.civicrm.entities.entities import CONTACT, EMAIL, LOCATIONS
from mailchimpsync_sandbox.civicrm.entities.options import FIXED
from mailchimpsync_sandbox.civicrm.entities.schema import Entity
from mailchimpsync_sandbox.civicrm.query.writing import Record, Rules, Writer

_TYPES = frozenset(option.name for option in FIXED["contact_type"])
_NAMES = ("first_name", "middle_name", "last_name", "organization_name", "household_name")


class ContactRules(Rules):
    """Names are composed, changes are dated, and `email_primary.email` and similar fields are stored."""

    def prepare(self, writer: Writer, record: Record) -> None:
        now = writer.database.utc_now()
        if record.created:
            record.values.setdefault("contact_type", "Individual")
            record.echo.update({name: None for name in _NAMES if record.values.get(name) == ""})
            record.values.update(record.echo)
            record.values["hash"] = secrets.token_hex(16)
            record.values.setdefault("created_date", now)
        record.values.setdefault("modified_date", now)
        if record.values.get("external_identifier") == "":
            record.values["external_identifier"] = None
        if record.created or any(name in record.values for name in _NAMES):
            self._name(writer, record)

    def _name(self, writer: Writer, record: Record) -> None:
        stored = {} if record.row_id is None else writer.row(CONTACT, record.row_id)
        merged = {**stored, **record.values}
        record.values["display_name"], record.values["sort_name"] = names_of(merged)

    def after_write(self, writer: Writer, record: Record) -> None:
        if not record.created:
            record.echo["contact_id"] = None
        elif record.values["contact_type"] not in _TYPES:
            _echo_unknown_type(writer, record)
        for prefix, entity in LOCATIONS.items():
            path = f"{prefix}_primary."
            given = {key.removeprefix(path): value for key, value in record.extra.items() if key.startswith(path)}
            if given:
                self._write_primary(writer, record, entity, given)
                record.echo.update(_echoed(writer, record, entity, path, given))
        if "display_name" in record.values and not record.values["display_name"]:
            _name_after_address(writer, record.row_id or 0)

    def _write_primary(self, writer: Writer, record: Record, entity: Entity, given: dict[str, Any]) -> None:
        primary = None if record.created else primary_id(writer, entity, record.row_id or 0)
        if primary is not None:
            writer.update(entity, primary, given)
        elif any(value not in {None, ""} for value in given.values()):
            writer.create(entity, {"contact_id": record.row_id, "is_primary": True, **given})

    def before_delete(self, writer: Writer, row_ids: list[int], params: dict[str, Any]) -> bool:
        if not params.get("useTrash", True):
            _untag(writer, row_ids)
            return False
        stamp = writer.database.utc_now()
        writer.database.execute_many(
            "UPDATE civicrm_contact SET is_deleted = 1, modified_date = ? WHERE id = ?",
            [(stamp, one) for one in row_ids],
        )
        return True


def _name_after_address(writer: Writer, contact_id: int) -> None:
    writer.database.execute(
        "UPDATE civicrm_contact SET (display_name, sort_name) = (SELECT email, email FROM civicrm_email "
        "WHERE contact_id = civicrm_contact.id AND is_primary = 1) WHERE id = ?",
        (contact_id,),
    )


def _untag(writer: Writer, contact_ids: list[int]) -> None:
    """Take the tags off contacts about to go: no foreign key does, as a tag may be on anything."""
    writer.database.execute_many(
        "DELETE FROM civicrm_entity_tag WHERE entity_table = 'civicrm_contact' AND entity_id = ?",
        [(one,) for one in contact_ids],
    )


def names_of(values: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the display name and the sort name of a contact, None if it has no name."""
    if values.get("contact_type") == "Organization":
        return (values.get("organization_name"),) * 2
    if values.get("contact_type") == "Household":
        return (values.get("household_name"),) * 2
    first, middle, last = (values.get(name) for name in ("first_name", "middle_name", "last_name"))
    given = " ".join(part for part in (first, middle) if part)
    display = " ".join(part for part in (given, last) if part)
    sort = ", ".join(part for part in (last, given) if part)
    return display or None, sort or None


def primary_id(writer: Writer, entity: Entity, contact_id: int) -> int | None:
    """Return the id of a contact's primary address (phone, e-mail), if there is one."""
    found = writer.database.rows(
        f"SELECT id FROM {entity.table} WHERE contact_id = ? AND is_primary = 1 LIMIT 1",
        (contact_id,),
    )
    return found[0][0] if found else None


def _echoed(writer: Writer, record: Record, entity: Entity, path: str, given: dict[str, Any]) -> dict[str, Any]:
    primary = primary_id(writer, entity, record.row_id or 0)
    row = {} if primary is None else writer.row(entity, primary)
    return {path + name: row.get(name, value) for name, value in given.items()}


def _echo_unknown_type(writer: Writer, record: Record) -> None:
    """Answer as CiviCRM does for a contact type it does not know: the row is not read back."""
    stamp = writer.database.local_now()
    record.echo.update(
        email_greeting_custom="null",
        postal_greeting_custom="null",
        addressee_custom="null",
        modified_date="".join(filter(str.isdigit, stamp)),
        preferred_language="en_US",
        communication_style_id=1,
    )
    record.not_reloaded = True
    record.values = {name: record.values[name] for name in ("contact_type", "hash")}


class LocationRules(Rules):
    """Of the addresses (or phones) of a contact, one is the primary one."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity

    def prepare(self, writer: Writer, record: Record) -> None:
        if not record.created:
            return
        record.values.setdefault("location_type_id", 1)
        contact_id = record.values.get("contact_id")
        if contact_id is not None and primary_id(writer, self._entity, contact_id) is None:
            record.values["is_primary"] = 1

    def after_write(self, writer: Writer, record: Record) -> None:
        if record.values.get("is_primary"):
            self._clear_others(writer, record, "is_primary")

    def _clear_others(self, writer: Writer, record: Record, flag: str) -> None:
        table = self._entity.table
        writer.database.execute(
            f"UPDATE {table} SET {flag} = 0 WHERE {flag} = 1 AND id <> ? AND contact_id = "
            f"(SELECT contact_id FROM {table} WHERE id = ?)",
            (record.row_id, record.row_id),
        )

    def before_delete(self, writer: Writer, row_ids: list[int], params: dict[str, Any]) -> bool:
        table = self._entity.table
        for row_id in row_ids:
            row = writer.row(self._entity, row_id)
            writer.database.execute(f"DELETE FROM {table} WHERE id = ?", (row_id,))
            if row.get("is_primary"):
                writer.database.execute(
                    f"UPDATE {table} SET is_primary = 1 WHERE id = (SELECT MIN(id) FROM {table} WHERE contact_id = ?)",
                    (row["contact_id"],),
                )
        return True


class EmailRules(LocationRules):
    """Addresses are kept in lower case; holds are dated; one address of a contact is for bulk mail."""

    def __init__(self) -> None:
        super().__init__(EMAIL)

    def prepare(self, writer: Writer, record: Record) -> None:
        super().prepare(writer, record)
        if isinstance(record.values.get("email"), str):
            record.values["email"] = record.values["email"].lower()
        if record.created:
            record.values.setdefault("on_hold", 0)
        if record.values.get("on_hold") is not None:
            self._date_hold(writer, record)

    def _date_hold(self, writer: Writer, record: Record) -> None:
        stored = {} if record.row_id is None else writer.row(EMAIL, record.row_id)
        now = writer.database.local_now()
        if record.values["on_hold"] and not stored.get("hold_date"):
            record.values.update(hold_date=now, reset_date=None)
            record.echo["reset_date"] = "null"
        elif not record.values["on_hold"] and stored.get("hold_date"):
            record.values.update(hold_date=None, reset_date=now)
            record.echo["hold_date"] = "null"

    def after_write(self, writer: Writer, record: Record) -> None:
        super().after_write(writer, record)
        if record.values.get("is_bulkmail"):
            self._clear_others(writer, record, "is_bulkmail")
