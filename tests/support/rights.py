"""The permissions of the tests' keys: the smallest set, and what the product says a feature needs."""

from __future__ import annotations

from mailchimpsync.errors import SMALLEST, Right


def rights(*more: Right) -> list[str]:
    """Return the names of the smallest set of permissions, and of these."""
    return [right.value for right in (*SMALLEST, *more)]


BARE = rights()
"""With these alone a sync works."""

TRASH = rights(Right.TRASH)
"""Permissions for telling contacts in the trash and merged ones from deleted ones."""

DATA = rights(Right.TRASH, Right.MEMBERSHIPS, Right.DONATIONS, Right.CUSTOM_DATA)
"""Permissions for reading all data about people."""

ALL = [right.value for right in Right]
"""All that the product names, and nothing else."""

CAMPAIGNS = [*rights(Right.TRASH, Right.ACTIVITIES, Right.CUSTOM_DATA, Right.MAKE_FIELDS), "manage event profiles"]
"""Permissions for importing campaigns, including creating activity types and the custom field.

For creating activity types, “manage event profiles” is enough, and grants less than “administer CiviCRM”.
"""
