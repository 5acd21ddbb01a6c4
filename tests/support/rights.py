"""The permissions that the keys of the tests have."""

from __future__ import annotations

from mailchimpsync_sandbox.civicrm.permissions import SMALLEST

CAMPAIGNS = sorted(
    {
        *SMALLEST,
        "access deleted contacts",
        "view all activities",
        "access all custom data",
        "administer CiviCRM data",
        "manage event profiles",
    }
)
"""What campaigns are kept with, activity types and the custom field made."""
