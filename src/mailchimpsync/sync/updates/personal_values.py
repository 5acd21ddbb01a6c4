"""Values that give access are made when they are sent, and stored nowhere (docs/decisions/personal-tokens.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimpsync.data import contacts_of, with_secrets
from mailchimpsync.sync.context import Work

Body = Mapping[str, Any]


def insert_personal_values(work: Work, bodies: Mapping[int, Body]) -> dict[int, Body]:
    """Return the bodies of updates to send; CiviCRM is asked only if one needs it.

    Raises:
        RemoteError: CiviCRM can't be reached.
    """
    contacts = contacts_of(bodies.values())
    if not contacts:
        return {**bodies}
    secrets = _contact_secrets(work, sorted(contacts))
    return {key: with_secrets(body, secrets) for key, body in bodies.items()}


def _contact_secrets(work: Work, contact_ids: list[int]) -> dict[int, str]:
    where = [["id", "IN", contact_ids], ["is_deleted", "=", False]]
    found = work.civicrm.call("Contact", "get", {"select": ["id", "hash"], "where": where, "limit": len(contact_ids)})
    return {row["id"]: row["hash"] for row in found if row.get("hash")}
