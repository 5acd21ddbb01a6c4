"""What a user sees and may write, row by row."""

# ruff: noqa: S608 - the names in the SQL are the schema's own, numbers are ours

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.civicrm.access.permissions import needs
from mailchimpsync_sandbox.civicrm.access.users import User
from mailchimpsync_sandbox.civicrm.entities.schema import Entity
from mailchimpsync_sandbox.civicrm.errors import ApiError, PermissionDeniedError

if TYPE_CHECKING:
    from mailchimpsync_sandbox.civicrm.database import Database

_SEE_ALL = ("view all contacts", "edit all contacts")
_CUSTOM = frozenset({"CustomGroup", "CustomField"})
_OF_A_CONTACT = frozenset({"Email", "Phone", "Address", "GroupContact"})


@dataclass(frozen=True)
class Access:
    """One user's access to one site; `members_of` gives the ids of the contacts in smart groups."""

    database: Database
    user: User
    members_of: Callable[[list[int]], list[int]]

    @property
    def sees_custom_data(self) -> bool:
        """Whether custom fields exist for the user: without the permission there are none."""
        return self.user.may("access all custom data")

    def check(self, entity: str, action: str) -> None:
        """Check what an action needs before rows are checked.

        Raises:
            PermissionDeniedError: the user lacks a permission.
        """
        if not self.user.holds(needs(entity, action)):
            raise PermissionDeniedError

    def check_record(self, entity: Entity, action: str, record: dict[str, Any]) -> None:
        """Check that one row may be written.

        Raises:
            PermissionDeniedError: it may not.
        """
        if not self.grants(entity, action, record):
            raise PermissionDeniedError

    def grants(self, entity: Entity, action: str, record: dict[str, Any]) -> bool:
        """Return whether an action is granted for a row, as `checkAccess` reports it."""
        if not self.user.holds(needs(entity.name, action)):
            return False
        if action == "get":
            return self._shows(entity, record.get("id"))
        if entity.name == "Contact":
            return self._grants_contact(action, record)
        if entity.name in _OF_A_CONTACT:
            contact_id = record.get("contact_id") or self._stored(entity, record, "contact_id")
            return self._may_edit(contact_id) if contact_id else self.user.may("edit all events")
        return self._grants_tagging(entity, record) if entity.name == "EntityTag" else True

    def clause(self, entity: Entity, alias: str) -> str | None:
        """Return the condition for rows that the user sees, None if they are all."""
        if entity.name == "Contact":
            return self._contacts(alias)
        if entity.name in _CUSTOM:
            return None if self.sees_custom_data else "0"
        if entity.name == "Group":
            return None if self.user.may(*_SEE_ALL) else f"{alias}.id IN ({_list(self.user.groups)})"
        if entity.name == "Activity":
            people = f"SELECT p.contact_id FROM civicrm_activity_contact p WHERE p.activity_id = {alias}.id"
            return self._exists(f"v.id IN ({people})")
        if entity.name == "EntityTag":
            seen = self._exists(f"v.id = {alias}.entity_id")
            return seen and f"({alias}.entity_table <> 'civicrm_contact' OR {seen})"
        return self._exists(f"v.id = {alias}.contact_id") if "contact_id" in entity.by_name else None

    def _contacts(self, alias: str) -> str | None:
        parts = [] if self.user.may("access deleted contacts") else [f"{alias}.is_deleted = 0"]
        if not self.user.may(*_SEE_ALL):
            parts.append(f"({self._in_own_groups(alias)})")
        return " AND ".join(parts) or None

    def _in_own_groups(self, alias: str) -> str:
        groups = list(self.user.groups)
        added = f"SELECT contact_id FROM civicrm_group_contact WHERE status = 'Added' AND group_id IN ({_list(groups)})"
        mine = f" OR {alias}.id = {int(self.user.contact_id or 0)}" if self.user.may("view my contact") else ""
        return f"{alias}.id IN ({added}) OR {alias}.id IN ({_list(self.members_of(groups))}){mine}"

    def _exists(self, condition: str) -> str | None:
        seen = self._contacts("v")
        return seen and f"EXISTS (SELECT 1 FROM civicrm_contact v WHERE {condition} AND {seen})"

    def _shows(self, entity: Entity, row_id: Any) -> bool:
        if row_id is None:
            return False
        seen = self.clause(entity, "a") or "1"
        return bool(self.database.rows(f"SELECT 1 FROM {entity.table} a WHERE a.id = ? AND {seen}", (row_id,)))

    def _grants_contact(self, action: str, record: dict[str, Any]) -> bool:
        if action == "create":
            return self.user.may("add contacts")
        if not record.get("id"):
            raise ApiError("Undefined array key: id")
        return self._may_edit(record["id"])

    def _may_edit(self, contact_id: Any) -> bool:
        """As in CiviCRM, users who may edit all contacts may edit one that doesn't exist."""
        if self.user.may("edit all contacts"):
            return True
        contact_id = int(contact_id)
        if contact_id == self.user.contact_id and self.user.may("edit my contact"):
            return True
        of_one = f"SELECT is_deleted, ({self._in_own_groups('a')}) FROM civicrm_contact a WHERE a.id = ?"
        for is_deleted, in_own_groups in self.database.rows(of_one, (contact_id,)):
            return self.user.may("access deleted contacts") if is_deleted else bool(in_own_groups)
        return False

    def _grants_tagging(self, entity: Entity, record: dict[str, Any]) -> bool:
        table = record.get("entity_table") or self._stored(entity, record, "entity_table")
        tagged = record.get("entity_id") or self._stored(entity, record, "entity_id")
        return self._may_edit(tagged) if table == "civicrm_contact" and tagged else True

    def _stored(self, entity: Entity, record: dict[str, Any], name: str) -> Any:
        found = self.database.rows(f"SELECT {name} FROM {entity.table} WHERE id = ?", (record.get("id"),))
        return found[0][0] if found else None


def _list(ids: list[int] | tuple[int, ...]) -> str:
    return ", ".join(str(int(one)) for one in ids)
