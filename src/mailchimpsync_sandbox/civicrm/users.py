"""Who asks, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mailchimpsync_sandbox.civicrm.errors import PermissionDeniedError
from mailchimpsync_sandbox.civicrm.schema import Entity


class Permissions(StrEnum):
    """What a key's user may do."""

    ALL = "all"
    FEW = "few"  # a user account that may not see contacts
    NONE = "none"  # a contact without user account, or nobody at all


@dataclass(frozen=True)
class User:
    """The owner of a key; `contact_id` is what `user_contact_id` stands for."""

    permissions: Permissions
    contact_id: int | None = None

    @property
    def may_do_all(self) -> bool:
        """Whether nothing is kept from this user."""
        return self.permissions is Permissions.ALL

    def sees_rows(self, entity: Entity) -> bool:
        """Whether a read finds anything; where this is False, it finds nothing and says nothing.

        Raises:
            PermissionDeniedError: the entity may not even be asked for.
        """
        if self.may_do_all:
            return True
        if entity.visible_only_with_permission:
            return False
        raise PermissionDeniedError


NOBODY = User(Permissions.NONE)
SYSTEM = User(Permissions.ALL)
