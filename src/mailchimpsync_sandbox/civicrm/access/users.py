"""The owners of keys."""

from __future__ import annotations

from dataclasses import dataclass

from mailchimpsync_sandbox.civicrm.access.permissions import EVERYTHING, Needs, implied


@dataclass(frozen=True)
class User:
    """The owner of a key; `contact_id` is what `user_contact_id` stands for.

    `permissions` are all that the user holds, implied ones included. `groups` are those whose contacts an ACL lets the
    user see and edit; it counts where the user may not see all contacts anyway.
    """

    permissions: frozenset[str]
    contact_id: int | None = None
    groups: tuple[int, ...] = ()

    @classmethod
    def holding(cls, names: frozenset[str], contact_id: int | None = None, groups: tuple[int, ...] = ()) -> User:
        """Return a user with the named permissions and those they imply."""
        return cls(implied(names), contact_id, groups)

    def may(self, *permissions: str) -> bool:
        """Return whether the user holds one of the permissions."""
        return not self.permissions.isdisjoint(permissions)

    def holds(self, needs: Needs) -> bool:
        """Return whether the user holds all that an action needs."""
        return all(self.may(*((one,) if isinstance(one, str) else one)) for one in needs)


NOBODY = User(frozenset())
SYSTEM = User.holding(frozenset({EVERYTHING}))
