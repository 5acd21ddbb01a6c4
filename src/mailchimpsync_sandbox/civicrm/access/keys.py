"""Keys and their owners."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from mailchimpsync_sandbox.civicrm.access.users import User
from mailchimpsync_sandbox.civicrm.database import Database


def keep(database: Database, key: str, permissions: Iterable[str], contact_id: int, groups: Sequence[int] = ()) -> None:
    """Give a key to a contact, who holds these permissions and sees the contacts of these groups."""
    with database.transaction():
        database.execute(
            "INSERT OR REPLACE INTO sandbox_user (key, permissions, acl_groups, contact_id) VALUES (?, ?, ?, ?)",
            (key, json.dumps(sorted(permissions)), json.dumps(list(groups)), contact_id),
        )


def owner(database: Database, key: str) -> User | None:
    """Return the owner of a key, None if there is none."""
    with database.transaction():
        found = database.rows("SELECT permissions, contact_id, acl_groups FROM sandbox_user WHERE key = ?", (key,))
    for permissions, contact_id, groups in found:
        return User.holding(frozenset(json.loads(permissions)), contact_id, tuple(json.loads(groups)))
    return None
