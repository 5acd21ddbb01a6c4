"""The permissions that the keys of the tests have: the smallest set, and what the product says a feature needs."""

from __future__ import annotations

from mailchimpsync.errors import SMALLEST, Right


def rights(*more: Right) -> list[str]:
    """Return the names of the smallest set of permissions, and of these."""
    return [right.value for right in (*SMALLEST, *more)]


BARE = rights()
"""With these alone a sync works."""

TRASH = rights(Right.TRASH)
"""What contacts in the trash and merged ones are told from deleted ones with."""

DATA = rights(Right.TRASH, Right.MEMBERSHIPS, Right.DONATIONS, Right.CUSTOM_DATA)
"""What all data about people is read with."""

ALL = [right.value for right in Right]
"""All that the product names, and nothing else."""

CAMPAIGNS = [*rights(Right.TRASH, Right.ACTIVITIES, Right.CUSTOM_DATA, Right.MAKE_FIELDS), "manage event profiles"]
"""What campaigns are kept with, activity types and the custom field made.

To make activity types “manage event profiles” does as well as “administer CiviCRM”, and grants less.
"""
